// SPDX-License-Identifier: Apache-2.0
// What is fetched from OpenSSL's providers once a process: a fetch for each use costs locks.
#pragma once

#include "crypto/digest.hpp"
#include "crypto/handles.hpp"

#include <array>
#include <span>

namespace signet::crypto {

/// Never null; lives as long as the process. @throws Fault when the provider lacks it
const EVP_MD* message_digest(Hash hash);
const EVP_CIPHER* aes256gcm();

/// Hashes into `out` (at least 64 octets) with the thread's context. @return the part written
std::span<const std::uint8_t> digest_into(Hash hash, BytesView data,
                                          std::array<std::uint8_t, 64>& out);

/// Drops what a refused input left in OpenSSL's error queue, so that it never shows up elsewhere.
void clear_openssl_errors() noexcept;

}  // namespace signet::crypto
