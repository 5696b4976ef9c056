// SPDX-License-Identifier: Apache-2.0
#include "auth/token/token_engine.hpp"

#include <utility>

namespace signet::auth {

using core::Request;
using core::Response;

namespace {

constexpr std::string_view folder = "roles/";
/// The change number's kind; its owner is the mount.
constexpr std::string_view roles_changed = "token-roles";

std::string path_of(const std::string& role) { return std::string(folder) + role; }

}  // namespace

std::optional<TokenEngine::FoundRole> TokenEngine::find_role(const std::string& name,
                                                             storage::CommitUnit* unit) const {
  if (unit != nullptr) {
    // Read before the row: a role that changes in between makes the commit stale.
    const std::int64_t number = context_.changes.number(roles_changed, context_.mount_id);
    unit->decided_on(roles_changed, context_.mount_id, number);
  }
  const auto found = secrets_.get(path_of(name));
  if (!found) return std::nullopt;
  return FoundRole{decode_role(name, found->value.reveal_text()), found->version};
}

Result<Response> TokenEngine::list_roles(Request&, const ListFields& fields) {
  auto names = secrets_.list(folder, fields.after, fields.limit);
  if (names.empty()) return absent();
  return Response::of({{"keys", std::move(names)}});
}

Result<Response> TokenEngine::read_role(Request&, const RoleName& fields) {
  const auto found = find_role(fields.role_name, nullptr);
  if (!found) return absent();
  return Response::of(role_object(found->role));
}

Result<Response> TokenEngine::write_role(Request& request, const RoleFields& fields) {
  const auto before = find_role(fields.role_name, &request.unit());
  StoredRole role;
  if (before) role = before->role;
  role.name = fields.role_name;
  Response response;
  std::vector<std::string> warnings = TRY(apply(fields, role));
  response.warnings = std::move(warnings);
  secrets_.put_if(request.unit(), path_of(role.name), as_bytes(encode_role(role)),
                  before ? before->version : 0,
                  {ErrorCode::conflict, "the role was changed meanwhile", {}});
  request.unit().raise(roles_changed, context_.mount_id);
  return response;
}

Result<Response> TokenEngine::delete_role(Request& request, const RoleName& fields) {
  secrets_.remove(request.unit(), path_of(fields.role_name));
  request.unit().raise(roles_changed, context_.mount_id);
  return Response::no_content();
}

Result<bool> TokenEngine::role_exists(Request&, const core::Captures& captures) {
  for (const auto& [name, value] : captures)
    if (name == "role_name") return secrets_.exists(path_of(value));
  return false;
}

}  // namespace signet::auth
