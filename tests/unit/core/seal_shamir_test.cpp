// SPDX-License-Identifier: Apache-2.0
#include "core/seal/shamir.hpp"
#include "tests/support/fakes.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace signet::core {
namespace {

std::vector<SecretBytes> pick(const std::vector<SecretBytes>& shares, unsigned subset) {
  std::vector<SecretBytes> picked;
  for (std::size_t i = 0; i < shares.size(); ++i)
    if ((subset >> i & 1U) != 0) picked.push_back(shares[i].copy());
  return picked;
}

Bytes bytes_of(const std::optional<SecretBytes>& secret) {
  return secret ? to_bytes(secret->reveal()) : Bytes{};
}

std::vector<SecretBytes> from_hexes(const std::vector<std::string>& texts) {
  std::vector<SecretBytes> shares;
  for (const std::string& text : texts) shares.emplace_back(from_hex(text).value());
  return shares;
}

TEST(Shamir, EverySubsetOfEverySizeBehavesAsItsSizeSays) {
  test::FakeRandom random;
  const Bytes secret = random.bytes(32);
  for (int shares = 2; shares <= 6; ++shares) {
    for (int threshold = 2; threshold <= shares; ++threshold) {
      const std::vector<SecretBytes> all = shamir::split(secret, shares, threshold, random);
      for (unsigned subset = 1; subset < 1U << shares; ++subset) {
        const std::vector<SecretBytes> some = pick(all, subset);
        const bool is_enough = some.size() >= static_cast<std::size_t>(threshold);
        EXPECT_EQ(bytes_of(shamir::combine(some)) == secret, is_enough)
            << shares << " shares, threshold " << threshold << ", subset " << subset;
      }
    }
  }
}

TEST(Shamir, OneShareIsTheSecret) {
  test::FakeRandom random;
  const Bytes secret = random.bytes(32);
  const std::vector<SecretBytes> shares = shamir::split(secret, 1, 1, random);
  ASSERT_EQ(shares.size(), 1U);
  EXPECT_EQ(to_bytes(shares[0].reveal()), secret);
  EXPECT_EQ(bytes_of(shamir::combine(shares)), secret);
}

TEST(Shamir, TwoHundredAndFiftyFiveSharesHaveTheirOwnCoordinates) {
  test::FakeRandom random;
  const Bytes secret = random.bytes(32);
  std::vector<SecretBytes> shares = shamir::split(secret, 255, 255, random);
  std::set<std::uint8_t> coordinates;
  for (const SecretBytes& share : shares) {
    ASSERT_EQ(share.size(), 33U);
    coordinates.insert(share.reveal().back());
  }
  EXPECT_EQ(coordinates.size(), 255U);
  EXPECT_EQ(coordinates.count(0), 0U);
  EXPECT_EQ(bytes_of(shamir::combine(shares)), secret);
  shares.pop_back();
  EXPECT_NE(bytes_of(shamir::combine(shares)), secret);
}

// Made by another implementation (logarithm tables, generator 3), so that shares of other servers
// with this format open here.
TEST(Shamir, CombinesForeignShares) {
  const std::string first = "f8c307b56ae7e342df54ce734f5f6bde74ae1cb45e2306047d4d609dc6d699ec01";
  const std::string second = "be6a6ca256763c9f42fbb742b9c82dc64df845126c8e8cdf241c5d91d7cd248453";
  const std::string third = "2cf0c6ee274fc5b68df292cdc354f7717f7bbbc4ef16131e999dbc42e7132b55ca";
  const std::string fourth = "e2249382f099f214342743f65e6e4ed7b01c2968de815d029936093451de2a30ff";
  const std::string secret = "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f";
  EXPECT_EQ(hex(bytes_of(shamir::combine(from_hexes({first, second, third})))), secret);
  EXPECT_EQ(hex(bytes_of(shamir::combine(from_hexes({fourth, third, first})))), secret);
  EXPECT_EQ(hex(bytes_of(shamir::combine(from_hexes({first, second, third, fourth})))), secret);
  EXPECT_NE(hex(bytes_of(shamir::combine(from_hexes({first, second})))), secret);
}

TEST(Shamir, RefusesWhatCannotBeShares) {
  struct Case {
    std::string name;
    std::vector<std::string> shares;
  };
  const std::vector<Case> cases{
      {"none", {}},
      {"unequal lengths", {"aabb01", "aabbcc02"}},
      {"too short", {"01", "02"}},
      {"empty", {"", ""}},
      {"coordinate 0", {"aabb00", "ccdd01"}},
      {"coordinate twice", {"aabb01", "ccdd01"}},
  };
  for (const Case& one : cases) EXPECT_FALSE(shamir::combine(from_hexes(one.shares))) << one.name;
}

}  // namespace
}  // namespace signet::core
