// SPDX-License-Identifier: Apache-2.0
// RFC 5280's musts, checked before every signature. A finding is the caller's error (400).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/serial.hpp"
#include "ca/extensions.hpp"
#include "ca/general_name.hpp"
#include "ca/name.hpp"
#include "ca/name_constraints.hpp"

#include <span>
#include <vector>

namespace signet::ca {

/// What the rules look at: views of a certificate about to be signed.
struct LintSubject {
  const Serial& serial;
  UnixTime not_before, not_after;
  UnixTime issuer_not_after;
  bool may_outlive_issuer = false;
  bool is_ca = false;
  /// Also the rules that OpenBao does not hold to and whose breach it is recorded to sign: a
  /// subject for CAs, a SAN where the subject is empty, keyCertSign for CAs only, host names as
  /// dNSNames.
  bool strict = false;
  const DistinguishedName& subject;
  const SubjectAltNames& sans;
  KeyUsage key_usage;
  std::span<const NameConstraints> constraints;  ///< of the issuer and its ancestors
  std::span<const Extension> extra;
  std::span<const BytesView> written;  ///< OIDs of the extensions written besides `extra`
};

/// Runs every rule in order; the first finding is the error.
Result<void> lint(const LintSubject& subject);

}  // namespace signet::ca
