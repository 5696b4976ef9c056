// SPDX-License-Identifier: Apache-2.0
#include "engines/sys/sys.hpp"

#include <iterator>
#include <memory>
#include <utility>

namespace signet::sys {

core::ModuleType module_type(core::Services& services) {
  core::ModuleType type;
  type.type = "system";
  type.is_mountable = false;
  type.make = [&services](const core::EngineContext&) {
    return std::make_unique<SysEngine>(services);
  };
  return type;
}

const core::RouteTable& SysEngine::routes() const {
  static const core::RouteTable table = [] {
    std::vector<core::Route> all;
    for (auto part :
         {seal_routes, status_routes, mount_routes, tune_routes, remount_routes, policy_routes,
          capability_routes, audit_routes, keyring_routes, ui_routes, tool_routes, wrapping_routes,
          plugin_routes, logger_routes, introspection_routes, document_routes, consumer_routes,
          leak_routes, lease_routes}) {
      std::vector<core::Route> routes = part();
      std::move(routes.begin(), routes.end(), std::back_inserter(all));
    }
    return core::RouteTable(std::move(all));
  }();
  return table;
}

std::string mount_path(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.empty() ? std::string() : std::string(path) + '/';
}

const core::Schema<PathField>& path_field() {
  static const core::Schema<PathField> schema{{"path", &PathField::path, "The path of the mount."}};
  return schema;
}

const core::Schema<NameField>& name_field() {
  static const core::Schema<NameField> schema{{"name", &NameField::name, "The name."}};
  return schema;
}

}  // namespace signet::sys
