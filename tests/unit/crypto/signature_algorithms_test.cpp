// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature_algorithms.hpp"

#include <gtest/gtest.h>

namespace signet::crypto {
namespace {

struct Case {
  KeyType key;
  SignatureScheme scheme;
  const char* der;
};
const std::vector<Case>& cases() {
  // RFC 4055, 6 for PSS; RFC 5758, 3.2 for ECDSA; RFC 8410, 3.
  static const std::vector<Case> all{
      {KeyType::rsa, {Hash::sha256, false}, "300d06092a864886f70d01010b0500"},
      {KeyType::rsa, {Hash::sha384, false}, "300d06092a864886f70d01010c0500"},
      {KeyType::rsa, {Hash::sha512, false}, "300d06092a864886f70d01010d0500"},
      {KeyType::rsa,
       {Hash::sha256, true},
       "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d"
       "010108300d06096086480165030402010500a203020120"},
      {KeyType::rsa,
       {Hash::sha384, true},
       "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d"
       "010108300d06096086480165030402020500a203020130"},
      {KeyType::rsa,
       {Hash::sha512, true},
       "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d"
       "010108300d06096086480165030402030500a203020140"},
      {KeyType::ec, {Hash::sha256, false}, "300a06082a8648ce3d040302"},
      {KeyType::ec, {Hash::sha384, false}, "300a06082a8648ce3d040303"},
      {KeyType::ec, {Hash::sha512, false}, "300a06082a8648ce3d040304"},
      {KeyType::ed25519, {}, "300506032b6570"},
  };
  return all;
}

TEST(SignatureAlgorithms, BothWays) {
  for (const Case& c : cases()) {
    EXPECT_EQ(hex(signature_algorithm(c.key, c.scheme)), c.der);
    const auto parsed = parse_signature_algorithm(from_hex(c.der).value());
    ASSERT_TRUE(parsed) << c.der;
    EXPECT_EQ(parsed->key, c.key);
    EXPECT_EQ(parsed->scheme, c.scheme);
  }
  EXPECT_EQ(hex(signature_algorithm(KeyType::ed25519, {Hash::sha512, true})), "300506032b6570");
}

TEST(SignatureAlgorithms, ParsingIsStrict) {
  for (const char* der : {
           "", "3000",
           "300b06092a864886f70d01010b",        // NULL is missing
           "300c06082a8648ce3d0403020500",      // NULL too much
           "300706032b65700500",                // NULL too much
           "300d06092a864886f70d0101050500",    // SHA-1 with RSA
           "30810d06092a864886f70d01010b0500",  // long length
           "300d06092a864886f70d01010b050000",  // an octet too much
           "300b06092a864886f70d01010a",        // PSS without parameters
       }) {
    EXPECT_FALSE(parse_signature_algorithm(from_hex(der).value())) << der;
  }
}

TEST(SignatureAlgorithms, HashesWithAndWithoutNull) {
  EXPECT_EQ(hex(hash_algorithm(Hash::sha1)), "300906052b0e03021a0500");
  EXPECT_EQ(hex(hash_algorithm(Hash::sha256)), "300d06096086480165030402010500");
  EXPECT_EQ(parse_hash_algorithm(from_hex("300906052b0e03021a0500").value()), Hash::sha1);
  EXPECT_EQ(parse_hash_algorithm(from_hex("300706052b0e03021a").value()), Hash::sha1);
  EXPECT_EQ(parse_hash_algorithm(from_hex("300b0609608648016503040203").value()), Hash::sha512);
  EXPECT_FALSE(parse_hash_algorithm(from_hex("300906052b0e03021a0501").value()));
}

struct DefaultCase {
  KeySpec key;
  int signature_bits;
  bool pss;
  SignatureScheme expected;
};
TEST(SignatureAlgorithms, Defaults) {
  for (const DefaultCase& c : {
           DefaultCase{{KeyType::rsa, 2048}, 0, false, {Hash::sha256, false}},
           DefaultCase{{KeyType::rsa, 4096}, 384, false, {Hash::sha384, false}},
           DefaultCase{{KeyType::rsa, 2048}, 512, true, {Hash::sha512, true}},
           DefaultCase{{KeyType::ec, 224}, 0, true, {Hash::sha256, false}},
           DefaultCase{{KeyType::ec, 256}, 512, false, {Hash::sha256, false}},
           DefaultCase{{KeyType::ec, 384}, 256, false, {Hash::sha384, false}},
           DefaultCase{{KeyType::ec, 521}, 0, false, {Hash::sha512, false}},
           DefaultCase{{KeyType::ed25519, 0}, 512, true, {}},
       }) {
    EXPECT_EQ(default_scheme(c.key, c.signature_bits, c.pss), c.expected);
  }
}

}  // namespace
}  // namespace signet::crypto
