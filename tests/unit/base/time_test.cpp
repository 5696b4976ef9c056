// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "tests/support/fakes.hpp"

#include <ctime>

#include <gtest/gtest.h>

namespace signet {
namespace {

using namespace std::chrono_literals;

TEST(Civil, AgreesWithTheCLibraryOverFourCenturies) {
  for (std::int64_t day = -200'000; day < 200'000; day += 13) {
    const UnixTime at{day * 86'400 + (day & 0xffff)};
    const auto seconds = static_cast<std::time_t>(at.seconds);
    std::tm expected{};
    ASSERT_NE(gmtime_r(&seconds, &expected), nullptr);
    const CivilTime c = civil(at);
    ASSERT_EQ(c.year, expected.tm_year + 1900) << at.seconds;
    ASSERT_EQ(c.month, expected.tm_mon + 1) << at.seconds;
    ASSERT_EQ(c.day, expected.tm_mday) << at.seconds;
    ASSERT_EQ(c.hour, expected.tm_hour) << at.seconds;
    ASSERT_EQ(c.minute, expected.tm_min) << at.seconds;
    ASSERT_EQ(c.second, expected.tm_sec) << at.seconds;
    ASSERT_EQ(from_civil(c), at);
  }
}

struct TimeCase {
  const char* text;
  std::int64_t seconds;
};

TEST(Rfc3339, Reads) {
  for (const TimeCase& c : {
           TimeCase{"1970-01-01T00:00:00Z", 0},
           TimeCase{"2031-01-31T23:59:59Z", 1'927'670'399},
           TimeCase{"1985-04-12T23:20:50.52Z", 482'196'050},    // RFC 3339, 5.8
           TimeCase{"1996-12-19T16:39:57-08:00", 851'042'397},  // RFC 3339, 5.8
           TimeCase{"1937-01-01T12:00:27.87+00:20", -1'041'337'173},
           TimeCase{"2000-02-29t00:00:00z", 951'782'400},
           TimeCase{"9999-12-31T23:59:59Z", 253'402'300'799},
           TimeCase{"0001-01-01T00:00:00Z", -62'135'596'800},
       }) {
    const auto at = parse_rfc3339(c.text);
    ASSERT_TRUE(at) << c.text;
    EXPECT_EQ(at->seconds, c.seconds) << c.text;
  }
}

TEST(Rfc3339, Refuses) {
  for (const char* text : {"",
                           "2031-01-31",
                           "2031-01-31T23:59:59",
                           "2031-01-31 23:59:59Z",
                           "2031-02-29T00:00:00Z",
                           "2100-02-29T00:00:00Z",
                           "2031-00-01T00:00:00Z",
                           "2031-13-01T00:00:00Z",
                           "2031-01-00T00:00:00Z",
                           "2031-01-32T00:00:00Z",
                           "2031-01-01T24:00:00Z",
                           "2031-01-01T00:60:00Z",
                           "2031-01-01T00:00:60Z",
                           "2031-01-01T00:00:00.Z",
                           "2031-01-01T00:00:00.5",
                           "2031-01-01T00:00:00+0100",
                           "2031-01-01T00:00:00+24:00",
                           "2031-01-01T00:00:00Z ",
                           "+031-01-01T00:00:00Z",
                           "2031-1-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339, Writes) {
  EXPECT_EQ(rfc3339({1'927'670'399}), "2031-01-31T23:59:59Z");
  EXPECT_EQ(rfc3339({-1}), "1969-12-31T23:59:59Z");
  const auto whole = std::chrono::system_clock::time_point(1'927'670'399s);
  EXPECT_EQ(rfc3339_nano(whole), "2031-01-31T23:59:59Z");
  EXPECT_EQ(rfc3339_nano(whole + 120ms), "2031-01-31T23:59:59.12Z");
  EXPECT_EQ(rfc3339_nano(whole + 1ns), "2031-01-31T23:59:59.000000001Z");
  EXPECT_EQ(rfc3339_nano(std::chrono::system_clock::time_point(-500ms)), "1969-12-31T23:59:59.5Z");
}

TEST(HttpDate, ThreeForms) {
  // RFC 9110, 5.6.7.
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994"}) {
    ASSERT_TRUE(parse_http_date(text)) << text;
    EXPECT_EQ(parse_http_date(text)->seconds, 784'111'777) << text;
  }
  EXPECT_EQ(http_date({784'111'777}), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date({-1}), "Wed, 31 Dec 1969 23:59:59 GMT");
  for (const char* text : {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "Foo, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMTx", "Sun, 06 Nov"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(Duration, Reads) {
  for (const TimeCase& c : {
           TimeCase{"", 0},
           TimeCase{"0", 0},
           TimeCase{"90", 90},
           TimeCase{"90s", 90},
           TimeCase{"1h30m", 5400},
           TimeCase{"1.5h", 5400},
           TimeCase{"100ms", 0},
           TimeCase{"1500ms", 1},
           TimeCase{"7d", 604'800},
           TimeCase{".5m", 30},
           TimeCase{"1.m", 60},
           TimeCase{"1h1h", 7200},
           TimeCase{"+5s", 5},
           TimeCase{"600ms600ms", 1},
           TimeCase{"1\xc2\xb5s", 0},
           TimeCase{"0d", 0},
           TimeCase{"2562047h", 9'223'369'200},
           TimeCase{"9223372036", 9'223'372'036},
       }) {
    const auto value = parse_duration(c.text);
    ASSERT_TRUE(value) << c.text;
    EXPECT_EQ(value->count(), c.seconds) << c.text;
  }
  EXPECT_EQ(parse_duration("-90s", true), Seconds(-90));
  EXPECT_EQ(parse_duration("-90", true), Seconds(-90));
}

TEST(Duration, Refuses) {
  for (const char* text : {"-90s",
                           "-1",
                           "1.5d",
                           "1d1h",
                           "1.5",
                           "s",
                           "h1",
                           "1x",
                           "1 h",
                           " 1h",
                           "d",
                           "1h-1m",
                           ".",
                           ".s",
                           "+",
                           "--1s",
                           "9223372037",
                           "106752d",
                           "99999999999999999999",
                           "2562048h",
                           "0x10",
                           "1e3"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  for (const char* text : {"-", "--1", "-+1"}) EXPECT_FALSE(parse_duration(text, true)) << text;
}

TEST(Duration, WritesGosForm) {
  for (const TimeCase& c :
       {TimeCase{"0s", 0}, TimeCase{"59s", 59}, TimeCase{"1m30s", 90}, TimeCase{"72h0m0s", 259'200},
        TimeCase{"1h0m1s", 3601}, TimeCase{"-1m0s", -60}}) {
    EXPECT_EQ(go_duration(Seconds(c.seconds)), c.text);
  }
}

TEST(Clocks, TheFakeStandsStill) {
  test::FakeClock clock({1000});
  EXPECT_EQ(clock.now(), UnixTime{1000});
  const auto steady = clock.steady();
  clock.advance(1500ms);
  EXPECT_EQ(clock.now(), UnixTime{1001});
  EXPECT_EQ(clock.steady() - steady, 1500ms);
  clock.set({5});
  EXPECT_EQ(clock.now(), UnixTime{5});
  EXPECT_GT(system_clock().now().seconds, 1'700'000'000);
}

}  // namespace
}  // namespace signet
