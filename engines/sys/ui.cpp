// SPDX-License-Identifier: Apache-2.0
// What clients look at before they act (core.md section 3.13): which mounts they see, what they
// may.
#include "core/mounts.hpp"
#include "core/network.hpp"
#include "core/policy/policies.hpp"
#include "core/token/tokens.hpp"
#include "engines/sys/sys.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Mount;
using core::MountClass;
using core::Operation;
using core::Route;

namespace {

Json public_json(const Mount& mount) {
  return {{"type", mount.type},
          {"description", mount.description},
          {"options", mount.options ? Json(*mount.options) : Json()}};
}

}  // namespace

std::vector<Route> ui_routes() {
  using E = SysEngine;
  return {
      // Handlers look for the token themselves: there are answers without one.
      Route("internal/ui/mounts", Operation::read, core::no_fields(), &E::ui_mounts,
            "The mounts that the caller sees.")
          .unauthenticated(),
      Route("internal/ui/mounts/{path...}", Operation::read, path_field(), &E::ui_mount,
            "The mount that a path belongs to.")
          .unauthenticated(),
      Route("internal/ui/namespaces", Operation::read, core::no_fields(), &E::ui_namespaces,
            "None: there is one namespace."),
      Route("internal/ui/resultant-acl", Operation::read, core::no_fields(), &E::resultant_acl,
            "What the caller's policies add up to."),
  };
}

Result<core::Response> SysEngine::ui_mounts(Request& request, const NoFields&) {
  std::shared_ptr<const core::Acl> acl;
  if (!request.client_token.empty()) {
    const core::TokenPointer token = TRY(services_.tokens.authenticate(request.client_token));
    if (!core::is_usable_from(*token, request.remote_address)) return denied();
    acl = services_.policies.acl_for(*token);
  }
  Json secret = Json::object();
  Json auth = Json::object();
  const auto mounts = table();
  for (const auto& [path, mounted] : mounts->all()) {
    const Mount& mount = *mounted.mount;
    Json& group = mount.mount_class == MountClass::auth ? auth : secret;
    const bool is_listed = mount.config.listing_visibility == "unauth";
    if (acl && (is_listed || acl->sees_mount(path)))
      group[mount.path] = to_json(mount);
    else if (is_listed)
      group[mount.path] = public_json(mount);
  }
  return Response::of(Json{{"secret", std::move(secret)}, {"auth", std::move(auth)}});
}

Result<core::Response> SysEngine::ui_mount(Request& request, const PathField& fields) {
  if (request.client_token.empty()) return denied();
  const core::TokenPointer token = TRY(services_.tokens.authenticate(request.client_token));
  if (!core::is_usable_from(*token, request.remote_address)) return denied();
  const auto mounts = table();
  const core::MountedEngine* mounted = mounts->find(fields.path).mounted;
  const std::string shown =
      mounted == nullptr ? mount_path(fields.path) : mounted->mount->full_path();
  if (mounted == nullptr || !services_.policies.acl_for(*token)->sees_mount(shown))
    // 404 would make clients take the mount for version 1 of kv.
    return Error{ErrorCode::denied,
                 fmt::format("preflight capability check returned 403, please ensure client's "
                             "policies grant access to path \"{}\"",
                             shown),
                 {}};
  Json data = to_json(*mounted->mount);
  data["path"] = shown;
  return Response::of(std::move(data));
}

Result<core::Response> SysEngine::ui_namespaces(Request&, const NoFields&) {
  return Response::of(Json::object());
}

Result<core::Response> SysEngine::resultant_acl(Request& request, const NoFields&) {
  return Response::of(services_.policies.acl_for(*request.token)->resultant());
}

}  // namespace signet::sys
