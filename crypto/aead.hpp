// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/secret.hpp"

#include <optional>

namespace signet::crypto {

/// AES-256-GCM (NIST SP 800-38D). key: 32 bytes, nonce: 12 bytes, never twice under one key. A
/// thread keeps its context.
/// @return ciphertext followed by the 16-byte tag
Bytes aes256gcm_seal(BytesView key, BytesView nonce, BytesView associated, BytesView plain);
/// @return nullopt when the tag does not fit
std::optional<SecretBytes> aes256gcm_open(BytesView key, BytesView nonce, BytesView associated,
                                          BytesView ciphertext);

}  // namespace signet::crypto
