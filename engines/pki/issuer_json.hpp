// SPDX-License-Identifier: Apache-2.0
// Issuers as requests and answers have them (pki.md 9.1).
#pragma once

#include "core/response.hpp"
#include "core/schema.hpp"
#include "engines/pki/issuers.hpp"

#include <optional>
#include <string>
#include <vector>

namespace signet::pki {

/// What can be set of an issuer. Left out: the default when replaced, no change when patched.
struct IssuerFields {
  std::string issuer_ref;
  std::optional<std::string> issuer_name, leaf_not_after_behavior, revocation_signature_algorithm;
  std::optional<std::vector<std::string>> usage, manual_chain;
  std::optional<std::vector<std::string>> issuing_certificates, crl_distribution_points,
      delta_crl_distribution_points, ocsp_servers;
  std::optional<bool> enable_aia_url_templating;
};
const core::Schema<IssuerFields>& issuer_schema();

/// As GET, POST, PATCH and `revoke` show an issuer.
/// @param issuer  one of the snapshot's, or what it is about to become
core::Response issuer_answer(const Issuers& issuers, const IssuerEntry& issuer);

}  // namespace signet::pki
