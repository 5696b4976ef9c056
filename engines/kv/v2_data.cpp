// SPDX-License-Identifier: Apache-2.0
// Reading and writing versions (engines.md section 3.3).
#include "engines/kv/json_text.hpp"
#include "engines/kv/leak_hashes.hpp"
#include "engines/kv/v2.hpp"
#include "engines/kv/v2_fields.hpp"

#include <utility>

#include <fmt/format.h>

namespace signet::kv {

using core::Captures;
using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;
using core::Schema;

struct ReadFields {
  std::string path;
  std::int64_t version = 0;
};

namespace {

const Schema<ReadFields>& read_fields() {
  static const Schema<ReadFields> schema{
      {"path", &ReadFields::path, "Where the secret is."},
      {"version", &ReadFields::version, "Which version; 0: the current one."},
  };
  return schema;
}

// The value between its metadata, without passing through a document: it keeps its text. Metadata
// are not sealed: written anew, whatever was made of them in the database stays one JSON value and
// says nothing of the secret.
SecretBytes envelope(std::string_view value, const storage::KvVersion& version,
                     const std::string& custom_metadata) {
  const std::string metadata = fmt::format(
      ",\"metadata\":{{\"created_time\":\"{}\",\"custom_metadata\":{},\"deletion_time\":\"{}\","
      "\"destroyed\":false,\"version\":{}}}}}",
      to_text(version.created_at),
      custom_metadata.empty() ? "null" : Json::parse(custom_metadata).dump(),
      version.deleted_at ? to_text(*version.deleted_at) : "", version.version);
  static constexpr std::string_view opening = "{\"data\":";
  Bytes text;
  text.reserve(opening.size() + value.size() + metadata.size());
  append(text, as_bytes(opening));
  append(text, as_bytes(value));
  append(text, as_bytes(metadata));
  return SecretBytes(std::move(text));
}

// Documented here, taken from the body by the handler.
Schema<WriteFields>::Field named(const char* name, const char* description, const char* type) {
  return {core::FieldInfo{name, description, core::FieldFlag::none, type},
          [](const Json&, const core::FieldInfo&, WriteFields&) -> Result<void> { return {}; }};
}

}  // namespace

const Schema<WriteFields>& write_fields() {
  static const Schema<WriteFields> schema{
      {"path", &WriteFields::path, "Where the secret is."},
      named("data", "The secret: an object.", "map"),
      named("options", "cas: the version that must be the current one.", "map"),
      named("version", "Ignored.", "integer"),
  };
  return schema;
}

Result<const Json*> data_of(const Json& body) {
  const auto data = body.find("data");
  if (data == body.end()) return invalid("no data provided");
  if (data->is_object() || data->is_null()) return &*data;
  return invalid(
      fmt::format("error converting input for field \"data\": '' expected type "
                  "'map[string]interface {{}}', got unconvertible type '{}'",
                  data->type_name()));
}

std::vector<Route> data_routes() {
  return {Route("data/{path...}", Operation::read, read_fields(), &KvV2::read, "Read a version.")
              .also(Operation::update, write_fields(), &KvV2::write, "Store the next version.")
              .also(Operation::patch, write_fields(), &KvV2::patch,
                    "Store the current version, merged with a patch, as the next one.")
              .also(Operation::remove, path_field(), &KvV2::remove_current,
                    "Delete the current version; undelete/ brings it back.")
              .exists(&KvV2::exists)
              .help("Secrets in versions.")};
}

Result<Response> KvV2::read(Request& request, const ReadFields& fields) {
  const std::optional<storage::KvStore::Found> found =
      store_.read(fields.path, fields.version, time_of(context_.clock));
  if (!found) return absent();
  if (found->is_value_missing) return Error{ErrorCode::internal, "could not find version data", {}};
  if (!found->value)
    return gone({{"data", nullptr}, {"metadata", to_json(found->version, found->custom_metadata)}});
  note_read(request, fields.path, found->version.version);
  Response response;
  response.data_json =
      envelope(found->value->reveal_text(), found->version, found->custom_metadata);
  return response;
}

void KvV2::note_read(Request& request, const std::string& path, std::int64_t version) {
  if (!request.token) return;
  const core::TokenEntry& token = *request.token;
  readers_->note(request.unit(), {context_.mount_id, path, version,
                                  token.entity_id.empty() ? token.accessor : token.entity_id,
                                  request.now, request.now, 0});
}

Result<bool> KvV2::exists(Request& request, const Captures& captures) {
  const std::string& path = captures.front().second;
  auto kept = std::make_unique<WriteTurn>();
  kept->number = turns_.number(path);
  kept->state = store_.state(path);
  const bool is_there = kept->state.key.has_value();
  request.kept = std::move(kept);
  return is_there;
}

WriteTurn& KvV2::take_turn(Request& request, const std::string& path) {
  auto* kept = dynamic_cast<WriteTurn*>(request.kept.get());
  const bool was_asked = kept != nullptr;
  if (!was_asked) {
    auto fresh = std::make_unique<WriteTurn>();
    kept = fresh.get();
    request.kept = std::move(fresh);
  }
  if (!kept->turn.begin(turns_, path, request.deadline))
    throw Unavailable("other writers of the key had their turns until the deadline");
  if (was_asked && turns_.number(path) == kept->number) return *kept;
  storage::KvState now = store_.state(path);
  // The caller's policy was asked about creating or updating: a key that came or went meanwhile
  // must be decided anew, which the old state's write brings about by being stale.
  if (!was_asked || now.key.has_value() == kept->state.key.has_value())
    kept->state = std::move(now);
  return *kept;
}

Result<Response> KvV2::write(Request& request, const WriteFields& fields) {
  TRY(check_path(fields.path));
  const Json* const data = TRY(data_of(request.data));
  const std::optional<std::int64_t> cas = TRY(read_cas(request.data));
  const storage::KvState& state = take_turn(request, fields.path).state;
  TRY(check_cas(state, cas));
  // With numbers that JSON documents cannot hold, the body's own text is kept.
  if (const auto text =
          request.raw_body.empty() ? std::nullopt : member_text(as_text(request.raw_body), "data"))
    return stage_version(request, fields.path, state, cas, as_bytes(*text));
  std::string text = data->dump();
  Result<Response> response = stage_version(request, fields.path, state, cas, as_bytes(text));
  wipe(text);
  return response;
}

Result<Response> KvV2::stage_version(Request& request, const std::string& path,
                                     const storage::KvState& state, std::optional<std::int64_t> cas,
                                     BytesView value) {
  storage::KvVersion version;
  version.created_at = time_of(context_.clock);
  version.deleted_at = deletion_of(state, version.created_at);
  std::optional<Error> otherwise;
  if (cas) otherwise = cas_mismatch();
  version.version = store_.stage_write(
      request.unit(), path, state.key,
      {value, version_limit(state), version.created_at, version.deleted_at}, std::move(otherwise));
  if (state.config.leak_check)
    stage_hashes(request.unit(), context_, {context_.mount_id, path, version.version}, value);
  return Response::of(to_json(version, state.key ? state.key->custom_metadata : std::string()));
}

Error cas_mismatch() {
  return {ErrorCode::conflict, "check-and-set parameter did not match the current version", {}};
}

Result<void> check_cas(const storage::KvState& state, std::optional<std::int64_t> cas) {
  if (!cas && needs_cas(state)) return invalid("check-and-set parameter required for this call");
  const std::int64_t current = state.key ? state.key->current_version : 0;
  if (cas && *cas != current) return cas_mismatch();
  return {};
}

Result<std::optional<std::int64_t>> read_cas(const Json& body) {
  const auto options = body.find("options");
  if (options == body.end() || options->is_null()) return std::optional<std::int64_t>();
  if (!options->is_object())
    return invalid(
        fmt::format("Field validation failed: error converting input for field \"options\": '' "
                    "expected type 'map[string]interface {{}}', got unconvertible type '{}'",
                    options->type_name()));
  const auto cas = options->find("cas");
  if (cas == options->end()) return std::optional<std::int64_t>();
  std::int64_t number = 0;
  if (!core::decode(*cas, core::FieldInfo{}, number))
    return invalid("error parsing check-and-set parameter");
  return std::optional<std::int64_t>(number);
}

}  // namespace signet::kv
