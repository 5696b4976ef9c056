// SPDX-License-Identifier: Apache-2.0
// Changing a mount in place (core.md section 3.5).
#include "core/mounts.hpp"
#include "engines/sys/mount_config.hpp"
#include "engines/sys/sys.hpp"

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Mount;
using core::MountClass;
using core::Operation;
using core::Route;
using core::Schema;

struct TuneFields {
  std::string path;
  std::optional<std::string> description;
  std::optional<std::map<std::string, std::string>> options;
  // Read together with the config object of enabling, from the request's members.
  Json default_lease_ttl, max_lease_ttl, audit_non_hmac_request_keys, audit_non_hmac_response_keys,
      listing_visibility, passthrough_request_headers, allowed_response_headers, token_type,
      user_lockout_config;
  std::string plugin_version;
};

namespace {

const Schema<TuneFields>& tune_fields() {
  using F = TuneFields;
  static const Schema<TuneFields> schema{
      {"path", &F::path, "The path of the mount."},
      {"description", &F::description, "For people."},
      {"options", &F::options, "Options to set; others stay."},
      {"default_lease_ttl", &F::default_lease_ttl, "Duration; system: the system's default."},
      {"max_lease_ttl", &F::max_lease_ttl, "Duration; system: the system's default."},
      {"audit_non_hmac_request_keys", &F::audit_non_hmac_request_keys,
       "Request members that audit shows plainly."},
      {"audit_non_hmac_response_keys", &F::audit_non_hmac_response_keys,
       "Response members that audit shows plainly."},
      {"listing_visibility", &F::listing_visibility, "unauth: listed without a token."},
      {"passthrough_request_headers", &F::passthrough_request_headers,
       "Request headers that the engine sees."},
      {"allowed_response_headers", &F::allowed_response_headers,
       "Response headers that the engine may set."},
      {"token_type", &F::token_type, "Auth methods: the kind of tokens."},
      {"user_lockout_config", &F::user_lockout_config, "Auth methods that know users."},
      {"plugin_version", &F::plugin_version, "Ignored: all engines are built in."},
  };
  return schema;
}

// Of the mounts that are always there only what audit shows may change, and the token's lifetimes.
Result<void> check_tunable(const Mount& mount, const Json& data) {
  if (!core::is_builtin(mount)) return {};
  const bool is_token = mount.mount_class == MountClass::auth;
  static constexpr std::array<const char*, 9> guarded{"description",
                                                      "default_lease_ttl",
                                                      "max_lease_ttl",
                                                      "options",
                                                      "token_type",
                                                      "listing_visibility",
                                                      "plugin_version",
                                                      "passthrough_request_headers",
                                                      "allowed_response_headers"};
  for (const char* name : guarded) {
    if (!data.contains(name)) continue;
    const std::string_view text(name);
    if (is_token && (text == "default_lease_ttl" || text == "max_lease_ttl")) continue;
    return invalid(fmt::format("cannot tune parameter {} of {}", name, mount.path));
  }
  return {};
}

Result<void> check_ttls(const core::MountConfig& config) {
  const Seconds most =
      config.max_lease_ttl.count() > 0 ? config.max_lease_ttl : core::system_ttls().max_ttl;
  if (config.default_lease_ttl > most)
    return invalid(fmt::format(
        "backend max lease TTL of {} would be less than backend default lease TTL of {}",
        most.count(), config.default_lease_ttl.count()));
  return {};
}

void put_list(Json& to, const char* name, const std::optional<std::vector<std::string>>& list) {
  if (list && !list->empty()) to[name] = *list;
}

}  // namespace

std::vector<Route> tune_routes() {
  using E = SysEngine;
  return {
      Route("mounts/{path...}/tune", Operation::read, path_field(), &E::read_tune,
            "How a mount is tuned, with effective lifetimes.")
          .also(Operation::update, tune_fields(), &E::tune, "Tune a mount."),
      Route("auth/{path...}/tune", Operation::read, path_field(), &E::read_auth_tune,
            "How an auth method is tuned, with effective lifetimes.")
          .also(Operation::update, tune_fields(), &E::tune_auth, "Tune an auth method.")
          .sudo(),
  };
}

Result<core::Response> SysEngine::read_tune(Request&, const PathField& fields) {
  return read_tune_at(mount_path(fields.path));
}

Result<core::Response> SysEngine::read_auth_tune(Request&, const PathField& fields) {
  return read_tune_at("auth/" + mount_path(fields.path));
}

Result<core::Response> SysEngine::read_tune_at(const std::string& full_path) {
  const auto mounts = table();
  const core::MountedEngine* mounted = mounts->at(full_path);
  if (mounted == nullptr)
    return invalid(fmt::format("cannot fetch sysview for path \"{}\"", full_path));
  const Mount& mount = *mounted->mount;
  const core::MountConfig& config = mount.config;
  Json data{{"description", mount.description},
            {"default_lease_ttl", mount.default_ttl().count()},
            {"max_lease_ttl", mount.max_ttl().count()},
            {"force_no_cache", config.force_no_cache}};
  if (mount.external_entropy_access) data["external_entropy_access"] = true;
  if (mount.mount_class == MountClass::auth) data["token_type"] = config.token_type;
  put_list(data, "audit_non_hmac_request_keys", config.audit_non_hmac_request_keys);
  put_list(data, "audit_non_hmac_response_keys", config.audit_non_hmac_response_keys);
  put_list(data, "passthrough_request_headers", config.passthrough_request_headers);
  put_list(data, "allowed_response_headers", config.allowed_response_headers);
  if (!config.listing_visibility.empty()) data["listing_visibility"] = config.listing_visibility;
  if (mount.options && !mount.options->empty()) data["options"] = *mount.options;
  Response response = Response::of(std::move(data));
  response.copies_data_to_top = true;
  return response;
}

Result<core::Response> SysEngine::tune(Request& request, const TuneFields& fields) {
  return tune_at(request, mount_path(fields.path), fields);
}

Result<core::Response> SysEngine::tune_auth(Request& request, const TuneFields& fields) {
  return tune_at(request, "auth/" + mount_path(fields.path), fields);
}

Result<core::Response> SysEngine::tune_at(Request& request, const std::string& full_path,
                                          const TuneFields& fields) {
  const auto mounts = table();
  const core::MountedEngine* mounted = mounts->at(full_path);
  if (mounted == nullptr)
    return invalid(fmt::format("tune of path \"{}\" failed: no mount entry found", full_path));
  Mount changed = *mounted->mount;
  TRY(check_tunable(changed, request.data));
  const ConfigChange change = TRY(read_config(request.data, false));
  if (change.token_type && changed.mount_class != MountClass::auth)
    return invalid("'token_type' can only be modified on auth mounts");
  if (!fields.user_lockout_config.is_null())
    return invalid(fmt::format(
        "tuning of user lockout configuration for auth type \"{}\" not allowed", changed.type));
  apply(change, changed.config);
  TRY(check_ttls(changed.config));
  if (fields.description) changed.description = *fields.description;
  if (fields.options) {
    if (!changed.options) changed.options.emplace();
    for (const auto& [name, value] : *fields.options) (*changed.options)[name] = value;
    const core::ModuleType* type = services_.mounts.module_type(changed.mount_class, changed.type);
    if (type != nullptr && type->prepare) TRY(type->prepare(changed));
  }
  TRY(services_.mounts.update(*mounts, changed, request.unit()));
  return Response::no_content();
}

}  // namespace signet::sys
