// SPDX-License-Identifier: Apache-2.0
// The PKI secrets engine: a certificate authority a mount. Routes stand beside their handlers: each
// .cpp has a function that makes its part of the table.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "core/engine.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/route.hpp"
#include "core/services.hpp"
#include "crl/feed.hpp"
#include "crypto/key.hpp"
#include "engines/pki/issuers.hpp"
#include "engines/pki/roles.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace signet::pki {

// Fields of requests; defined where they are used.
struct RoleFields;
struct NameField;
struct ListFields;
struct IssueFields;
struct SignFields;
struct VerbatimFields;
struct SerialField;
struct IssuerRef;
struct RevokeFields;
struct OcspPath;
struct UrlsFields;
struct ClusterFields;
struct CrlConfigFields;
struct DefaultIssuerFields;
struct ReplaceRootFields;
struct DefaultKeyFields;
struct IssuerFields;
struct KeyRef;
struct KeyNameFields;
struct GenerateKeyFields;
struct ImportKeyFields;
struct RootFields;
struct RequestFields;
struct SignIntermediateFields;
struct SelfIssuedFields;
struct SetSignedFields;
struct BundleFields;

class LeafTemplates;
struct LeafFields;
struct LeafIssuer;
struct LeafOrder;
struct Caller;
struct Validity;
class Status;

// The parts of the route table, one a file.
std::vector<core::Route> role_routes();
std::vector<core::Route> issue_routes();
std::vector<core::Route> sign_routes();
std::vector<core::Route> fetch_routes();
std::vector<core::Route> list_routes();
std::vector<core::Route> revoke_routes();
std::vector<core::Route> status_routes();
std::vector<core::Route> config_routes();
std::vector<core::Route> defaults_routes();
std::vector<core::Route> issuer_routes();
std::vector<core::Route> key_routes();
std::vector<core::Route> generate_routes();
std::vector<core::Route> sign_ca_routes();
std::vector<core::Route> import_routes();

/// What the PKI mounts of one process share.
struct Shared {
  Shared(storage::Database& database, Clock& clock) : feed(database, clock) { feed.start(); }
  crypto::RsaPool rsa_keys;
  crl::RevocationFeed feed;
};

/// The engine "pki" for the registry.
core::ModuleType module_type(core::Services& services);

class PkiEngine final : public core::Engine {
 public:
  PkiEngine(const core::EngineContext& context, std::shared_ptr<Shared> shared);
  ~PkiEngine() override;
  PkiEngine(const PkiEngine&) = delete;
  PkiEngine& operator=(const PkiEngine&) = delete;

  [[nodiscard]] const core::RouteTable& routes() const override;
  void unmounted(storage::CommitUnit& unit) override;
  Result<void> revoke_secret(const core::LeasedSecret&, storage::CommitUnit&) override;
  void tick() override;

  // For all files of this folder.
  [[nodiscard]] const core::EngineContext& context() const { return context_; }
  [[nodiscard]] std::shared_ptr<const Issuers> issuers() { return issuers_.current(); }
  /// For public status: the newest snapshot, or the last one while the database is gone or on the
  /// I/O thread (null there before the first).
  std::shared_ptr<const Issuers> issuers_for_status(const core::Request& request);
  [[nodiscard]] const IssuerRecords& records() const { return records_; }
  /// The newest snapshot, its number noted in the request's unit.
  std::shared_ptr<const Issuers> issuers_for(core::Request& request);
  /// A fresh private key; RSA from the pool. Not P-224, not above RSA-4096.
  [[nodiscard]] crypto::PrivateKey new_key(const crypto::KeySpec& spec) const;

  // roles.cpp
  Result<core::Response> write_role(core::Request&, const RoleFields&);
  Result<core::Response> patch_role(core::Request&, const RoleFields&);
  Result<core::Response> read_role(core::Request&, const NameField&);
  Result<core::Response> delete_role(core::Request&, const NameField&);
  Result<core::Response> list_roles(core::Request&, const ListFields&);
  Result<bool> role_exists(core::Request&, const core::Captures&);

  // issue.cpp, sign.cpp
  Result<core::Response> issue(core::Request&, const IssueFields&);
  Result<core::Response> sign(core::Request&, const SignFields&);
  Result<core::Response> sign_verbatim(core::Request&, const VerbatimFields&);

  // fetch.cpp, fetch_issuer.cpp
  Result<core::Response> read_ca_der(core::Request&, const core::NoFields&);
  Result<core::Response> read_ca_pem(core::Request&, const core::NoFields&);
  Result<core::Response> read_ca_chain(core::Request&, const core::NoFields&);
  Result<core::Response> read_ca_json(core::Request&, const core::NoFields&);
  Result<core::Response> read_ca_chain_json(core::Request&, const core::NoFields&);
  Result<core::Response> read_certificate(core::Request&, const SerialField&);
  Result<core::Response> read_certificate_der(core::Request&, const SerialField&);
  Result<core::Response> read_certificate_pem(core::Request&, const SerialField&);
  Result<core::Response> read_issuer_json(core::Request&, const IssuerRef&);
  Result<core::Response> read_issuer_der(core::Request&, const IssuerRef&);
  Result<core::Response> read_issuer_pem(core::Request&, const IssuerRef&);

  // list.cpp
  Result<core::Response> list_certificates(core::Request&, const ListFields&);
  Result<core::Response> list_certificate_details(core::Request&, const ListFields&);
  Result<core::Response> list_revoked(core::Request&, const ListFields&);

  // revoke.cpp
  Result<core::Response> revoke(core::Request&, const RevokeFields&);
  Result<core::Response> revoke_with_key(core::Request&, const RevokeFields&);

  // status_routes.cpp
  Result<core::Response> read_crl_der(core::Request&, const IssuerRef&);
  Result<core::Response> read_crl_pem(core::Request&, const IssuerRef&);
  Result<core::Response> read_crl_json(core::Request&, const IssuerRef&);
  Result<core::Response> read_certificate_crl(core::Request&, const core::NoFields&);
  Result<core::Response> read_no_delta(core::Request&, const IssuerRef&);
  Result<core::Response> rotate_crls(core::Request&, const core::NoFields&);
  Result<core::Response> rotate_deltas(core::Request&, const core::NoFields&);
  Result<core::Response> ocsp_get(core::Request&, const OcspPath&);
  Result<core::Response> ocsp_post(core::Request&, const core::NoFields&);

  // config.cpp
  Result<core::Response> read_urls(core::Request&, const core::NoFields&);
  Result<core::Response> write_urls(core::Request&, const UrlsFields&);
  Result<core::Response> read_cluster(core::Request&, const core::NoFields&);
  Result<core::Response> write_cluster(core::Request&, const ClusterFields&);
  Result<core::Response> read_crl_config(core::Request&, const core::NoFields&);
  Result<core::Response> write_crl_config(core::Request&, const CrlConfigFields&);

  // defaults.cpp
  Result<core::Response> read_default_issuer(core::Request&, const core::NoFields&);
  Result<core::Response> write_default_issuer(core::Request&, const DefaultIssuerFields&);
  Result<core::Response> replace_root(core::Request&, const ReplaceRootFields&);
  Result<core::Response> read_default_key(core::Request&, const core::NoFields&);
  Result<core::Response> write_default_key(core::Request&, const DefaultKeyFields&);

  // issuers.cpp, issuer_write.cpp
  Result<core::Response> list_issuers(core::Request&, const ListFields&);
  Result<core::Response> read_issuer(core::Request&, const IssuerRef&);
  Result<core::Response> write_issuer(core::Request&, const IssuerFields&);
  Result<core::Response> patch_issuer(core::Request&, const IssuerFields&);
  Result<core::Response> delete_issuer(core::Request&, const IssuerRef&);
  Result<core::Response> delete_root(core::Request&, const core::NoFields&);
  Result<core::Response> revoke_issuer(core::Request&, const IssuerRef&);

  // keys.cpp
  Result<core::Response> list_keys(core::Request&, const ListFields&);
  Result<core::Response> read_key(core::Request&, const KeyRef&);
  Result<core::Response> write_key(core::Request&, const KeyNameFields&);
  Result<core::Response> delete_key(core::Request&, const KeyRef&);
  Result<core::Response> generate_internal_key(core::Request&, const GenerateKeyFields&);
  Result<core::Response> generate_exported_key(core::Request&, const GenerateKeyFields&);
  Result<core::Response> import_key(core::Request&, const ImportKeyFields&);

  // generate.cpp, sign_ca.cpp, self_issued.cpp
  Result<core::Response> generate_root(core::Request&, const RootFields&);
  Result<core::Response> generate_request(core::Request&, const RequestFields&);
  Result<core::Response> sign_intermediate(core::Request&, const SignIntermediateFields&);
  Result<core::Response> sign_self_issued(core::Request&, const SelfIssuedFields&);

  // import.cpp
  Result<core::Response> set_signed(core::Request&, const SetSignedFields&);
  Result<core::Response> import_bundle(core::Request&, const BundleFields&);
  Result<core::Response> import_certificates(core::Request&, const BundleFields&);

 private:
  // issue.cpp, sign.cpp, leaf.cpp
  Result<core::Response> issue_once(core::Request&, const IssueFields&);
  Result<core::Response> sign_once(core::Request&, const SignFields&);
  Result<core::Response> sign_verbatim_once(core::Request&, const VerbatimFields&);
  Result<core::Response> finish_leaf(core::Request&, LeafOrder);
  [[nodiscard]] Result<Validity> validity_for(const core::Request&, const LeafIssuer&,
                                              const LeafFields&,
                                              std::vector<std::string>& warnings) const;
  // revoke.cpp
  struct Revocable;
  Result<Revocable> stored_certificate(const std::string& serial_number);
  Result<Revocable> presented_certificate(const Issuers& issuers, const std::string& text);
  Result<core::Response> revoke_certificate(core::Request&, const RevokeFields&, bool needs_key);
  /// Whether the path names the issuer (`issuer/{issuer_ref}/...`).
  static bool names_issuer(const core::Request& request);
  static Caller caller_of(const core::Request& request);
  /// Runs `decide`; when it refuses, looks whether a role or an issuer changed elsewhere meanwhile,
  /// and if so runs it once more: what another node allowed is allowed here.
  Result<core::Response> deciding(const std::function<Result<core::Response>()>& decide);
  /// The same for what signs a certificate: refused while the clock cannot be believed.
  Result<core::Response> issuing(const std::function<Result<core::Response>()>& decide);

  core::EngineContext context_;
  std::shared_ptr<Shared> shared_;  // with the process's other PKI mounts
  IssuersLoader issuers_;
  IssuerRecords records_;
  Roles roles_;
  std::unique_ptr<LeafTemplates> templates_;
  std::unique_ptr<Status> status_;
};

}  // namespace signet::pki
