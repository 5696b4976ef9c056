// SPDX-License-Identifier: Apache-2.0
// What a key says of itself (engines.md section 3.5).
#include "base/duration.hpp"
#include "engines/kv/custom_metadata.hpp"
#include "engines/kv/v2.hpp"
#include "engines/kv/v2_fields.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::kv {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;
using core::Schema;

struct MetadataFields {
  std::string path;
  std::optional<std::int64_t> max_versions, metadata_cas;
  std::optional<bool> cas_required, metadata_cas_required;
  std::optional<Seconds> delete_version_after;
};

namespace {

const Schema<MetadataFields>& metadata_fields() {
  using F = MetadataFields;
  static const Schema<MetadataFields> schema{
      {"path", &F::path, "Where the secret is."},
      {"max_versions", &F::max_versions, "How many versions are kept; 0: as the mount says."},
      {"cas_required", &F::cas_required, "Writes must carry options.cas."},
      {"metadata_cas_required", &F::metadata_cas_required,
       "Writes of metadata must carry metadata_cas."},
      {"metadata_cas", &F::metadata_cas, "The metadata's version that must be the current one."},
      {"delete_version_after", &F::delete_version_after,
       "Versions are deleted by themselves so long after they were written; 0: as the mount says."},
      {core::FieldInfo{"custom_metadata", "Texts by name, as you like.", core::FieldFlag::none,
                       "map"},
       [](const Json&, const core::FieldInfo&, MetadataFields&) -> Result<void> { return {}; }},
  };
  return schema;
}

constexpr const char* settings_names[] = {"max_versions", "cas_required", "metadata_cas_required",
                                          "delete_version_after", "custom_metadata"};

bool says_something(const Json& body) {
  for (const char* name : settings_names)
    if (body.contains(name)) return true;
  return false;
}

Result<void> check_metadata_cas(const storage::KvState& state, std::optional<std::int64_t> cas) {
  const bool is_required = state.config.metadata_cas_required ||
                           (state.key && state.key->settings.metadata_cas_required);
  if (!cas) {
    if (is_required) return invalid("metadata check-and-set parameter required for this call");
    return {};
  }
  if (!state.key && *cas != 0) return invalid("metadata_cas must be 0 when creating new metadata");
  if (state.key && *cas != state.key->metadata_version)
    return invalid("metadata check-and-set parameter does not match the current version");
  return {};
}

// What is not named stays; a patch takes null for "as if it had never been said".
Result<void> apply(const MetadataFields& fields, const Json& body, bool is_patch,
                   storage::KvKey& key) {
  storage::KvSettings& settings = key.settings;
  if (fields.max_versions) TRY(check_max_versions(*fields.max_versions));
  if (fields.max_versions) settings.max_versions = *fields.max_versions;
  if (fields.cas_required) settings.cas_required = *fields.cas_required;
  if (fields.metadata_cas_required) settings.metadata_cas_required = *fields.metadata_cas_required;
  if (fields.delete_version_after) settings.delete_version_after = *fields.delete_version_after;
  const auto is_null = [&](const char* name) {
    return body.contains(name) && body[name].is_null();
  };
  if (is_patch) {
    static const storage::KvSettings unsaid;
    if (is_null("max_versions")) settings.max_versions = unsaid.max_versions;
    if (is_null("cas_required")) settings.cas_required = unsaid.cas_required;
    if (is_null("metadata_cas_required"))
      settings.metadata_cas_required = unsaid.metadata_cas_required;
    if (is_null("delete_version_after"))
      settings.delete_version_after = unsaid.delete_version_after;
  }
  const auto custom = body.find("custom_metadata");
  if (custom == body.end()) return {};
  key.custom_metadata =
      TRY(is_patch ? patched_metadata(key.custom_metadata, *custom) : custom_metadata(*custom));
  return {};
}

void warn_of_mandates(const MetadataFields& fields, const storage::KvConfig& config,
                      Response& response) {
  const auto warn = [&](const char* name, std::optional<bool> said, bool is_mandated) {
    if (!said || *said || !is_mandated) return;
    response.warnings.push_back(
        fmt::format("\"{}\" set to false, but is mandated by backend config. This value will be "
                    "ignored.",
                    name));
  };
  warn("cas_required", fields.cas_required, config.cas_required);
  warn("metadata_cas_required", fields.metadata_cas_required, config.metadata_cas_required);
}

}  // namespace

std::vector<Route> metadata_routes() {
  return {Route("metadata/{path...}", Operation::read, path_field(), &KvV2::read_metadata,
                "What a key says of itself, and its versions.")
              .also(Operation::update, metadata_fields(), &KvV2::write_metadata,
                    "Set what is named; the key need not have a version.")
              .also(Operation::patch, metadata_fields(), &KvV2::patch_metadata,
                    "Change what is named of a key that is there.")
              .also(Operation::remove, path_field(), &KvV2::remove_metadata,
                    "Delete the key with all its versions.")
              .also(Operation::list, list_fields(), &KvV2::list, "List a folder.")
              .also(Operation::scan, list_fields(), &KvV2::scan, "List all below a folder.")
              .exists(&KvV2::exists)
              .help("Keys and what they say of themselves.")};
}

Result<Response> KvV2::read_metadata(Request&, const PathField& fields) {
  const std::optional<storage::KvStore::Described> found = store_.describe(fields.path);
  if (!found) return absent();
  return Response::of(to_json(*found));
}

Result<Response> KvV2::write_metadata(Request& request, const MetadataFields& fields) {
  return store_metadata(request, fields, false);
}

Result<Response> KvV2::patch_metadata(Request& request, const MetadataFields& fields) {
  return store_metadata(request, fields, true);
}

storage::KvState KvV2::state_for_metadata(Request& request, const std::string& path) {
  auto* kept = dynamic_cast<WriteTurn*>(request.kept.get());
  return kept != nullptr ? kept->state : store_.state(path);
}

Result<Response> KvV2::store_metadata(Request& request, const MetadataFields& fields,
                                      bool is_patch) {
  TRY(check_path(fields.path));
  const storage::KvState state = state_for_metadata(request, fields.path);
  if (is_patch && !state.key) return Response::raw_bytes("application/json", {}, 404);
  if (!says_something(request.data)) return Response::no_content();
  TRY(check_metadata_cas(state, fields.metadata_cas));
  storage::KvKey key = state.key.value_or(storage::KvKey());
  TRY(apply(fields, request.data, is_patch, key));
  ++key.metadata_version;
  key.updated_at = time_of(context_.clock);
  std::optional<Error> otherwise;
  if (fields.metadata_cas)
    otherwise = Error{ErrorCode::conflict,
                      "metadata check-and-set parameter does not match the current version",
                      {}};
  store_.stage_metadata(request.unit(), fields.path, state.key, key, std::move(otherwise));
  Response response;
  warn_of_mandates(fields, state.config, response);
  return response;
}

Result<Response> KvV2::remove_metadata(Request& request, const PathField& fields) {
  store_.stage_remove(request.unit(), fields.path);
  return Response::no_content();
}

Json to_json(const storage::KvStore::Described& described) {
  const storage::KvKey& key = described.key;
  Json versions = Json::object();
  for (const storage::KvVersion& version : described.versions)
    versions[std::to_string(version.version)] = to_json(version);
  return {
      {"versions", std::move(versions)},
      {"current_version", key.current_version},
      {"oldest_version", key.oldest_version},
      {"current_metadata_version", key.metadata_version},
      {"created_time", to_text(key.created_at)},
      {"updated_time", to_text(key.updated_at)},
      {"max_versions", key.settings.max_versions},
      {"cas_required", key.settings.cas_required},
      {"metadata_cas_required", key.settings.metadata_cas_required},
      {"delete_version_after", go_duration(key.settings.delete_version_after)},
      {"custom_metadata", key.custom_metadata.empty() ? Json() : Json::parse(key.custom_metadata)}};
}

}  // namespace signet::kv
