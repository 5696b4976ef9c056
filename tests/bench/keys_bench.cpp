// SPDX-License-Identifier: Apache-2.0
// What a key costs beside OpenSSL's raw rate. Not part of the tests: build by hand with the crypto
// library.
#include "crypto/key.hpp"
#include "crypto/signature_algorithms.hpp"

#include <chrono>
#include <functional>
#include <string_view>

#include <fmt/core.h>
#include <openssl/ec.h>

using namespace signet;          // NOLINT(google-build-using-namespace): a program of one file
using namespace signet::crypto;  // NOLINT(google-build-using-namespace)

namespace {

void measure(std::string_view what, int rounds, const std::function<void()>& work) {
  work();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) work();
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
  fmt::print("{:34} {:9.2f} us\n", what, spent.count() / rounds);
}

}  // namespace

int main() {
  const KeySpec p256{KeyType::ec, 256};
  const KeySpec rsa{KeyType::rsa, 2048};
  const Bytes message(600, 7);
  const Bytes key32(32, 1);
  const PrivateKey ec_key = PrivateKey::generate(p256);
  const PrivateKey rsa_key = PrivateKey::generate(rsa);
  const PrivateKey ed_key = PrivateKey::generate({KeyType::ed25519, 0});
  const Bytes signature = ec_key.sign({}, message);
  measure("P-256 generate, raw", 5000, [] { KeyHandle(EVP_EC_gen("P-256")); });
  measure("P-256 generate with SPKI", 5000, [&] { PrivateKey::generate(p256); });
  measure("P-256 sign", 5000, [&] { static_cast<void>(ec_key.sign({}, message)); });
  measure("P-256 verify", 5000,
          [&] { static_cast<void>(ec_key.public_key().verify({}, message, signature)); });
  measure("P-256 pkcs8", 5000, [&] { static_cast<void>(ec_key.pkcs8()); });
  measure("P-256 from_spki", 5000,
          [&] { static_cast<void>(PublicKey::from_spki(ec_key.public_key().spki())); });
  measure("RSA-2048 from_spki", 1000,
          [&] { static_cast<void>(PublicKey::from_spki(rsa_key.public_key().spki())); });
  measure("RSA-2048 sign", 300, [&] { static_cast<void>(rsa_key.sign({}, message)); });
  measure("Ed25519 sign", 5000, [&] { static_cast<void>(ed_key.sign({}, message)); });
  measure("SHA-256 of 64 octets", 50000,
          [&] { static_cast<void>(sha256(BytesView(message).first(64))); });
  measure("HMAC-SHA256 of 64 octets", 50000,
          [&] { static_cast<void>(hmac_sha256(key32, BytesView(message).first(64))); });
  return 0;
}
