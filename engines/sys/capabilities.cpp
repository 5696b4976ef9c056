// SPDX-License-Identifier: Apache-2.0
// What a token may do (core.md section 3.7).
#include "core/policy/policies.hpp"
#include "core/token/tokens.hpp"
#include "engines/sys/sys.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct CapabilitiesFields {
  SecretBytes token;
  std::string accessor;
  std::vector<std::string> paths;
  std::vector<std::string> path;
};

namespace {

const Schema<CapabilitiesFields>::Field paths_field{"paths", &CapabilitiesFields::paths,
                                                    "The paths to look at."};
const Schema<CapabilitiesFields>::Field path_field_of_old{"path", &CapabilitiesFields::path,
                                                          "The same, under its old name.",
                                                          core::FieldFlag::deprecated};

const Schema<CapabilitiesFields>& self_fields() {
  static const Schema<CapabilitiesFields> schema{
      {"token", &CapabilitiesFields::token, "Ignored: the request's own token is looked at."},
      paths_field,
      path_field_of_old};
  return schema;
}
const Schema<CapabilitiesFields>& token_fields() {
  static const Schema<CapabilitiesFields> schema{
      {"token", &CapabilitiesFields::token, "The token to look at."},
      paths_field,
      path_field_of_old};
  return schema;
}
const Schema<CapabilitiesFields>& accessor_fields() {
  static const Schema<CapabilitiesFields> schema{
      {"accessor", &CapabilitiesFields::accessor, "Accessor of the token to look at."},
      paths_field,
      path_field_of_old};
  return schema;
}

}  // namespace

std::vector<Route> capability_routes() {
  using E = SysEngine;
  return {
      Route("capabilities", Operation::update, token_fields(), &E::capabilities,
            "What a token may do on paths."),
      Route("capabilities-self", Operation::update, self_fields(), &E::capabilities_self,
            "What the request's token may do on paths."),
      Route("capabilities-accessor", Operation::update, accessor_fields(),
            &E::capabilities_accessor, "What an accessor's token may do on paths."),
  };
}

Result<core::Response> SysEngine::capabilities(Request& request, const CapabilitiesFields& fields) {
  if (fields.token.empty()) return invalid("no token found");
  const core::TokenPointer token = services_.tokens.find(fields.token);
  if (!token) return invalid("invalid token");
  return capabilities_of(request, *token, fields);
}

Result<core::Response> SysEngine::capabilities_self(Request& request,
                                                    const CapabilitiesFields& fields) {
  return capabilities_of(request, *request.token, fields);
}

Result<core::Response> SysEngine::capabilities_accessor(Request& request,
                                                        const CapabilitiesFields& fields) {
  if (fields.accessor.empty()) return invalid("no accessor found");
  const core::TokenPointer token = services_.tokens.find_accessor(fields.accessor);
  if (!token) return invalid("invalid accessor");
  return capabilities_of(request, *token, fields);
}

Result<core::Response> SysEngine::capabilities_of(Request&, const core::TokenEntry& token,
                                                  const CapabilitiesFields& fields) {
  const std::vector<std::string>& paths = fields.paths.empty() ? fields.path : fields.paths;
  if (paths.empty()) return invalid("paths must be supplied");
  const auto acl = services_.policies.acl_for(token);
  Json data = Json::object();
  for (const std::string& path : paths) data[path] = acl->capabilities(path);
  if (paths.size() == 1) data["capabilities"] = data[paths.front()];
  Response response = Response::of(std::move(data));
  response.copies_data_to_top = true;
  return response;
}

}  // namespace signet::sys
