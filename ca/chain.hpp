// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "ca/certificate.hpp"

#include <span>
#include <vector>

namespace signet::ca {

/// True when `issuer` may have signed `certificate`: names equal, AKI and SKI do not contradict, a
/// CA certificate, and the signature verifies.
bool is_issued_by(const Certificate& certificate, const Certificate& issuer);

/// From `certificate` upwards to a self-signed one, as far as `pool` reaches: the certificates
/// above it, nearest first, without itself. Self-signed parents are preferred, then later
/// not_after; at most 100 signatures are verified and 32 levels climbed; cycles end.
std::vector<Certificate> build_chain(const Certificate& certificate,
                                     std::span<const Certificate> pool);

/// RFC 5280, 6.1 over a complete path: signatures, validity at `at`, CA and key usage bits, path
/// lengths, name constraints (self-issued intermediates skipped), unknown critical extensions.
/// @param above from the leaf's issuer to the trust anchor
Result<void> verify_path(const Certificate& leaf, std::span<const Certificate> above, UnixTime at);

}  // namespace signet::ca
