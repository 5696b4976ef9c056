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

class LeafTemplates;
class Status;

// The parts of the route table, one a file.
std::vector<core::Route> role_routes();
std::vector<core::Route> issue_routes();
std::vector<core::Route> fetch_routes();
std::vector<core::Route> list_routes();
std::vector<core::Route> revoke_routes();
std::vector<core::Route> status_routes();

class PkiEngine final : public core::Engine {
 public:
  /// @param rsa_keys  the process's pool; outlives the engine
  PkiEngine(const core::EngineContext& context, crypto::RsaPool& rsa_keys);
  ~PkiEngine() override;
  PkiEngine(const PkiEngine&) = delete;
  PkiEngine& operator=(const PkiEngine&) = delete;

  [[nodiscard]] const core::RouteTable& routes() const override;
  void unmounted(storage::CommitUnit& unit) override;

  // For all files of this folder.
  [[nodiscard]] const core::EngineContext& context() const { return context_; }
  [[nodiscard]] std::shared_ptr<const Issuers> issuers() { return issuers_.current(); }
  /// For public status: the newest snapshot, or the last one while the database is gone or on the
  /// I/O thread (null there before the first).
  std::shared_ptr<const Issuers> issuers_for_status(const core::Request& request);
  [[nodiscard]] const IssuerRecords& records() const { return records_; }
  /// The newest snapshot, its number noted in the request's unit.
  std::shared_ptr<const Issuers> issuers_for(core::Request& request);
  /// A fresh private key; RSA from the pool.
  [[nodiscard]] crypto::PrivateKey new_key(const crypto::KeySpec& spec) const;
  /// Hooks for a revocation of `authority` that has been committed (the CRL is dirty).
  void on_revoked(std::function<void(std::int64_t authority)> hook);

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

  // fetch.cpp
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

 private:
  core::EngineContext context_;
  crypto::RsaPool& rsa_keys_;
  IssuersLoader issuers_;
  IssuerRecords records_;
  Roles roles_;
  std::unique_ptr<LeafTemplates> templates_;
  std::unique_ptr<Status> status_;
  std::vector<std::function<void(std::int64_t)>> revoked_hooks_;
};

}  // namespace signet::pki
