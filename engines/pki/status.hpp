// SPDX-License-Identifier: Apache-2.0
// What a mount says about its certificates: CRLs and OCSP (pki.md sections 13 and 14,
// x509-status.md 4 and 5).
#pragma once

#include "base/snapshot.hpp"
#include "core/engine.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "crl/feed.hpp"
#include "crl/ocsp.hpp"
#include "crl/ocsp_cache.hpp"
#include "crl/ocsp_texts.hpp"
#include "crl/publisher.hpp"
#include "engines/pki/issuers.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace signet::pki {

/// Who is about to expire need not be listed as revoked any more.
inline constexpr Seconds expiry_slack{2};

class PkiEngine;

class Status {
 public:
  enum class CrlForm { der, pem, pem_line };  ///< pem_line: PEM that ends in a newline

  /// @param folder of the CRLs' temporary files; empty: the default
  Status(PkiEngine& engine, crl::RevocationFeed& feed, std::string folder);
  ~Status();
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;

  /// A revocation has been committed: its OCSP answers are dropped, its CRL is dirty.
  void revoked(std::int64_t authority, BytesView serial);
  /// What is listed or who signs has changed: every CRL is rebuilt at its next fetch.
  void configuration_changed();

  /// The CRL of an issuer's authority. Status 204 when nobody signs it.
  Result<core::Response> crl(core::Request& request, const IssuerEntry& issuer, CrlForm form);
  /// The same as PEM text, for JSON answers; empty when there is none.
  Result<std::string> crl_pem(core::Request& request, const IssuerEntry& issuer,
                              bool ends_in_newline);
  /// Builds every CRL of the mount now (crl/rotate).
  /// @return warnings: authorities whose CRL nobody may sign
  Result<std::vector<std::string>> rotate(core::Request& request);
  /// Rebuilds what is due (once a minute).
  void tick();

  /// `text`: the path it came in, empty for a POST.
  Result<core::Response> ocsp(core::Request& request, BytesView der, std::string_view text = {});
  /// An answer at hand for a path that was asked before; nullopt: decode it.
  std::optional<core::Response> ocsp_again(const core::Request& request, std::string_view text);

 private:
  struct Responder {
    std::int64_t authority = 0;
    crl::IssuerHashes hashes;
    bool knows_all_serials = false;
  };
  struct Responders {
    std::int64_t number = -1;
    std::vector<Responder> list;
  };
  struct OcspSigner {
    std::int64_t authority = 0;
    std::shared_ptr<const crypto::PrivateKey> key;  // shared with the issuers' snapshot
    crypto::SignatureScheme scheme;
  };

  /// False: issuers or settings changed, and a worker must drop what was made before.
  bool knows_configuration(bool may_wait);
  [[nodiscard]] std::optional<crl::CrlRecipe> recipe(std::int64_t authority);
  /// The list to serve; nullopt: nobody signs one. `unavailable` on the I/O thread: a worker must
  /// look.
  Result<std::optional<crl::PublishedCrl>> list_for(core::Request& request,
                                                    const IssuerEntry& issuer);
  std::shared_ptr<const Responders> responders(const Issuers& issuers);
  [[nodiscard]] std::optional<OcspSigner> signer_of(const Issuers& issuers,
                                                    std::int64_t authority) const;
  [[nodiscard]] crl::SingleStatus look_up(const Responder& responder, const crl::CertId& id,
                                          UnixTime now) const;
  core::Response sign_ocsp(core::Request& request, const crl::OcspRequest& asked);
  [[nodiscard]] core::Response cacheable(const core::Request& request,
                                         const crl::CachedOcsp& answer) const;

  PkiEngine& engine_;
  std::shared_ptr<std::atomic<std::uint64_t>> generation_ =  // shared with the listener
      std::make_shared<std::atomic<std::uint64_t>>(0);
  std::atomic<std::uint64_t> seen_generation_ = 0;
  crl::RevocationFeed& feed_;
  crl::Publisher publisher_;
  /// What is kept about a certificate, while it may be served.
  std::optional<crl::CachedOcsp> servable(const core::Request& request, const crl::CertId& id);

  crl::OcspCache cache_;
  crl::OcspTexts texts_;
  Snapshot<Responders> responders_;
};

}  // namespace signet::pki
