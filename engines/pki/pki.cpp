// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/pki.hpp"

#include "core/clock_check.hpp"
#include "engines/pki/leaf.hpp"
#include "engines/pki/status.hpp"
#include "storage/certificates.hpp"
#include "storage/changes.hpp"
#include "storage/issuers.hpp"
#include "storage/revocations.hpp"
#include "storage/secrets.hpp"

#include <iterator>
#include <mutex>

namespace signet::pki {

PkiEngine::PkiEngine(const core::EngineContext& context, std::shared_ptr<Shared> shared)
    : context_(context),
      shared_(std::move(shared)),
      issuers_(context),
      records_(context),
      roles_(context),
      templates_(std::make_unique<LeafTemplates>()),
      status_(std::make_unique<Status>(*this, shared_->feed, std::string())) {}

PkiEngine::~PkiEngine() = default;

const core::RouteTable& PkiEngine::routes() const {
  static const core::RouteTable table = [] {
    std::vector<core::Route> all;
    for (auto* part : {role_routes, issue_routes, sign_routes, fetch_routes, list_routes,
                       revoke_routes, status_routes, config_routes, defaults_routes, issuer_routes,
                       key_routes, generate_routes, sign_ca_routes, import_routes}) {
      std::vector<core::Route> routes = part();
      all.insert(all.end(), std::make_move_iterator(routes.begin()),
                 std::make_move_iterator(routes.end()));
    }
    return core::RouteTable(std::move(all));
  }();
  return table;
}

void PkiEngine::unmounted(storage::CommitUnit& unit) {
  storage::Secrets(context_.database, context_.sealer, context_.mount_id).remove_all(unit, "");
  storage::CertificateStore::remove_mount(unit, context_.mount_id);
  storage::RevocationStore::remove_mount(unit, context_.mount_id);
  storage::IssuerStore::remove_mount(unit, context_.mount_id);
}

std::shared_ptr<const Issuers> PkiEngine::issuers_for(core::Request& request) {
  auto snapshot = issuers_.current();
  request.unit().decided_on(Issuers::kind, context_.mount_id, snapshot->number());
  return snapshot;
}

crypto::PrivateKey PkiEngine::new_key(const crypto::KeySpec& spec) const {
  if (spec.type == crypto::KeyType::rsa) return shared_->rsa_keys.take(spec.bits);
  return crypto::PrivateKey::generate(spec);
}

void PkiEngine::tick() { status_->tick(); }

core::ModuleType module_type(core::Services& services) {
  // Made with the first mount: a server without a PKI makes no keys and polls no revocations.
  struct Late {
    std::mutex mutex;
    std::shared_ptr<Shared> shared;
  };
  const auto late = std::make_shared<Late>();  // shared with copies of the registry's line
  core::ModuleType type;
  type.type = "pki";
  type.make = [late, &services](const core::EngineContext& context) {
    const std::lock_guard lock(late->mutex);
    if (late->shared == nullptr)
      late->shared = std::make_shared<Shared>(services.database, services.clock);
    return std::make_unique<PkiEngine>(context, late->shared);
  };
  return type;
}

bool PkiEngine::names_issuer(const core::Request& request) {
  return request.relative_path.starts_with("issuer/");
}

Caller PkiEngine::caller_of(const core::Request& request) {
  return {request.token != nullptr && !request.token->entity_id.empty()};
}

Result<Validity> PkiEngine::validity_for(const core::Request& request, const LeafIssuer& from,
                                         const LeafFields& fields,
                                         std::vector<std::string>& warnings) const {
  const IssuerEntry& issuer = *from.issuing.entry;
  const TtlLimits mount{request.mount->default_ttl(), request.mount->max_ttl()};
  return validity_of(*from.role, {fields.ttl, fields.not_before, fields.not_after}, mount,
                     {issuer.certificate.not_after, issuer.leaf_not_after_behavior}, request.now,
                     warnings);
}

Result<core::Response> PkiEngine::deciding(const std::function<Result<core::Response>()>& decide) {
  storage::Changes& changes = context_.changes;
  const std::int64_t roles = changes.number(Roles::kind, context_.mount_id);
  const std::int64_t issuers = changes.number(Issuers::kind, context_.mount_id);
  auto decided = decide();
  if (decided) return decided;
  changes.refresh();
  if (changes.number(Roles::kind, context_.mount_id) == roles &&
      changes.number(Issuers::kind, context_.mount_id) == issuers)
    return decided;
  return decide();
}

Result<core::Response> PkiEngine::issuing(const std::function<Result<core::Response>()>& decide) {
  TRY(core::check_clock(context_.database));
  return deciding(decide);
}

}  // namespace signet::pki
