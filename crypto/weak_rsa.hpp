// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <string_view>

namespace signet::crypto {

/// Why this modulus (big-endian, at most 8192 bits) can be factored cheaply: a prime factor below
/// 752 (SP 800-89, 5.3.3), the fingerprint of CVE-2017-15361 (ROCA), or two primes so close that
/// 110 rounds of Fermat's method part them. Empty when none applies. About 0.1 ms for 2048 bits.
std::string_view rsa_weakness(BytesView modulus);

}  // namespace signet::crypto
