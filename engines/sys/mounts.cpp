// SPDX-License-Identifier: Apache-2.0
// Secrets engines and auth methods: list, read, enable, disable (core.md section 3.5).
#include "core/mounts.hpp"

#include "engines/sys/mount_config.hpp"
#include "engines/sys/sys.hpp"

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

struct MountFields {
  std::string path;
  std::string type;
  std::string description;
  Json config = Json::object();
  std::map<std::string, std::string> options;
  bool local = false;
  bool seal_wrap = false;
  bool external_entropy_access = false;
  std::string plugin_name;
  std::string plugin_version;
};

namespace {

const Schema<MountFields>& mount_fields() {
  using F = MountFields;
  static const Schema<MountFields> schema{
      {"path", &F::path, "Where to mount."},
      {"type", &F::type, "The type: kv, pki ..."},
      {"description", &F::description, "For people."},
      {core::FieldInfo{"config", "Lifetimes, visibility, headers.", core::FieldFlag::none, "map"},
       [](const Json& from, const core::FieldInfo&, MountFields& to) -> Result<void> {
         if (from.is_null()) return {};
         if (!from.is_object())
           return invalid(fmt::format(
               "'' expected type 'map[string]interface {{}}', got unconvertible type '{}'",
               from.is_string() ? "string" : from.type_name()));
         to.config = from;
         return {};
       }},
      {"options", &F::options, "The engine's own options (kv: version)."},
      {"local", &F::local, "Kept as said; there is no replication."},
      {"seal_wrap", &F::seal_wrap, "Kept as said; everything secret is sealed."},
      {"external_entropy_access", &F::external_entropy_access, "Kept as said."},
      {"plugin_name", &F::plugin_name, "Ignored: all engines are built in."},
      {"plugin_version", &F::plugin_version, "Ignored: all engines are built in."},
  };
  return schema;
}

Result<void> check_ttls(const core::MountConfig& config) {
  if (config.max_lease_ttl.count() > 0 && config.default_lease_ttl > config.max_lease_ttl)
    return invalid("given default lease TTL greater than given max lease TTL");
  if (config.max_lease_ttl.count() == 0 && config.default_lease_ttl > core::system_ttls().max_ttl)
    return invalid(fmt::format("given default lease TTL greater than system max lease TTL of {}",
                               core::system_ttls().max_ttl.count()));
  return {};
}

core::Response listing(const core::MountTable& table, MountClass wanted) {
  Json mounts = Json::object();
  for (const auto& [path, mounted] : table.all())
    if (mounted.mount->mount_class == wanted) mounts[mounted.mount->path] = to_json(*mounted.mount);
  core::Response response = core::Response::of(std::move(mounts));
  response.copies_data_to_top = true;
  return response;
}

Result<core::Response> reading(const core::MountTable& table, const std::string& full_path,
                               const std::string& missing) {
  const core::MountedEngine* mounted = table.at(full_path);
  if (mounted == nullptr) return invalid(missing);
  core::Response response = core::Response::of(to_json(*mounted->mount));
  response.copies_data_to_top = true;
  return response;
}

}  // namespace

std::vector<Route> mount_routes() {
  using E = SysEngine;
  return {
      Route("mounts", Operation::read, core::no_fields(), &E::list_mounts, "All secrets engines."),
      Route("mounts/{path...}", Operation::read, path_field(), &E::read_mount, "One of them.")
          .also(Operation::update, mount_fields(), &E::enable_mount, "Enable a secrets engine.")
          .also(Operation::remove, path_field(), &E::disable_mount,
                "Disable it and delete all it holds."),
      Route("auth", Operation::read, core::no_fields(), &E::list_auth, "All auth methods."),
      Route("auth/{path...}", Operation::read, path_field(), &E::read_auth, "One of them.")
          .also(Operation::update, mount_fields(), &E::enable_auth, "Enable an auth method.")
          .also(Operation::remove, path_field(), &E::disable_auth,
                "Disable it and delete all it holds.")
          .sudo(),
  };
}

Result<core::Response> SysEngine::list_mounts(Request&, const NoFields&) {
  return listing(*table(), MountClass::secret);
}

Result<core::Response> SysEngine::list_auth(Request&, const NoFields&) {
  return listing(*table(), MountClass::auth);
}

Result<core::Response> SysEngine::read_mount(Request&, const PathField& fields) {
  const std::string path = mount_path(fields.path);
  return reading(*table(), path, "No secret engine mount at " + path);
}

Result<core::Response> SysEngine::read_auth(Request&, const PathField& fields) {
  const std::string path = mount_path(fields.path);
  return reading(*table(), "auth/" + path, "No auth engine at " + path);
}

Result<core::Response> SysEngine::enable_mount(Request& request, const MountFields& fields) {
  return enable(request, Mount{}, fields);
}

Result<core::Response> SysEngine::enable_auth(Request& request, const MountFields& fields) {
  Mount mount;
  mount.mount_class = MountClass::auth;
  mount.config.token_type = "default-service";
  return enable(request, std::move(mount), fields);
}

Result<core::Response> SysEngine::enable(Request& request, Mount mount, const MountFields& fields) {
  if (fields.type.empty()) return invalid("backend type must be specified as a string");
  const bool is_auth = mount.mount_class == MountClass::auth;
  const ConfigChange change = TRY(read_config(fields.config, true));
  if (change.token_type && !is_auth)
    return invalid("'token_type' can only be modified on auth mounts");
  apply(change, mount.config);
  TRY(check_ttls(mount.config));

  mount.path = mount_path(fields.path);
  mount.type = fields.type;
  mount.description = fields.description;
  if (!fields.options.empty()) mount.options = fields.options;
  mount.local = fields.local;
  mount.seal_wrap = fields.seal_wrap;
  mount.external_entropy_access = fields.external_entropy_access;
  TRY(services_.mounts.enable(*table(), std::move(mount), request.unit()));
  return Response::no_content();
}

Result<core::Response> SysEngine::disable_mount(Request& request, const PathField& fields) {
  // Auth methods are disabled by their own path, which needs sudo.
  if (mount_path(fields.path).starts_with("auth/"))
    return invalid(fmt::format("cannot unmount \"{}\"", mount_path(fields.path)));
  TRY(services_.mounts.disable(*table(), mount_path(fields.path), request.unit()));
  return Response::no_content();
}

Result<core::Response> SysEngine::disable_auth(Request& request, const PathField& fields) {
  TRY(services_.mounts.disable(*table(), "auth/" + mount_path(fields.path), request.unit()));
  return Response::no_content();
}

}  // namespace signet::sys
