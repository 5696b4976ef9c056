// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"

#include "base/secret.hpp"

#include <gtest/gtest.h>

namespace signet {
namespace {

TEST(Hex, RoundTrips) {
  const Bytes bytes{0x00, 0x1b, 0xff};
  EXPECT_EQ(hex(bytes), "001bff");
  EXPECT_EQ(hex(bytes, ':'), "00:1b:ff");
  EXPECT_EQ(hex(Bytes{}), "");
  EXPECT_EQ(hex(Bytes{}, ':'), "");
  EXPECT_EQ(from_hex("001BfF"), bytes);
  EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(Hex, RefusesWhatIsNone) {
  for (const char* text : {"0", "0g", "0x", " 0", "00 ", "0:1b"})
    EXPECT_FALSE(from_hex(text)) << text;
}

struct Base64Case {
  const char* plain;
  const char* padded;
  const char* url;
};
class Base64 : public testing::TestWithParam<Base64Case> {};
// RFC 4648, 10.
INSTANTIATE_TEST_SUITE_P(Rfc4648, Base64,
                         testing::Values(Base64Case{"", "", ""}, Base64Case{"f", "Zg==", "Zg"},
                                         Base64Case{"fo", "Zm8=", "Zm8"},
                                         Base64Case{"foo", "Zm9v", "Zm9v"},
                                         Base64Case{"foob", "Zm9vYg==", "Zm9vYg"},
                                         Base64Case{"fooba", "Zm9vYmE=", "Zm9vYmE"},
                                         Base64Case{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                                         Base64Case{"\xfb\xff\xfe", "+//+", "-__-"}));
TEST_P(Base64, BothAlphabets) {
  const auto& c = GetParam();
  EXPECT_EQ(base64(as_bytes(c.plain)), c.padded);
  EXPECT_EQ(base64url(as_bytes(c.plain)), c.url);
  EXPECT_EQ(from_base64(c.padded), to_bytes(c.plain));
  EXPECT_EQ(from_base64url(c.url), to_bytes(c.plain));
}

TEST(Base64Strict, Refuses) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", " Zm9v",
                           "Zm-v", "=Zg=", "Zg==Zg==", "A"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
  for (const char* text : {"Zg==", "Zh", "Z", "Zm9v+", "Zm9v/w", "Zm 9"}) {
    EXPECT_FALSE(from_base64url(text)) << text;
  }
}

TEST(Uuid, TextForm) {
  const auto id = Uuid::parse("0123ABcd-4567-89ab-cdef-001122334455");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "0123abcd-4567-89ab-cdef-001122334455");
  EXPECT_EQ(Uuid::from_bytes(id->view()), id);
  for (const char* text :
       {"", "0123abcd-4567-89ab-cdef-00112233445", "0123abcd-4567-89ab-cdef-0011223344556",
        "0123abcd 4567-89ab-cdef-001122334455", "0123abcd-4567-89ab-cdef-00112233445g",
        "0123abcd456789abcdef001122334455", "{123abcd-4567-89ab-cdef-00112233445}"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
  EXPECT_FALSE(Uuid::from_bytes(Bytes(15)));
  EXPECT_FALSE(Uuid::from_bytes(Bytes(17)));
}

TEST(Pem, SixtyFourColumns) {
  const Bytes der(49, 0);
  const std::string text = pem("X509 CRL", der);
  EXPECT_EQ(text, "-----BEGIN X509 CRL-----\n" + std::string(64, 'A') +
                      "\nAA==\n-----END X509 CRL-----\n");
  EXPECT_EQ(pem("X509 CRL", der, false) + "\n", text);
  EXPECT_EQ(pem("X", Bytes(48, 0)),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\n-----END X-----\n");
}

TEST(Pem, ReadsBlocksBetweenOtherText) {
  const auto blocks = parse_pem(
      "subject=CN\r\n-----BEGIN A-----\r\nZm9v\r\nYmFy\r\n-----END A-----\r\nmore\n"
      "-----BEGIN B C-----  \n Zg== \n-----END B C-----");
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_EQ((*blocks)[0].label, "A");
  EXPECT_EQ((*blocks)[0].der, to_bytes("foobar"));
  EXPECT_EQ((*blocks)[1].label, "B C");
  EXPECT_EQ((*blocks)[1].der, to_bytes("f"));
  EXPECT_EQ(parse_pem("")->size(), 0U);
  EXPECT_EQ(parse_pem("no block\n")->size(), 0U);
}

TEST(Pem, RefusesMalformedBlocks) {
  for (const char* text : {
           "-----BEGIN A-----\nZm9v\n",                   // no end
           "-----BEGIN A-----\nZm9v\n-----END B-----\n",  // other label
           "-----BEGIN A-----\n-----END A-----\n",        // empty
           "-----BEGIN A-----\nZm9\n-----END A-----\n",   // bad base64
           "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nZm9v\n-----END A-----\n",
           "-----BEGIN A----\nZm9v\n-----END A-----\n",  // four dashes
           "-----BEGIN -----\nZm9v\n-----END -----\n",   // no label
           "-----END A-----\n",                          // end alone
           "-----BEGIN A-----\n-----BEGIN A-----\nZm9v\n-----END A-----\n",
       }) {
    EXPECT_FALSE(parse_pem(text)) << text;
  }
}

TEST(Secrets, CompareAndWipe) {
  EXPECT_TRUE(equal_secret(Bytes{1, 2}, Bytes{1, 2}));
  EXPECT_TRUE(equal_secret(Bytes{}, Bytes{}));
  EXPECT_FALSE(equal_secret(Bytes{1, 2}, Bytes{1, 3}));
  EXPECT_FALSE(equal_secret(Bytes{1, 2}, Bytes{1}));
  Bytes bytes{1, 2, 3};
  const std::uint8_t* const memory = bytes.data();
  wipe(bytes);
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(memory[0] | memory[1] | memory[2], 0);
  const SecretBytes secret(std::string_view("abc"));
  EXPECT_EQ(secret.copy().reveal_text(), "abc");
}

}  // namespace
}  // namespace signet
