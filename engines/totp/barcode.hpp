// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <string_view>

namespace signet::totp {

/// A QR code of `text` as a square PNG in black and white, `size` pixels a side, which is what an
/// authenticator app takes with its camera. The picture is as secret as the text.
/// @return 400: too small for the code, or larger than anyone shows
Result<SecretBytes> barcode(std::string_view text, std::int64_t size);

}  // namespace signet::totp
