// SPDX-License-Identifier: Apache-2.0
// Issuers as objects: list, read, delete, revoke (pki.md 9.1, 12.3).
#include "engines/pki/issuers.hpp"

#include "ca/chain.hpp"
#include "engines/pki/fields.hpp"
#include "engines/pki/issuer_json.hpp"
#include "engines/pki/pki.hpp"
#include "storage/revocations.hpp"
#include "storage/secrets.hpp"

#include <set>

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Json;
using core::NoFields;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

namespace {

/// Roles looked at when an issuer is deleted: a hint to whoever deletes, not a proof.
constexpr std::int64_t roles_looked_at = 100;

std::vector<Json> pems_of(const std::vector<const IssuerEntry*>& chain) {
  std::vector<Json> pems;
  pems.reserve(chain.size());
  for (const IssuerEntry* link : chain) pems.emplace_back(link->pem + "\n");
  return pems;
}

bool is_pss(const std::string& algorithm) { return algorithm.ends_with("PSS"); }

/// The authorities, others than its own, whose key signed the issuer's certificate.
std::set<std::int64_t> parent_authorities(const Issuers& issuers, const IssuerEntry& issuer) {
  std::set<std::int64_t> parents;
  for (const IssuerEntry& other : issuers.all())
    if (other.authority != issuer.authority && !parents.contains(other.authority) &&
        ca::is_issued_by(issuer.certificate, other.certificate))
      parents.insert(other.authority);
  return parents;
}

}  // namespace

Response issuer_answer(const Issuers& issuers, const IssuerEntry& issuer) {
  std::vector<const IssuerEntry*> chain;
  for (const Uuid& id : issuer.chain)
    if (const IssuerEntry* link = id == issuer.id ? &issuer : issuers.find(id))
      chain.push_back(link);
  Json data{{"issuer_id", issuer.id.text()},
            {"issuer_name", issuer.name},
            {"key_id", issuer.key_id ? issuer.key_id->text() : ""},
            {"certificate", issuer.pem + "\n"},
            {"manual_chain", nullptr},
            {"ca_chain", pems_of(chain)},
            {"leaf_not_after_behavior", name(issuer.leaf_not_after_behavior)},
            {"usage", issuer.usage.text()},
            {"revocation_signature_algorithm", issuer.revocation_signature_algorithm},
            {"revoked", issuer.revoked_at.has_value()},
            {"issuing_certificates", issuer.urls.issuing_certificates},
            {"crl_distribution_points", issuer.urls.crl_distribution_points},
            {"delta_crl_distribution_points", issuer.urls.delta_crl_distribution_points},
            {"ocsp_servers", issuer.urls.ocsp_servers}};
  if (!issuer.manual_chain.empty()) {
    Json ids = Json::array();
    for (const Uuid& id : issuer.manual_chain) ids.push_back(id.text());
    data["manual_chain"] = std::move(ids);
  }
  if (!issuer.urls.empty()) data["enable_aia_url_templating"] = issuer.urls.enable_templating;
  if (issuer.revoked_at) {
    data["revocation_time"] = issuer.revoked_at->seconds;
    data["revocation_time_rfc3339"] = rfc3339(*issuer.revoked_at);
  }
  Response response = Response::of(std::move(data));
  if (is_pss(issuer.revocation_signature_algorithm))
    response.warnings.emplace_back(
        "Issuer uses a PSS Revocation Signature Algorithm. This algorithm will be downgraded to "
        "PKCS#1v1.5 signature scheme on OCSP responses, due to limitations in the OCSP library.");
  return response;
}

std::vector<Route> issuer_routes() {
  std::vector<Route> routes;
  routes.push_back(std::move(Route("issuers", Operation::list, list_fields(),
                                   &PkiEngine::list_issuers, "List the issuers.")
                                 .unauthenticated()));
  Route one("issuer/{issuer_ref}", Operation::read, issuer_ref_field(), &PkiEngine::read_issuer,
            "Read an issuer.");
  one.also(Operation::update, issuer_schema(), &PkiEngine::write_issuer,
           "Replace what can be set of an issuer.");
  one.also(Operation::patch, issuer_schema(), &PkiEngine::patch_issuer,
           "Change some of what can be set of an issuer.");
  one.also(Operation::remove, issuer_ref_field(), &PkiEngine::delete_issuer,
           "Delete an issuer; its key stays.");
  routes.push_back(std::move(one));
  routes.emplace_back("issuer/{issuer_ref}/revoke", Operation::update, issuer_ref_field(),
                      &PkiEngine::revoke_issuer, "Revoke an issuer; cannot be undone.");
  routes.push_back(
      std::move(Route("root", Operation::remove, core::no_fields(), &PkiEngine::delete_root,
                      "Delete every issuer and every key of the mount.")
                    .sudo()));
  return routes;
}

Result<Response> PkiEngine::list_issuers(Request&, const ListFields& fields) {
  const auto snapshot = issuers();
  const IssuerEntry* chosen = snapshot->default_issuer();
  std::vector<std::string> keys;
  Json info = Json::object();
  for (const IssuerEntry& issuer : snapshot->all()) {
    std::string id = issuer.id.text();
    if (id <= fields.after) continue;
    info[id] = {{"issuer_name", issuer.name},
                {"is_default", &issuer == chosen},
                {"serial_number", issuer.certificate.serial.colons()},
                {"key_id", issuer.key_id ? issuer.key_id->text() : ""}};
    keys.push_back(std::move(id));
    if (fields.limit > 0 && static_cast<std::int64_t>(keys.size()) == fields.limit) break;
  }
  if (keys.empty()) return absent();
  return Response::of({{"keys", std::move(keys)}, {"key_info", std::move(info)}});
}

Result<Response> PkiEngine::read_issuer(Request&, const IssuerRef& fields) {
  return deciding([&]() -> Result<Response> {
    const auto snapshot = issuers();
    const auto issuer = snapshot->resolve(fields.issuer_ref);
    if (!issuer) return absent();
    return issuer_answer(*snapshot, **issuer);
  });
}

Result<Response> PkiEngine::delete_issuer(Request& request, const IssuerRef& fields) {
  context_.changes.refresh();  // what another node has just made is deleted too
  const auto snapshot = issuers_for(request);
  Response response = Response::of(nullptr);
  const auto found = snapshot->resolve(fields.issuer_ref);
  if (!found) return response;
  const IssuerEntry& issuer = **found;
  const bool is_default = &issuer == snapshot->default_issuer();

  std::map<std::string, int> uses;
  const storage::Secrets secrets(context_.database, context_.sealer, context_.mount_id);
  for (const std::string& name : secrets.list(record_path::role_prefix, {}, roles_looked_at))
    if (const RoleView view = roles_.find(name); view.role != nullptr)
      ++uses[view.role->fields.issuer_ref];
  std::vector<std::string> references{issuer.id.text()};
  if (!issuer.name.empty()) references.push_back(issuer.name);
  if (is_default) references.emplace_back("default");
  for (const std::string& reference : references)
    if (const auto used = uses.find(reference); used != uses.end())
      response.warnings.push_back(std::to_string(used->second) + " roles reference " + reference);

  records_.remove_issuer(request.unit(), issuer.id);
  if (!is_default) return response;
  DefaultsConfig defaults = snapshot->config().defaults;
  defaults.issuer.reset();
  records_.write(request.unit(), defaults);
  response.warnings.push_back("Deleted issuer " + issuer.id.text() + " (via issuer_ref " +
                              fields.issuer_ref +
                              "); this was configured as the default issuer. Operations without an "
                              "explicit issuer will not work until a new default is configured.");
  return response;
}

Result<Response> PkiEngine::delete_root(Request& request, const NoFields&) {
  context_.changes.refresh();
  const auto snapshot = issuers_for(request);
  for (const IssuerEntry& issuer : snapshot->all())
    records_.remove_issuer(request.unit(), issuer.id);
  for (const KeyEntry& key : snapshot->keys()) records_.remove_key(request.unit(), key.id);
  records_.write(request.unit(), DefaultsConfig{});
  Response response = Response::of(nullptr);
  response.warnings.emplace_back(
      "DELETE /root deletes all keys and issuers; prefer the new DELETE /key/:key_ref and DELETE "
      "/issuer/:issuer_ref for finer granularity, unless removal of all keys and issuers is "
      "desired.");
  return response;
}

Result<Response> PkiEngine::revoke_issuer(Request& request, const IssuerRef& fields) {
  return deciding([&]() -> Result<Response> {
    const auto snapshot = issuers_for(request);
    const IssuerEntry* found = TRY(snapshot->resolve(fields.issuer_ref));
    if (found->revoked_at) return issuer_answer(*snapshot, *found);
    IssuerEntry issuer = *found;
    issuer.usage.issuing_certificates = false;
    issuer.revoked_at = request.now;
    issuer.changed_at = request.now;
    const std::set<std::int64_t> parents = parent_authorities(*snapshot, issuer);
    const storage::RevocationStore revocations(context_.database);
    const Serial& serial = issuer.certificate.serial;
    for (const std::int64_t parent : parents) {
      if (revocations.find(parent, serial.magnitude())) continue;
      storage::RevocationRow row;
      row.issuer = parent;
      row.serial = to_bytes(serial.magnitude());
      row.mount = context_.mount_id;
      row.revoked_at = request.now;
      row.not_after = issuer.certificate.not_after;
      storage::RevocationStore::stage(
          request.unit(), std::move(row),
          Error{ErrorCode::conflict,
                "the certificate of this issuer is being revoked by another request; try again",
                {}});
    }
    records_.update(request.unit(), issuer);

    Response response = issuer_answer(*snapshot, issuer);
    if (issuer.certificate.is_self_signed())
      response.warnings.emplace_back(
          "This issuer is a self-signed (potentially root) certificate. This means it may not be "
          "considered revoked if there is not an external, cross-signed variant of this "
          "certificate. This issuer's serial number will not appear on its own CRL.");
    if (parents.empty())
      response.warnings.emplace_back(
          "This issuer lacks another parent issuer within the mount. This means it will not appear "
          "on any other CRLs and may not be considered revoked by clients. Consider adding this "
          "issuer to its issuer's CRL as well if it is not self-signed.");
    if (found == snapshot->default_issuer())
      response.warnings.emplace_back(
          "This issuer is currently configured as the default issuer for this mount; operations "
          "such as certificate issuance may not work until a new default is selected.");
    return response;
  });
}

}  // namespace signet::pki
