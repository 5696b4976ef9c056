// SPDX-License-Identifier: Apache-2.0
// From when to when a certificate is valid (pki.md section 5).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engines/pki/issuers.hpp"
#include "engines/pki/role.hpp"

#include <string>
#include <vector>

namespace signet::pki {

/// What a request says; 0 and "" mean "not given". Times are RFC 3339.
struct ValidityRequest {
  Seconds ttl{0};
  const std::string& not_before;
  const std::string& not_after;
};

/// What the mount grants.
struct TtlLimits {
  Seconds default_ttl;
  Seconds max_ttl;
};

/// The issuer's end and what happens to certificates that would outlive it.
struct IssuerLimit {
  UnixTime not_after;
  LeafNotAfter behavior = LeafNotAfter::err;
};

struct Validity {
  UnixTime not_before;
  UnixTime not_after;  ///< inclusive, as certificates have it
};

/// Errors are 400. A ttl above its maximum is cut, with a warning.
Result<Validity> validity_of(const Role& role, const ValidityRequest& request,
                             const TtlLimits& mount, const IssuerLimit& issuer, UnixTime now,
                             std::vector<std::string>& warnings);

}  // namespace signet::pki
