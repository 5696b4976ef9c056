// SPDX-License-Identifier: Apache-2.0
// A mount's settings (engines.md section 3.2) and what they and a key's mean together.
#include "base/duration.hpp"
#include "engines/kv/v2.hpp"
#include "engines/kv/v2_fields.hpp"
#include "storage/value_hashes.hpp"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

namespace signet::kv {

using core::Json;
using core::Operation;
using core::Response;
using core::Route;
using core::Schema;

struct ConfigFields {
  std::optional<std::int64_t> max_versions;
  std::optional<bool> cas_required, metadata_cas_required, leak_check;
  std::optional<Seconds> delete_version_after;
};

namespace {

constexpr std::int64_t default_limit = 10;
constexpr Seconds never{-1};

const Schema<ConfigFields>& config_fields() {
  using F = ConfigFields;
  static const Schema<ConfigFields> schema{
      {"max_versions", &F::max_versions, "How many versions of a key are kept; 0: 10."},
      {"cas_required", &F::cas_required, "Writes must carry options.cas."},
      {"metadata_cas_required", &F::metadata_cas_required,
       "Writes of metadata must carry metadata_cas."},
      {"delete_version_after", &F::delete_version_after,
       "Versions are deleted by themselves so long after they were written; 0: as the key says; "
       "negative: never.",
       core::FieldFlag::negative_allowed},
      {"leak_check", &F::leak_check, "Keyed hashes of values are kept for sys/leak-check."},
  };
  return schema;
}

}  // namespace

std::vector<Route> config_routes() {
  return {Route("config", Operation::read, path_field(), &KvV2::read_config, "The settings.")
              .also(Operation::update, config_fields(), &KvV2::write_config,
                    "Change settings; what is not named stays.")
              .help("What holds for all keys that say nothing of their own.")};
}

Result<Response> KvV2::read_config(Request&, const PathField&) {
  const storage::KvConfig config = store_.config();
  Json data{{"max_versions", config.max_versions},
            {"cas_required", config.cas_required},
            {"metadata_cas_required", config.metadata_cas_required},
            {"delete_version_after", go_duration(config.delete_version_after)}};
  if (config.leak_check) data["leak_check"] = true;
  return Response::of(std::move(data));
}

Result<Response> KvV2::write_config(Request& request, const ConfigFields& fields) {
  storage::KvConfig config = store_.config();
  if (fields.max_versions) {
    TRY(check_max_versions(*fields.max_versions));
    config.max_versions = *fields.max_versions;
  }
  if (fields.delete_version_after)
    config.delete_version_after = std::max(*fields.delete_version_after, never);
  config.cas_required = fields.cas_required.value_or(config.cas_required);
  config.metadata_cas_required =
      fields.metadata_cas_required.value_or(config.metadata_cas_required);
  config.leak_check = fields.leak_check.value_or(config.leak_check);
  const bool says_something = fields.max_versions || fields.delete_version_after ||
                              fields.cas_required || fields.metadata_cas_required ||
                              fields.leak_check;
  if (says_something) storage::KvStore::stage_config(request.unit(), context_.mount_id, config);
  if (fields.leak_check == false)
    storage::ValueHashes::stage_remove_all(request.unit(), context_.mount_id);
  return Response::no_content();
}

Result<void> check_max_versions(std::int64_t max_versions) {
  if (max_versions >= 0 && max_versions <= std::numeric_limits<std::uint32_t>::max()) return {};
  return invalid("max_versions must be between 0 and 4294967295");
}

std::int64_t version_limit(const storage::KvState& state) {
  if (state.key && state.key->settings.max_versions > 0) return state.key->settings.max_versions;
  return state.config.max_versions > 0 ? state.config.max_versions : default_limit;
}

bool needs_cas(const storage::KvState& state) {
  return state.config.cas_required || (state.key && state.key->settings.cas_required);
}

std::optional<storage::KvTime> deletion_of(const storage::KvState& state, storage::KvTime now) {
  const Seconds of_mount = state.config.delete_version_after;
  const Seconds of_key = state.key ? state.key->settings.delete_version_after : Seconds(0);
  if (of_mount < Seconds(0)) return std::nullopt;
  const Seconds after = of_mount == Seconds(0) || of_key == Seconds(0) ? std::max(of_mount, of_key)
                                                                       : std::min(of_mount, of_key);
  if (after == Seconds(0)) return std::nullopt;
  // Beyond year 9999 a time has no text.
  static const auto latest = storage::KvTime(Seconds(253402300799));
  const auto room = std::chrono::floor<Seconds>(latest - now);
  return now + std::clamp(after, Seconds(0), std::max(room, Seconds(0)));
}

}  // namespace signet::kv
