// SPDX-License-Identifier: Apache-2.0
#include "core/token/ttl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::core {
namespace {

constexpr std::int64_t hour = 3600;
constexpr UnixTime start{1'767'225'600};

struct Asked {
  const char* name;
  std::int64_t increment, role_ttl, period, explicit_max, role_max;  ///< seconds; 0: none
  std::int64_t age;                                                  ///< seconds since it was made
  std::int64_t ttl;                                                  ///< -1: refused
  const char* warning;
};

class TokenTtl : public testing::TestWithParam<Asked> {};

TEST_P(TokenTtl, IsCalculated) {
  const Asked& asked = GetParam();
  TtlRequest request;
  request.increment = Seconds(asked.increment);
  request.role_ttl = Seconds(asked.role_ttl);
  request.period = Seconds(asked.period);
  request.explicit_max_ttl = Seconds(asked.explicit_max);
  request.role_max_ttl = Seconds(asked.role_max);
  request.default_ttl = request.max_ttl = Seconds(768 * hour);
  request.issued_at = start;
  request.now = start + Seconds(asked.age);
  const auto decided = token_ttl(request);
  if (asked.ttl < 0) {
    ASSERT_FALSE(decided);
    EXPECT_EQ(decided.error().message, "past the max TTL, cannot renew");
    return;
  }
  ASSERT_TRUE(decided);
  EXPECT_EQ(decided->ttl, Seconds(asked.ttl));
  if (*asked.warning == '\0') {
    EXPECT_THAT(decided->warnings, testing::IsEmpty());
  } else {
    EXPECT_THAT(decided->warnings, testing::ElementsAre(asked.warning));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, TokenTtl,
    testing::Values(
        Asked{"Default", 0, 0, 0, 0, 0, 0, 768 * hour, ""},
        Asked{"Increment", hour, 2 * hour, 0, 0, 0, 0, hour, ""},
        Asked{"RoleTtl", 0, 2 * hour, 0, 0, 0, 0, 2 * hour, ""},
        Asked{"MountMax", 9999 * hour, 0, 0, 0, 0, 0, 768 * hour,
              "TTL of \"9999h\" exceeded the effective max_ttl of \"768h\"; TTL value is capped "
              "accordingly"},
        Asked{"ExplicitMax", 5 * hour, 0, 0, 4 * hour, 0, 0, 4 * hour,
              "TTL of \"5h\" exceeded the effective max_ttl of \"4h\"; TTL value is capped "
              "accordingly"},
        Asked{"RoleMax", 5 * hour, 0, 0, 0, 90 * 60, 0, 90 * 60,
              "TTL of \"5h\" exceeded the effective max_ttl of \"1h30m\"; TTL value is capped "
              "accordingly"},
        Asked{"WhatIsLeft", 2 * hour, 0, 0, 4 * hour, 0, 3 * hour, hour,
              "TTL of \"2h\" exceeded the effective max_ttl of \"1h\"; TTL value is capped "
              "accordingly"},
        Asked{"FitsIntoWhatIsLeft", hour, 0, 0, 4 * hour, 0, 3 * hour, hour, ""},
        Asked{"NothingLeft", hour, 0, 0, 4 * hour, 0, 4 * hour, -1, ""},
        Asked{"Period", hour, 0, 2 * hour, 0, 0, 1000 * hour, 2 * hour, ""},
        Asked{"PeriodCapped", 0, 0, 9999 * hour, hour, 0, 0, hour,
              "period of \"9999h\" exceeded the effective max_ttl of \"1h\"; period value is "
              "capped accordingly"},
        Asked{"PeriodAtItsEnd", 0, 0, 2 * hour, 5 * hour, 0, 4 * hour, hour,
              "TTL of \"2h\" exceeded the effective max_ttl of \"1h\"; TTL value is capped "
              "accordingly"},
        Asked{"PeriodPastItsEnd", 0, 0, 2 * hour, 5 * hour, 0, 6 * hour, -1, ""}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace signet::core
