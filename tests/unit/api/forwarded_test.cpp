// SPDX-License-Identifier: Apache-2.0
#include "api/forwarded.hpp"

#include <string>

#include <gtest/gtest.h>

namespace signet::api {
namespace {

TEST(AddressSet, HoldsAddressesAndBlocksOfBothFamilies) {
  const auto set = AddressSet::parse({"10.1.0.0/15", "192.0.2.7", "2001:db8::/33"});
  ASSERT_TRUE(set);
  for (const char* inside : {"10.1.2.3", "10.0.0.1", "192.0.2.7", "2001:db8:7fff::1"})
    EXPECT_TRUE(set->contains(inside)) << inside;
  for (const char* outside : {"10.2.0.0", "192.0.2.8", "2001:db8:8000::1", "x"})
    EXPECT_FALSE(set->contains(outside)) << outside;
}

TEST(AddressSet, RefusesWhatIsNone) {
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/", "::/129", "host", "10.0.0.0/8x"})
    EXPECT_FALSE(AddressSet::parse({text})) << text;
}

Result<std::string> client(const ForwardedOptions& options, const std::string& peer,
                           const std::string& header) {
  const auto forwarding = Forwarding::make(options);
  EXPECT_TRUE(forwarding);
  if (header.empty()) return forwarding->client(peer, {});
  return forwarding->client(peer, {{"x-forwarded-for", header}});
}

TEST(Forwarding, IsOffWithoutProxies) { EXPECT_EQ(*client({}, "10.0.0.1", "1.2.3.4"), "10.0.0.1"); }

TEST(Forwarding, TakesTheHopBeforeOurProxies) {
  ForwardedOptions options;
  options.authorized = {"10.0.0.0/8"};
  EXPECT_EQ(*client(options, "10.0.0.1", "9.9.9.9, 1.2.3.4"), "1.2.3.4");
  options.hop_skips = 1;
  EXPECT_EQ(*client(options, "10.0.0.1", "9.9.9.9, 1.2.3.4"), "9.9.9.9");
  options.hop_skips = 2;
  EXPECT_FALSE(client(options, "10.0.0.1", "9.9.9.9, 1.2.3.4"));
}

TEST(Forwarding, RefusesStrangersUnlessTold) {
  ForwardedOptions options;
  options.authorized = {"10.0.0.0/8"};
  EXPECT_FALSE(client(options, "11.0.0.1", "1.2.3.4"));
  EXPECT_FALSE(client(options, "10.0.0.1", ""));
  EXPECT_FALSE(client(options, "10.0.0.1", "not an address"));
  options.rejects_not_authorized = options.rejects_not_present = false;
  EXPECT_EQ(*client(options, "11.0.0.1", "1.2.3.4"), "11.0.0.1");
  EXPECT_EQ(*client(options, "10.0.0.1", ""), "10.0.0.1");
}

}  // namespace
}  // namespace signet::api
