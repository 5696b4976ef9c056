// SPDX-License-Identifier: Apache-2.0
// Between key bytes and OpenSSL's EVP_PKEY, past its decoders: those take 110 us and a lock of the
// whole process for each key.
#pragma once

#include "base/bytes.hpp"
#include "base/secret.hpp"
#include "crypto/handles.hpp"
#include "crypto/key.hpp"

#include <atomic>
#include <optional>

namespace signet::crypto {

struct RsaPublicKey {
  BytesView modulus;  ///< big-endian, no leading zeros
  BytesView exponent;
};
/// From DER RSAPublicKey (RFC 8017, A.1.1); shape only, no judgement on the numbers.
std::optional<RsaPublicKey> parse_rsa_public_key(BytesView bits);

/// Octets of a coordinate and of a private key of a NIST curve.
std::size_t coordinate_size(int curve_bits);
/// OpenSSL's name of a curve.
const char* group_name(int curve_bits);
/// 04 || x || y of a compressed point; empty when there is no such point.
Bytes decompressed(const KeySpec& spec, BytesView point);

/// SubjectPublicKeyInfo round the content of subjectPublicKey.
Bytes spki_of(const KeySpec& spec, BytesView bits);
/// subjectPublicKey's content of a key that OpenSSL holds.
Bytes public_bits(const KeySpec& spec, EVP_PKEY* key);
/// Null when OpenSSL refuses the key (a point off its curve).
KeyHandle public_key_handle(const KeySpec& spec, BytesView bits);

/// A key pair on a NIST curve as octets: a leaf's key leaves with its certificate and never signs
/// here.
struct EcKeyPair {
  Bytes point;         ///< 04 || x || y
  SecretBytes scalar;  ///< big-endian, coordinate_size() octets
};
/// A fresh pair: a scalar from 1 to the group's order less 1 (SEC 1, 3.2.1) by rejection, from the
/// private generator. Costs a quarter less than an EVP_PKEY that is made and asked for its numbers.
EcKeyPair generate_ec_pair(int curve_bits);
/// OpenSSL's key from a pair that generate_ec_pair made.
KeyHandle ec_key_handle(const KeySpec& spec, BytesView point, const SecretBytes& scalar);
/// A fresh Ed25519 key from the thread's context.
KeyHandle generate_ed25519_key();
/// A fresh RSA key; null when `stop` became true meanwhile.
KeyHandle generate_rsa_key(int bits, const std::atomic<bool>* stop);

/// Padding and hash on a context that signs or verifies a hash.
bool set_scheme(EVP_PKEY_CTX* context, KeyType type, const SignatureScheme& scheme);

}  // namespace signet::crypto
