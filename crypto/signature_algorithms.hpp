// SPDX-License-Identifier: Apache-2.0
// AlgorithmIdentifier encodings, byte for byte (RFC 8017 A.2, RFC 5480, RFC 5758, RFC 8410).
#pragma once

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "crypto/key.hpp"

#include <optional>

namespace signet::crypto {

/// DER AlgorithmIdentifier of a SubjectPublicKeyInfo. The view lives as long as the process.
BytesView spki_algorithm(const KeySpec& spec);

/// DER AlgorithmIdentifier of a signature made by a key of this type. `scheme.hash` is one of
/// sha256, sha384, sha512 (any for Ed25519). The view lives as long as the process.
BytesView signature_algorithm(KeyType type, const SignatureScheme& scheme);

/// DER AlgorithmIdentifier of a hash as CertID carries it (parameters NULL; RFC 6960, 4.1.1).
BytesView hash_algorithm(Hash hash);

struct SignatureAlgorithm {
  KeyType key = KeyType::rsa;
  SignatureScheme scheme;
  auto operator<=>(const SignatureAlgorithm&) const = default;
};
/// Strict: only the encodings that signature_algorithm() gives.
std::optional<SignatureAlgorithm> parse_signature_algorithm(BytesView der);
std::optional<KeySpec> parse_spki_algorithm(BytesView der);  ///< rsa has bits 0: the modulus tells
std::optional<Hash> parse_hash_algorithm(BytesView der);  ///< NULL parameters or none (RFC 5754, 2)

/// What a key signs with: EC keys by their curve whatever `signature_bits` says; RSA by
/// `signature_bits` (256, 384, 512; anything else is 256) and PSS on demand.
SignatureScheme default_scheme(const KeySpec& key, int signature_bits = 0, bool pss = false);

}  // namespace signet::crypto
