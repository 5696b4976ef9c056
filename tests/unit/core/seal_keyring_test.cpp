// SPDX-License-Identifier: Apache-2.0
#include "core/seal/keyring.hpp"
#include "tests/support/fakes.hpp"

#include <gtest/gtest.h>

namespace signet::core {
namespace {

constexpr UnixTime noon{1'800'000'000};

TEST(Keyring, KeepsAllTermsThroughItsText) {
  test::FakeRandom random;
  Keyring keyring = Keyring::first(random, noon);
  keyring.add_term(random, noon + Seconds(10));
  keyring.count(1, 77);
  keyring.rotation = {false, 2'000'000, Seconds(86400)};

  const SecretBytes text = keyring.serialise();
  const Result<Keyring> read = Keyring::parse(text.reveal());
  ASSERT_TRUE(read);
  ASSERT_EQ(read->terms().size(), 2U);
  EXPECT_EQ(read->active().number, 2U);
  EXPECT_EQ(read->active().installed_at, noon + Seconds(10));
  EXPECT_EQ(read->find(1)->encryptions, 77);
  EXPECT_EQ(to_bytes(read->find(1)->key.reveal()), to_bytes(keyring.find(1)->key.reveal()));
  EXPECT_NE(to_bytes(read->find(1)->key.reveal()), to_bytes(read->find(2)->key.reveal()));
  EXPECT_EQ(read->find(3), nullptr);
  EXPECT_FALSE(read->rotation.is_enabled);
  EXPECT_EQ(read->rotation.max_operations, 2'000'000);
  EXPECT_EQ(read->rotation.interval, Seconds(86400));
}

TEST(Keyring, RefusesOtherText) {
  test::FakeRandom random;
  const SecretBytes whole = Keyring::first(random, noon).serialise();
  const Bytes good = to_bytes(whole.reveal());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(Keyring::parse(BytesView(good).first(size))) << size << " bytes";
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(Keyring::parse(longer)) << "a byte more";
  Bytes other = good;
  other[0] = 9;
  EXPECT_FALSE(Keyring::parse(other)) << "another format";
}

}  // namespace
}  // namespace signet::core
