// SPDX-License-Identifier: Apache-2.0
// Merge patches (engines.md section 3.3) and the structure of a value without its leaves (3.6).
#include "engines/kv/json_text.hpp"
#include "engines/kv/v2.hpp"
#include "engines/kv/v2_fields.hpp"

#include <limits>
#include <utility>

#include <fmt/format.h>

namespace signet::kv {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;
using core::Schema;

struct SubkeysFields {
  std::string path;
  std::int64_t version = 0;
  std::int64_t depth = 0;
};

namespace {

// What patches add up to is bounded as one request's body is.
constexpr std::size_t largest_merged = std::size_t{32} << 20;

const Schema<SubkeysFields>& subkeys_fields() {
  using F = SubkeysFields;
  static const Schema<SubkeysFields> schema{
      {"path", &F::path, "Where the secret is."},
      {"version", &F::version, "Which version; 0: the current one."},
      {"depth", &F::depth, "How many levels to show; 0: all."},
  };
  return schema;
}

// Every leaf becomes null, and so does all below the last level shown.
Json structure(const Json& value, std::int64_t levels) {
  if (!value.is_object() || value.empty() || levels == 0) return nullptr;
  Json shown = Json::object();
  for (const auto& [name, member] : value.items()) shown[name] = structure(member, levels - 1);
  return shown;
}

}  // namespace

std::vector<Route> patch_routes() {
  return {Route("subkeys/{path...}", Operation::read, subkeys_fields(), &KvV2::subkeys,
                "The names in a secret, without values.")};
}

Result<Response> KvV2::patch(Request& request, const WriteFields& fields) {
  TRY(check_path(fields.path));
  const Json* const data = TRY(data_of(request.data));
  const std::optional<std::int64_t> cas = TRY(read_cas(request.data));
  const storage::KvState& state = take_turn(request, fields.path).state;
  const std::optional<storage::KvStore::Found> current =
      store_.read(fields.path, 0, time_of(context_.clock));
  if (!current || !state.key) return Response::raw_bytes("application/json", {}, 404);
  if (!current->version.is_readable(time_of(context_.clock)))
    return gone(to_json(current->version, current->custom_metadata));
  if (!current->value) return Error{ErrorCode::internal, "could not find version data", {}};
  TRY(check_cas(state, cas));
  // Should another node have written between the two reads, the number staged below is taken, and
  // the request runs again or is refused.
  std::string text = data->dump();
  const std::string_view written =
      request.raw_body.empty()
          ? std::string_view(text)
          : member_text(as_text(request.raw_body), "data").value_or(std::string_view(text));
  const SecretBytes merged = merge_patch(current->value->reveal_text(), written);
  wipe(text);
  if (merged.size() > largest_merged)
    return invalid(fmt::format("the patched secret is larger than {} bytes", largest_merged));
  return stage_version(request, fields.path, state, cas, merged.reveal());
}

Result<Response> KvV2::subkeys(Request&, const SubkeysFields& fields) {
  const std::optional<storage::KvStore::Found> found =
      store_.read(fields.path, fields.version, time_of(context_.clock));
  if (!found) return absent();
  if (found->is_value_missing) return Error{ErrorCode::internal, "could not find version data", {}};
  Json metadata = to_json(found->version, found->custom_metadata);
  if (!found->value) return gone({{"subkeys", nullptr}, {"metadata", std::move(metadata)}});
  const std::int64_t levels =
      fields.depth > 0 ? fields.depth : std::numeric_limits<std::int64_t>::max();
  return Response::of({{"subkeys", structure(Json::parse(found->value->reveal_text()), levels)},
                       {"metadata", std::move(metadata)}});
}

}  // namespace signet::kv
