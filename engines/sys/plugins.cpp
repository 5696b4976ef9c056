// SPDX-License-Identifier: Apache-2.0
// The catalog of modules: all are built in (core.md section 3.15).
#include "core/services.hpp"
#include "engines/sys/sys.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::MountClass;
using core::Operation;
using core::Route;
using core::Schema;

struct PluginField {
  std::string type;
  std::string name;
};

namespace {

const Schema<PluginField>& plugin_field() {
  static const Schema<PluginField> schema{
      {"type", &PluginField::type, "auth, database or secret."},
      {"name", &PluginField::name, "The module."},
  };
  return schema;
}

std::vector<std::string> names_of(const core::Registry& registry, std::string_view type) {
  std::vector<std::string> names;
  const MountClass wanted = type == "auth" ? MountClass::auth : MountClass::secret;
  if (type == "auth" || type == "secret")
    for (const core::ModuleType& module : registry)
      if (module.mount_class == wanted && module.is_mountable) names.push_back(module.type);
  std::sort(names.begin(), names.end());
  return names;
}

Json describe(const std::string& name, const std::string& version) {
  return {{"name", name},
          {"version", "v" + version + "+builtin.signet"},
          {"builtin", true},
          {"deprecation_status", "supported"}};
}

}  // namespace

std::vector<Route> plugin_routes() {
  using E = SysEngine;
  return {
      Route("plugins/catalog", Operation::read, core::no_fields(), &E::read_catalog,
            "All modules."),
      Route("plugins/catalog/{type}", Operation::list, plugin_field(), &E::list_plugins,
            "The modules of a type.")
          .sudo(),
      Route("plugins/catalog/{type}/{name:any}", Operation::read, plugin_field(), &E::read_plugin,
            "One module.")
          .also(Operation::update, plugin_field(), &E::refuse_plugin, "Refused.")
          .also(Operation::remove, plugin_field(), &E::refuse_plugin, "Refused.")
          .sudo(),
  };
}

Result<core::Response> SysEngine::read_catalog(Request&, const NoFields&) {
  Json data = Json::object();
  Json detailed = Json::array();
  for (const char* type : {"auth", "database", "secret"}) {
    const std::vector<std::string> names = names_of(services_.registry, type);
    data[type] = names;
    for (const std::string& name : names) {
      Json entry = describe(name, services_.info.build.version);
      entry["type"] = type;
      detailed.push_back(std::move(entry));
    }
  }
  data["detailed"] = std::move(detailed);
  return Response::of(std::move(data));
}

Result<core::Response> SysEngine::list_plugins(Request&, const PluginField& fields) {
  if (fields.type != "auth" && fields.type != "database" && fields.type != "secret")
    return invalid("\"" + fields.type + "\" is not a supported plugin type");
  return Response::of(Json{{"keys", names_of(services_.registry, fields.type)}});
}

Result<core::Response> SysEngine::read_plugin(Request&, const PluginField& fields) {
  const std::vector<std::string> names = names_of(services_.registry, fields.type);
  if (std::find(names.begin(), names.end(), fields.name) == names.end()) return absent();
  Json data = describe(fields.name, services_.info.build.version);
  data["args"] = nullptr;
  data["command"] = "";
  data["sha256"] = "";
  return Response::of(std::move(data));
}

Result<core::Response> SysEngine::refuse_plugin(Request&, const PluginField&) {
  return invalid("external plugins are not supported");
}

}  // namespace signet::sys
