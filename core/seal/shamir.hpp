// SPDX-License-Identifier: Apache-2.0
// Secret sharing over GF(2^8) (Shamir 1979), byte by byte, with the field of AES (x^8+x^4+x^3+x+1).
#pragma once

#include "base/random.hpp"
#include "base/secret.hpp"

#include <optional>
#include <vector>

namespace signet::core::shamir {

/// A share is one y byte a secret byte and its x coordinate as the last byte.
inline constexpr std::size_t share_overhead = 1;
inline constexpr int max_shares = 255;

/// Splits a secret so that any `threshold` of `shares` shares give it back and fewer say nothing.
/// @param threshold 2 to `shares`, `shares` at most 255; one share (1, 1) is the secret itself
std::vector<SecretBytes> split(BytesView secret, int shares, int threshold, Random& random);

/// Puts shares together; a single one is the secret itself. Wrong shares give a wrong secret: the
/// caller must have a way to tell.
/// @return nullopt: no share, unequal lengths, shares too short, an x of 0 or one that repeats
std::optional<SecretBytes> combine(const std::vector<SecretBytes>& shares);

}  // namespace signet::core::shamir
