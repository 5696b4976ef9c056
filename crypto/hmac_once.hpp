// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

namespace signet::crypto {

enum class HmacHash { sha1, sha256, sha512 };

/// HMAC (RFC 2104) of one message; SHA-1 is for one-time codes (RFC 6238) and nothing else. Under a
/// key that is used often, take HmacSha256.
Bytes hmac(HmacHash hash, BytesView key, BytesView message);

}  // namespace signet::crypto
