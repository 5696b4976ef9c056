// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "ca/certificate.hpp"
#include "ca/tbs.hpp"
#include "core/route.hpp"
#include "engines/pki/issuers.hpp"

#include <vector>

namespace signet::pki {

/// root/sign-self-issued (sudo) and issuer/{ref}/sign-self-issued.
std::vector<core::Route> self_issued_routes();

/// A CA certificate signed by an issuer of the mount. `invalid`: what ca::prepare_intermediate
/// says.
Result<ca::Certificate> sign_below(const IssuingIssuer& by, const ca::CaProfile& profile,
                                   const ca::CaRequest& wanted);

}  // namespace signet::pki
