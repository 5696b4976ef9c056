// SPDX-License-Identifier: Apache-2.0
// Time-based one-time codes (RFC 6238) and the alphabet their keys are written in.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/hmac_once.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace signet::totp {

/// The code of one time step (RFC 4226, 5.3), with leading zeros.
/// @param digits  1 to 9
std::string code_at(BytesView key, crypto::HmacHash hash, int digits, std::int64_t step);

/// RFC 4648, section 6, without padding.
SecretBytes to_base32(BytesView bytes);
/// Upper and lower case, with or without padding.
/// @return `illegal base32 data at input byte N`
Result<SecretBytes> from_base32(std::string_view text);

}  // namespace signet::totp
