// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/serial.hpp"
#include "ca/extensions.hpp"
#include "ca/name.hpp"
#include "crypto/key.hpp"

#include <optional>
#include <string>
#include <vector>

namespace signet::ca {

/// A certificate, strictly parsed (RFC 5280, 4.1): of an issuer, of an import or of a client.
struct Certificate {
  Der der;
  Serial serial;
  DistinguishedName issuer;
  DistinguishedName subject;
  UnixTime not_before;
  UnixTime not_after;         ///< inclusive
  Bytes spki;                 ///< DER SubjectPublicKeyInfo as it stands
  Bytes signature_algorithm;  ///< DER AlgorithmIdentifier; inner and outer are equal
  Bytes signature;
  std::vector<Extension> extensions;

  // decoded extensions; empty when absent
  Bytes subject_key_id;
  Bytes authority_key_id;
  std::optional<BasicConstraints> basic_constraints;
  std::optional<KeyUsage> key_usage;
  ExtKeyUsages ext_key_usage;
  SubjectAltNames sans;
  std::optional<NameConstraints> name_constraints;
  std::vector<std::string> crl_distribution_points;
  AuthorityInfo authority_info;

  [[nodiscard]] BytesView tbs() const;  ///< the signed octets: TBSCertificate within `der`
  [[nodiscard]] bool is_ca() const { return basic_constraints && basic_constraints->is_ca; }
  /// The key, checked; builds it anew at each call. @return what crypto refuses, as its error
  [[nodiscard]] Result<crypto::PublicKey> public_key() const;
  /// subject_key_id, or SHA-1 of the key's BIT STRING when the certificate has none.
  [[nodiscard]] Bytes key_id() const;
  /// pki.md 6.2: AKI equals SKI; if either is missing, issuer equals subject and the signature
  /// verifies with its own key.
  [[nodiscard]] bool is_self_signed() const;
  [[nodiscard]] std::string pem(bool newline = false) const;
};

/// @param der one certificate, version 3 (versions 1 and 2 without extensions are read too), at
/// most 64 KiB. Unknown critical extensions are kept, not refused: the caller decides.
Result<Certificate> parse_certificate(BytesView der);

/// True when the signature fits the key; false too for algorithms that are not on the allow-list
/// (SHA-1 and MD5 among them).
bool verify_signature(const Certificate& certificate, const crypto::PublicKey& issuer_key);

}  // namespace signet::ca
