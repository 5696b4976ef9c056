// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/serial.hpp"
#include "ca/certificate.hpp"
#include "ca/general_name.hpp"
#include "ca/name.hpp"
#include "ca/profile.hpp"
#include "crypto/key.hpp"

#include <optional>
#include <vector>

namespace signet::ca {

class Issuer;

/// A TBSCertificate that passed the always-on lint: the only thing an issuer signs. Made by
/// prepare, prepare_root and prepare_intermediate alone; signing consumes it.
class LintedTbs {
 public:
  LintedTbs(LintedTbs&&) noexcept = default;
  LintedTbs& operator=(LintedTbs&&) noexcept = default;
  LintedTbs(const LintedTbs&) = delete;
  LintedTbs& operator=(const LintedTbs&) = delete;
  ~LintedTbs() = default;

  [[nodiscard]] const Serial& serial() const { return serial_; }
  [[nodiscard]] UnixTime not_before() const { return not_before_; }
  [[nodiscard]] UnixTime not_after() const { return not_after_; }
  [[nodiscard]] BytesView tbs() const { return tbs_; }

 private:
  friend struct TbsMaker;
  friend Der sign(const crypto::PrivateKey& key, LintedTbs&& tbs);
  LintedTbs() = default;
  Bytes tbs_;
  Serial serial_;
  UnixTime not_before_, not_after_;
  crypto::SignatureScheme scheme_;
  Bytes algorithm_;               ///< DER AlgorithmIdentifier
  crypto::Sha1 signer_key_id_{};  ///< whose signature it is meant for
};

/// Signs. The key must be the one that the TBS was prepared for (CHECK).
Der sign(const crypto::PrivateKey& key, LintedTbs&& tbs);

/// Everything about a leaf that is constant for (issuer, profile), as ready DER: made once, cached,
/// shared between threads.
class LeafTemplate {
 public:
  LeafTemplate(const Issuer& issuer, const LeafProfile& profile);

 private:
  friend struct TbsMaker;
  Bytes algorithm_, issuer_name_;
  Bytes before_ski_;   ///< key usage, extended key usage, basic constraints
  Bytes before_san_;   ///< AKI, AIA
  Bytes after_san_;    ///< policies without qualifiers, CRL distribution points
  Bytes after_other_;  ///< policies with qualifiers, freshest CRL: after a SAN with otherNames
  std::vector<BytesView> oids_;  ///< static: the extensions written, for the duplicate check
  bool strict_ = false;
  KeyUsage key_usage_;
  UnixTime issuer_not_after_;
  std::vector<NameConstraints> constraints_;
  crypto::SignatureScheme scheme_;
  crypto::Sha1 signer_key_id_{};
};

/// What differs from leaf to leaf.
struct LeafRequest {
  Serial serial;
  UnixTime not_before, not_after;
  const DistinguishedName* subject = nullptr;  ///< required; may be the empty name
  const crypto::PublicKey* key = nullptr;      ///< required
  const SubjectAltNames* sans = nullptr;       ///< null: none
  /// Copied from a CSR (sign-verbatim), last, as they are; a SAN among them replaces `sans` and is
  /// checked like it.
  std::vector<Extension> extra;
  bool may_outlive_issuer = false;
};

/// @return `invalid` with what the lint found (lint.hpp)
Result<LintedTbs> prepare(const LeafTemplate& leaf, const LeafRequest& request);

/// A CA certificate's names, key and times.
struct CaRequest {
  Serial serial;
  UnixTime not_before, not_after;
  const DistinguishedName* subject = nullptr;  ///< required; may be the empty name
  const crypto::PublicKey* key = nullptr;      ///< required; for a root the signer's own
  SubjectAltNames sans;
  Bytes subject_key_id;  ///< empty: SHA-1 of the key (RFC 5280, 4.2.1.2 (1))
  std::vector<Extension> extra;
  bool may_outlive_issuer = false;
};

/// Self-signed: issuer = subject, AKI = SKI. Sign with the private half of request.key.
Result<LintedTbs> prepare_root(const CaProfile& profile, const CaRequest& request);
/// Also for cross-certificates. Errors: "signing certificate has a max path length of zero, and
/// cannot issue further CA certificates", a path length not below the signer's, and the lint's.
Result<LintedTbs> prepare_intermediate(const Issuer& issuer, const CaProfile& profile,
                                       const CaRequest& request);

}  // namespace signet::ca
