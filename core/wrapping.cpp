// SPDX-License-Identifier: Apache-2.0
#include "core/wrapping.hpp"

#include "base/duration.hpp"
#include "base/json_text.hpp"
#include "base/wiped_text.hpp"
#include "core/envelope.hpp"
#include "core/wrapping_key.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::core {
namespace {

/// Durations of Go, which clients compute with, end here (292 years).
constexpr Seconds longest_ttl{9'223'372'036};
constexpr std::string_view wrap_endpoint = "sys/wrapping/wrap";
/// Below it a body names a wrapping token; at wrap_endpoint it is what shall be wrapped.
constexpr std::string_view wrapping_folder = "sys/wrapping/";

bool is_wrapping_token(const TokenEntry& token) {
  return token.policies.size() == 1 && token.policies.front() == wrapping_policy;
}

/// The smaller of those that are set.
Seconds effective_ttl(Seconds asked, Seconds wished) {
  if (asked.count() == 0 || wished.count() == 0) return std::max(asked, wished);
  return std::min(asked, wished);
}

/// What anybody may have wrapped carries no signature of ours.
bool becomes_jwt(const Request& request, const WrapInfo& info) {
  const std::string* format = request.header("x-vault-wrap-format");
  return format != nullptr && *format == "jwt" && info.creation_path != wrap_endpoint;
}

bool has_content(const Response& response) {
  const bool has_value =
      response.data || response.data_json || response.auth || !response.secrets.empty();
  return has_value || (response.has_body() && response.status < 400);
}

/// What stands in the cubbyhole: `{"response": <the envelope as a string>}`, as clients that read
/// `cubbyhole/response` themselves expect it, and the status where it is not 200.
SecretBytes record_of(std::string_view envelope, int status) {
  WipedText text;
  text.reserve(envelope.size() + envelope.size() / 4 + 64);
  text += "{\"response\":";
  write_string(text, envelope);
  if (status != 200) {
    text += ",\"status\":";
    write_integer(text, status);
  }
  text += '}';
  return SecretBytes(std::string_view(text));
}

}  // namespace

Error invalid_wrapping_token() { return invalid("wrapping token is not valid or does not exist"); }

Result<Seconds> requested_wrapping(const Request& request) {
  if (request.wrap_ttl.empty()) return Seconds(0);
  static const std::string lead = "error parsing X-Vault-Wrap-TTL header: ";
  const std::optional<Seconds> ttl = parse_duration(request.wrap_ttl, true);
  if (!ttl || *ttl > longest_ttl)
    return invalid(fmt::format("{}time: invalid duration \"{}\"", lead, request.wrap_ttl));
  if (ttl->count() < 0) return invalid(lead + "requested wrap ttl cannot be negative");
  return *ttl;
}

Result<void> Wrapping::wrap(Request& request, Response& response) const {
  const Seconds ttl = effective_ttl(request.wrapping_ttl, response.wrap_ttl);
  if (ttl.count() == 0 || !response.is_wrappable || !has_content(response)) return {};
  if (response.raw || response.stream || response.is_plain_json)
    return invalid("an answer of this kind cannot be wrapped");
  WipedText envelope;
  envelope.reserve(4096);
  write_envelope(envelope, response, request.id.text(), request.mount ? request.mount->type : "");
  envelope.pop_back();  // the line feed
  const Contents contents{envelope, response.status == 0 ? 200 : response.status, request.path,
                          ttl};
  WrapInfo info = stage(request, contents);
  if (response.auth) info.wrapped_accessor = response.auth->accessor;
  sign(request, info);
  response = Response();
  response.wrap_info = std::move(info);
  return {};
}

WrapInfo Wrapping::stage(Request& request, const Contents& contents) const {
  NewToken fresh;
  TokenEntry& entry = fresh.entry;
  entry.policies = {std::string(wrapping_policy)};
  entry.path = contents.creation_path;
  entry.created_at = request.now;
  entry.uses_left = 1;
  entry.creation_ttl = entry.explicit_max_ttl = contents.ttl;
  entry.expires_at = request.now + contents.ttl;

  WrapInfo info;
  info.ttl = contents.ttl;
  info.created_at = request.now;
  info.creation_path = contents.creation_path;
  Auth auth = services_.tokens.stage_create(request.unit(), std::move(fresh));
  info.accessor = std::move(auth.accessor);
  info.token = std::move(auth.client_token);
  const SecretBytes record = record_of(contents.envelope, contents.status);
  cubbyholes_.insert(request.unit(), services_.tokens.hash(info.token), wrapped_path,
                     record.reveal());
  return info;
}

void Wrapping::sign(const Request& request, WrapInfo& info) const {
  if (becomes_jwt(request, info))
    info.jwt = services_.wrapping_key.jwt(info, services_.info.api_address);
}

void Wrapping::open_jwts(Request& request) const {
  if (auto token = services_.wrapping_key.token_of(request.client_token.reveal_text()))
    request.client_token = *std::move(token);
  if (!request.path.starts_with(wrapping_folder) || request.path == wrap_endpoint) return;
  const auto named = request.data.find("token");
  if (named == request.data.end() || !named->is_string()) return;
  auto& text = named->get_ref<std::string&>();
  const auto token = services_.wrapping_key.token_of(text);
  if (!token) return;
  wipe(text);
  text = token->reveal_text();
}

Result<TokenPointer> Wrapping::find(const SecretBytes& token) const {
  TokenPointer found = services_.tokens.find(token);
  if (!found || !is_wrapping_token(*found)) return invalid_wrapping_token();
  return found;
}

Result<Wrapping::Taken> Wrapping::take(Request& request, const SecretBytes& named) const {
  Taken taken;
  const bool is_presented = named.empty() || services_.tokens.hash(named) == request.token->id_hash;
  if (is_presented) {
    if (!is_wrapping_token(*request.token)) return invalid_wrapping_token();
    taken.token = request.token;
  } else {
    taken.token = TRY(find(named));
  }
  std::optional<SecretBytes> record = cubbyholes_.get(taken.token->id_hash, wrapped_path);
  if (!record) return invalid_wrapping_token();
  Json members = Json::parse(record->reveal_text());
  auto& text = members.at("response").get_ref<std::string&>();
  taken.envelope = SecretBytes(std::string_view(text));
  wipe(text);
  taken.status = members.value("status", 200);
  if (!is_presented)
    storage::CubbyholeStore::take_owner(request.unit(), taken.token->id_hash,
                                        invalid_wrapping_token());
  return taken;
}

Response Wrapping::rewrap(Request& request, const Taken& taken) const {
  Response response;
  response.is_wrappable = false;
  WrapInfo info = stage(request, {taken.envelope.reveal_text(), taken.status, taken.token->path,
                                  taken.token->creation_ttl});
  sign(request, info);
  response.wrap_info = std::move(info);
  return response;
}

}  // namespace signet::core
