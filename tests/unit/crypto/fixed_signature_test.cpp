// SPDX-License-Identifier: Apache-2.0
#include "crypto/fixed_signature.hpp"

#include "crypto/key.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace signet::crypto {
namespace {

struct Pair {
  std::string der, fixed;  ///< hex; coordinates of two octets
};

const Pair pairs[] = {
    {"3006020101020102", "00010002"},      // short numbers are padded
    {"300802020080020200ff", "008000ff"},  // a sign octet comes and goes
    {"300a02030080000203 00ffff", "8000ffff"},
    {"3006020100020100", "00000000"},
};

Bytes octets(std::string text) {
  std::erase(text, ' ');
  return from_hex(text).value();
}

TEST(FixedSignature, AndBack) {
  for (const Pair& pair : pairs) {
    EXPECT_EQ(fixed_signature(octets(pair.der), 2), octets(pair.fixed)) << pair.der;
    EXPECT_EQ(der_signature(octets(pair.fixed), 2), octets(pair.der)) << pair.fixed;
  }
}

TEST(FixedSignature, RefusesAnythingElse) {
  for (const char* der : {"", "30", "3003020101", "300602010102010200", "3007020101020102ff",
                          "3108020101020102", "3008020301000002 0102"})
    EXPECT_EQ(fixed_signature(octets(der), 2), std::nullopt) << der;
  for (const char* fixed : {"", "0001", "000100", "0001000200"})
    EXPECT_EQ(der_signature(octets(fixed), 2), std::nullopt) << fixed;
}

TEST(FixedSignature, OfARealKeyFits) {
  const PrivateKey key = PrivateKey::generate({KeyType::ec, 521});
  const SignatureScheme scheme{Hash::sha512};
  const Bytes message = to_bytes(std::string_view("message"));
  for (int i = 0; i < 20; ++i) {
    const auto fixed = fixed_signature(key.sign(scheme, message), 66);
    ASSERT_TRUE(fixed);
    EXPECT_EQ(fixed->size(), 132U);
    EXPECT_TRUE(key.public_key().verify(scheme, message, der_signature(*fixed, 66).value()));
    Bytes other = *fixed;
    other.back() ^= 1U;
    EXPECT_FALSE(key.public_key().verify(scheme, message, der_signature(other, 66).value()));
  }
}

}  // namespace
}  // namespace signet::crypto
