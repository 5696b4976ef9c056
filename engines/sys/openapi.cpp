// SPDX-License-Identifier: Apache-2.0
// The API as an OpenAPI 3.0.2 document, generated from the route tables (core.md section 3.13).
#include "core/mounts.hpp"
#include "core/network.hpp"
#include "core/policy/policies.hpp"
#include "core/token/tokens.hpp"
#include "engines/sys/sys.hpp"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct DocumentFields {
  bool generic_mount_paths = false;
  std::string context;
};

namespace {

const Schema<DocumentFields>& document_fields() {
  using F = DocumentFields;
  static const Schema<DocumentFields> schema{
      {"generic_mount_paths", &F::generic_mount_paths, "Mount paths as parameters."},
      {"context", &F::context, "Accepted; changes nothing."},
  };
  return schema;
}

// "{name:any}" and "{path...}" are "{name}" and "{path}" there.
std::string openapi_path(const std::string& pattern) {
  std::string path;
  bool is_inside = false;
  bool is_cut = false;
  for (const char c : pattern) {
    if (c == '{') is_inside = true;
    if (is_inside && (c == ':' || c == '.')) is_cut = true;
    if (c == '}') is_inside = is_cut = false;
    if (!is_cut) path += c;
  }
  return path;
}

Json type_of(const core::FieldInfo& field) {
  if (field.type == "integer" || field.type == "boolean") return {{"type", field.type}};
  if (field.type == "duration") return {{"type", "string"}, {"format", "duration"}};
  if (field.type == "list") return {{"type", "array"}, {"items", {{"type", "string"}}}};
  if (field.type == "map") return {{"type", "object"}};
  if (field.type == "any") return Json::object();
  return {{"type", "string"}};
}

const char* verb_of(Operation operation) {
  switch (operation) {
    case Operation::read:
    case Operation::list:
      return "get";
    case Operation::create:
    case Operation::update:
      return "post";
    case Operation::patch:
      return "patch";
    case Operation::remove:
      return "delete";
    default:
      return nullptr;
  }
}

bool is_in_path(const std::string& path, const std::string& name) {
  return path.find('{' + name + '}') != std::string::npos;
}

Json describe(const core::Endpoint& endpoint, Operation operation, const std::string& path) {
  Json body = Json::object();
  Json parameters = Json::array();
  Json required = Json::array();
  for (const core::FieldInfo& field : endpoint.schema->fields()) {
    if (is_in_path(path, field.name)) continue;
    Json schema = type_of(field);
    if (core::has(field.flags, core::FieldFlag::deprecated)) schema["deprecated"] = true;
    schema["description"] = field.description;
    if (operation == Operation::update || operation == Operation::patch) {
      if (core::has(field.flags, core::FieldFlag::required)) required.push_back(field.name);
      body[field.name] = std::move(schema);
    } else {
      parameters.push_back({{"name", field.name}, {"in", "query"}, {"schema", std::move(schema)}});
    }
  }
  if (operation == Operation::list)
    parameters.push_back({{"name", "list"},
                          {"in", "query"},
                          {"required", true},
                          {"schema", {{"type", "string"}, {"enum", Json::array({"true"})}}}});
  Json answer{{"summary", endpoint.summary}, {"responses", {{"200", {{"description", "OK"}}}}}};
  if (!parameters.empty()) answer["parameters"] = std::move(parameters);
  if (!body.empty()) {
    Json schema{{"type", "object"}, {"properties", std::move(body)}};
    if (!required.empty()) schema["required"] = std::move(required);
    answer["requestBody"] = {{"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
  }
  return answer;
}

Json path_parameters(const std::string& path) {
  Json parameters = Json::array();
  for (std::size_t open = path.find('{'); open != std::string::npos;
       open = path.find('{', open + 1))
    parameters.push_back({{"name", path.substr(open + 1, path.find('}', open) - open - 1)},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}}}});
  return parameters;
}

void add(Json& paths, const std::string& mount_path, const Route& route) {
  const std::string relative = openapi_path(route.pattern());
  Json& item = paths['/' + mount_path + relative];
  if (item.is_null()) item = Json::object();
  const Json parameters = path_parameters(mount_path + relative);
  if (!parameters.empty()) item["parameters"] = parameters;
  if (route.needs_sudo()) item["x-vault-sudo"] = true;
  if (route.is_unauthenticated()) item["x-vault-unauthenticated"] = true;
  for (const auto& [operation, endpoint] : route.endpoints()) {
    const char* verb = verb_of(operation);
    if (verb == nullptr || item.contains(verb)) continue;
    item[verb] = describe(endpoint, operation, relative);
  }
}

}  // namespace

std::vector<Route> document_routes() {
  using E = SysEngine;
  return {Route("internal/specs/openapi", Operation::read, document_fields(), &E::openapi,
                "The API's description, as far as the caller sees it.")
              .also(Operation::update, document_fields(), &E::openapi,
                    "The API's description, as far as the caller sees it.")
              .unauthenticated()};
}

Result<core::Response> SysEngine::openapi(Request& request, const DocumentFields& fields) {
  std::shared_ptr<const core::Acl> acl;
  if (!request.client_token.empty()) {
    const auto token = services_.tokens.authenticate(request.client_token);
    if (token && core::is_usable_from(**token, request.remote_address))
      acl = services_.policies.acl_for(**token);
  }
  Json paths = Json::object();
  const auto mounts = table();
  for (const auto& [path, mounted] : mounts->all()) {
    const bool is_seen = acl && acl->sees_mount(path);
    // The path of a mount is told to nobody who may not see it.
    if (!is_seen && !core::is_builtin(*mounted.mount) &&
        mounted.mount->config.listing_visibility != "unauth")
      continue;
    const std::string shown = fields.generic_mount_paths && !core::is_builtin(*mounted.mount)
                                  ? "{" + mounted.mount->type + "_mount_path}/"
                                  : path;
    for (const Route& route : mounted.engine->routes().routes())
      if (is_seen || route.is_unauthenticated()) add(paths, shown, route);
  }
  return Response::plain(Json{{"openapi", "3.0.2"},
                              {"info",
                               {{"title", "Signet API"},
                                {"description", "HTTP API. All paths begin with /v1/."},
                                {"version", services_.info.build.version},
                                {"license", {{"name", "Apache-2.0"}}}}},
                              {"paths", std::move(paths)},
                              {"components", Json::object()}});
}

}  // namespace signet::sys
