// SPDX-License-Identifier: Apache-2.0
#include "ca/serial.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace signet::ca {
namespace {

class Constant final : public Random {
 public:
  explicit Constant(std::uint8_t value) : value_(value) {}
  void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, value_); }

 private:
  std::uint8_t value_;
};

TEST(Serial, TellsItsExpiryMonth) {
  Constant random(0xff);
  struct Case {
    CivilTime not_after;
    const char* start;
  };
  for (const Case& c :
       {Case{{2020, 1, 1, 0, 0, 0}, "4000"}, Case{{2020, 2, 1, 0, 0, 0}, "4001"},
        Case{{2027, 1, 15, 8, 0, 0}, "4054"}, Case{{2041, 5, 1, 0, 0, 0}, "4100"},
        Case{{2062, 8, 1, 0, 0, 0}, "41ff"}, Case{{2062, 9, 1, 0, 0, 0}, "41ff"},
        Case{{9999, 12, 31, 23, 59, 59}, "41ff"}, Case{{2019, 12, 31, 0, 0, 0}, "4000"}}) {
    const Serial serial = serial_by_expiry(from_civil(c.not_after), random);
    EXPECT_EQ(hex(serial.magnitude()), std::string(c.start) + std::string(36, 'f'));
  }
}

TEST(Serial, IsPositiveAndTwentyOctetsWhateverChanceGives) {
  for (const int value : {0x00, 0x80, 0xff}) {
    Constant random(static_cast<std::uint8_t>(value));
    for (const Serial& serial :
         {serial_at_random(random), serial_by_expiry(UnixTime{1'800'000'000}, random)}) {
      EXPECT_EQ(serial.magnitude().size(), 20U);
      EXPECT_EQ(serial.magnitude()[0] & 0xc0, 0x40);
    }
  }
}

}  // namespace
}  // namespace signet::ca
