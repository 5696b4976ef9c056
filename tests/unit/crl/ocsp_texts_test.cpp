// SPDX-License-Identifier: Apache-2.0
#include "crl/ocsp_texts.hpp"

#include <string>

#include <gtest/gtest.h>

namespace signet::crl {
namespace {

CertId id_with(std::uint8_t serial) {
  CertId id;
  id.serial = {serial};
  return id;
}

TEST(OcspTexts, RemembersWhatATextMeans) {
  OcspTexts texts;
  EXPECT_EQ(texts.find("MEUw"), nullptr);
  texts.remember("MEUw", id_with(1));
  texts.remember("MEUx", id_with(2));
  ASSERT_NE(texts.find("MEUw"), nullptr);
  EXPECT_EQ(texts.find("MEUw")->serial, Bytes{1});
  EXPECT_EQ(texts.find("MEUx")->serial, Bytes{2});
  EXPECT_EQ(texts.find("MEU"), nullptr);
  EXPECT_EQ(texts.find(""), nullptr);
}

TEST(OcspTexts, IsBounded) {
  OcspTexts texts;
  texts.remember(std::string(513, 'a'), id_with(1));
  EXPECT_EQ(texts.find(std::string(513, 'a')), nullptr);
  // Far more texts than there is room for, all in one part: the last ones are there.
  int kept = 0;
  for (int i = 0; i < 5'000; ++i)
    texts.remember("x" + std::to_string(i) + "zzzzzzzzzzzz", id_with(3));
  for (int i = 0; i < 5'000; ++i)
    if (texts.find("x" + std::to_string(i) + "zzzzzzzzzzzz") != nullptr) ++kept;
  EXPECT_GT(kept, 0);
  EXPECT_LE(kept, 1024);
}

}  // namespace
}  // namespace signet::crl
