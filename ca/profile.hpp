// SPDX-License-Identifier: Apache-2.0
// What a role or a CA request decides about a certificate, apart from names and times.
#pragma once

#include "ca/extensions.hpp"
#include "ca/key_usage.hpp"
#include "ca/name_constraints.hpp"
#include "crypto/key.hpp"

#include <optional>
#include <string>
#include <vector>

namespace signet::ca {

/// Pointers to the issuer's services.
struct IssuerUrls {
  AuthorityInfo authority_info;
  std::vector<std::string> crl_distribution_points;
  std::vector<std::string> delta_crl_distribution_points;  ///< freshestCRL
};

/// The hash and padding wished for; the issuer's key decides what of it holds (effective_scheme).
struct LeafProfile {
  KeyUsage key_usage;          ///< empty: no extension
  ExtKeyUsages ext_key_usage;  ///< empty: no extension
  std::vector<Policy> policies;
  bool basic_constraints_for_non_ca = false;  ///< adds CA:FALSE
  IssuerUrls urls;
  crypto::SignatureScheme scheme;
  /// Also the rules that Vault does not hold to (lint.hpp).
  bool strict = false;
};

struct CaProfile {
  KeyUsage key_usage = usage::cert_sign | usage::crl_sign;  ///< digital_signature may be added
  ExtKeyUsages ext_key_usage;
  /// Absent or negative: unlimited, under a limited signer its limit less one.
  std::optional<int> max_path_length;
  NameConstraints name_constraints;
  IssuerUrls urls;
  crypto::SignatureScheme scheme;
  bool strict = false;
};

/// EC: the curve's hash (P-224 and P-256 SHA-256, P-384 SHA-384, P-521 SHA-512); PSS for RSA only.
crypto::SignatureScheme effective_scheme(const crypto::KeySpec& key,
                                         const crypto::SignatureScheme& wanted);

}  // namespace signet::ca
