// SPDX-License-Identifier: Apache-2.0
// Roles as objects: write, patch, read, delete, list (pki.md 3.1).
#include "engines/pki/fields.hpp"
#include "engines/pki/pki.hpp"
#include "storage/secrets.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {
namespace {

using core::Operation;
using core::Request;
using core::Response;

std::vector<std::string> warnings_of(const Role& role, bool wants_lease, const Issuers& issuers) {
  std::vector<std::string> warnings;
  const std::string& reference = role.fields.issuer_ref;
  if (!issuers.resolve(reference)) {
    warnings.push_back(
        reference == "default"
            ? "Issuing Certificate was set to default, but no default issuing certificate "
              "(configurable at /config/issuers) is currently set"
            : "Issuing Certificate was set to " + reference +
                  " but no issuing certificate currently has that name");
  }
  if (wants_lease && role.fields.no_store)
    warnings.emplace_back(
        "mutually exclusive values no_store=true and generate_lease=true were both specified; "
        "no_store=true takes priority");
  else if (wants_lease)
    warnings.emplace_back(
        "it is encouraged to disable generate_lease and rely on PKI's native capabilities when "
        "possible; this option can cause instance-wide issues with large numbers of issued "
        "certificates");
  return warnings;
}

Result<Response> store(PkiEngine& engine, const Roles& roles, Request& request, RoleFields fields) {
  const std::string name = fields.name;
  const bool wants_lease = fields.generate_lease;
  const Role role = TRY(Role::make(std::move(fields)));
  roles.write(request.unit(), name, role);
  Response response = Response::of(role.json());
  response.warnings = warnings_of(role, wants_lease, *engine.issuers());
  return response;
}

}  // namespace

std::vector<core::Route> role_routes() {
  std::vector<core::Route> routes;
  core::Route one("roles/{name}", Operation::update, role_schema(), &PkiEngine::write_role,
                  "Create a role, or replace it.");
  one.also(Operation::patch, role_schema(), &PkiEngine::patch_role, "Change members of a role.");
  one.also(Operation::read, name_field(), &PkiEngine::read_role, "Read a role.");
  one.also(Operation::remove, name_field(), &PkiEngine::delete_role, "Delete a role.");
  one.exists(&PkiEngine::role_exists);
  one.help("A role limits what may be issued under its name: names, keys, usages, lifetimes.");
  routes.push_back(std::move(one));
  routes.emplace_back("roles", Operation::list, list_fields(), &PkiEngine::list_roles,
                      "List the roles.");
  return routes;
}

Result<Response> PkiEngine::write_role(Request& request, const RoleFields& fields) {
  return store(*this, roles_, request, fields);
}

Result<Response> PkiEngine::patch_role(Request& request, const RoleFields& fields) {
  const RoleView found = roles_.find(fields.name);
  if (found.role == nullptr) return invalid("Unable to fetch role entry to patch");
  request.unit().decided_on(Roles::kind, context_.mount_id, found.number);
  // `fields` was decoded for its errors; what the body gives goes over what is stored.
  RoleFields merged = found.role->fields;
  merged.name = fields.name;
  for (const auto& field : role_schema().own_fields()) {
    const auto given = request.data.find(field.info.name);
    if (given != request.data.end() && field.info.name != "name")
      TRY(field.set(*given, field.info, merged));
  }
  return store(*this, roles_, request, std::move(merged));
}

Result<Response> PkiEngine::read_role(Request&, const NameField& fields) {
  const RoleView found = roles_.find(fields.name);
  if (found.role == nullptr) return absent();
  return Response::of(found.role->json());
}

Result<Response> PkiEngine::delete_role(Request& request, const NameField& fields) {
  roles_.remove(request.unit(), fields.name);
  return Response::no_content();
}

Result<Response> PkiEngine::list_roles(Request&, const ListFields& fields) {
  const storage::Secrets secrets(context_.database, context_.sealer, context_.mount_id);
  std::vector<std::string> names =
      secrets.list(record_path::role_prefix, fields.after, fields.limit);
  if (names.empty()) return absent();
  return Response::of({{"keys", std::move(names)}});
}

Result<bool> PkiEngine::role_exists(Request&, const core::Captures& captures) {
  for (const auto& [key, value] : captures)
    if (key == "name") return roles_.find(value).role != nullptr;
  return false;
}

}  // namespace signet::pki
