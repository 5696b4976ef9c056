// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.hpp"

#include "crypto/aead.hpp"
#include "tests/support/fakes.hpp"

#include <gtest/gtest.h>

namespace signet::crypto {
namespace {

Bytes unhex(std::string_view text) { return from_hex(text).value(); }

TEST(Digest, KnownAnswers) {
  // FIPS 180-4's "abc".
  const BytesView abc = as_bytes("abc");
  EXPECT_EQ(hex(sha1(abc)), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(sha256(abc)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(digest(Hash::sha1, abc)), hex(sha1(abc)));
  EXPECT_EQ(hex(digest(Hash::sha224, abc)),
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
  EXPECT_EQ(hex(digest(Hash::sha256, abc)), hex(sha256(abc)));
  EXPECT_EQ(hex(digest(Hash::sha384, abc)),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            "8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(hex(digest(Hash::sha512, abc)),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

struct HmacCase {
  Bytes key;
  Bytes data;
  const char* mac;
};
TEST(Hmac, Rfc4231) {
  // RFC 4231, 4.2 to 4.8 (4.6 tests truncation, which is not ours).
  for (const HmacCase& c : {
           HmacCase{Bytes(20, 0x0b), to_bytes("Hi There"),
                    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
           HmacCase{to_bytes("Jefe"), to_bytes("what do ya want for nothing?"),
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
           HmacCase{Bytes(20, 0xaa), Bytes(50, 0xdd),
                    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
           HmacCase{unhex("0102030405060708090a0b0c0d0e0f10111213141516171819"), Bytes(50, 0xcd),
                    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
           HmacCase{Bytes(131, 0xaa),
                    to_bytes("Test Using Larger Than Block-Size Key - Hash Key First"),
                    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
           HmacCase{Bytes(131, 0xaa),
                    to_bytes("This is a test using a larger than block-size key and a larger than "
                             "block-size data. The key needs to be hashed before being used by the "
                             "HMAC algorithm."),
                    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
       }) {
    EXPECT_EQ(hex(hmac_sha256(c.key, c.data)), c.mac);
  }
}

struct GcmCase {
  const char* key;
  const char* nonce;
  const char* associated;
  const char* plain;
  const char* sealed;
};
TEST(Aead, NistVectors) {
  // Cases 13 to 16 of the GCM submission to NIST (AES-256, 96-bit nonce).
  const char* const key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
  const std::string zeros(64, '0');
  for (const GcmCase& c : {
           GcmCase{zeros.c_str(), "000000000000000000000000", "", "",
                   "530f8afbc74536b9a963b4f1c4cb738b"},
           GcmCase{zeros.c_str(), "000000000000000000000000", "",
                   "00000000000000000000000000000000",
                   "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
           GcmCase{key, "cafebabefacedbaddecaf888", "",
                   "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                   "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
                   "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                   "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
                   "b094dac5d93471bdec1a502270e3cc6c"},
           GcmCase{key, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                   "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                   "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
                   "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                   "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                   "76fc6ece0f4e1768cddf8853bb2d551b"},
       }) {
    const Bytes sealed =
        aes256gcm_seal(unhex(c.key), unhex(c.nonce), unhex(c.associated), unhex(c.plain));
    EXPECT_EQ(hex(sealed), c.sealed);
    const auto opened =
        aes256gcm_open(unhex(c.key), unhex(c.nonce), unhex(c.associated), unhex(c.sealed));
    ASSERT_TRUE(opened);
    EXPECT_EQ(hex(opened->reveal()), c.plain);
  }
}

TEST(Aead, EveryFlippedBitIsSeen) {
  const Bytes key(32, 1);
  const Bytes nonce(12, 2);
  const Bytes associated = to_bytes("row 1");
  const Bytes sealed = aes256gcm_seal(key, nonce, associated, as_bytes("secret"));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes forged = sealed;
    forged[bit / 8] = static_cast<std::uint8_t>(forged[bit / 8] ^ 1U << bit % 8);
    EXPECT_FALSE(aes256gcm_open(key, nonce, associated, forged)) << bit;
  }
  EXPECT_FALSE(aes256gcm_open(key, nonce, as_bytes("row 2"), sealed));
  EXPECT_FALSE(aes256gcm_open(Bytes(32, 3), nonce, associated, sealed));
  EXPECT_FALSE(aes256gcm_open(key, Bytes(12, 3), associated, sealed));
  EXPECT_FALSE(aes256gcm_open(key, nonce, associated, BytesView(sealed).first(15)));
  EXPECT_FALSE(aes256gcm_open(key, nonce, associated, {}));
  // The thread's context is sound after failures.
  EXPECT_EQ(aes256gcm_open(key, nonce, associated, sealed)->reveal_text(), "secret");
}

TEST(SystemRandom, Fills) {
  const Bytes a = system_random().bytes(32);
  EXPECT_NE(a, system_random().bytes(32));
  EXPECT_EQ(system_random().bytes(0).size(), 0U);
  EXPECT_EQ(system_random().bytes((1U << 20) + 5).size(), (1U << 20) + 5);
}

}  // namespace
}  // namespace signet::crypto
