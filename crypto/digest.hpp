// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/random.hpp"

#include <array>

namespace signet::crypto {

enum class Hash { sha1, sha224, sha256, sha384, sha512 };

using Sha1 = std::array<std::uint8_t, 20>;
using Sha256 = std::array<std::uint8_t, 32>;
/// Algorithms are fetched once a process and contexts reused a thread (x509-status.md 8.2).
Sha1 sha1(BytesView data);
Sha256 sha256(BytesView data);
Bytes digest(Hash hash, BytesView data);
Sha256 hmac_sha256(BytesView key, BytesView data);

/// RAND_bytes; the process-wide generator that composition roots hand to everything else.
Random& system_random();

}  // namespace signet::crypto
