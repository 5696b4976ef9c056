// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include "base/random.hpp"
#include "base/serial.hpp"
#include "tests/support/fakes.hpp"

#include <gtest/gtest.h>

namespace signet {
namespace {

TEST(Text, CaseAndBlanks) {
  EXPECT_EQ(lower("AZaz-\xc3\x84"), "azaz-\xc3\x84");
  EXPECT_TRUE(equal_ignoring_case("X-Vault-Token", "x-vault-token"));
  EXPECT_FALSE(equal_ignoring_case("ab", "abc"));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
  EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(trim("  "), "");
}

TEST(Text, SplitAndJoin) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(split("", ','), Parts{});
  EXPECT_EQ(split("a", ','), Parts{"a"});
  EXPECT_EQ(split(",a,,b,", ','), (Parts{"", "a", "", "b", ""}));
  EXPECT_EQ(join({"", "a", "b"}, ", "), ", a, b");
  EXPECT_EQ(join({}, ","), "");
  EXPECT_EQ(unique_in_order({"b", "a", "b", "c", "a"}), (Parts{"b", "a", "c"}));
}

struct GlobCase {
  const char* pattern;
  const char* text;
  bool matches;
};
TEST(Text, Globs) {
  for (const GlobCase& c : {
           GlobCase{"", "", true},
           GlobCase{"", "a", false},
           GlobCase{"*", "", true},
           GlobCase{"*", "abc", true},
           GlobCase{"a*c", "abbc", true},
           GlobCase{"a*c", "abbcd", false},
           GlobCase{"*b*", "abc", true},
           GlobCase{"a**c", "ac", true},
           GlobCase{"*.com", "x.com.com", true},
           GlobCase{"a", "A", false},
           GlobCase{"ab*", "a", false},
           GlobCase{"*a", "ab", false},
           GlobCase{"a?", "ab", false},
       }) {
    EXPECT_EQ(glob_match(c.pattern, c.text), c.matches) << c.pattern << " " << c.text;
  }
}

TEST(Text, HostileGlobsEndSoon) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(5000, 'a')));
}

TEST(Text, Utf8IsStrict) {
  for (const char* text : {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                           "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const char* text : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x80\x80", "\xe0\x9f\xbf",
                           "\xed\xa0\x80", "\xe2\x82", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80", "\xff", "a\xc3", "\xc3\xc3\xa4"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Text, Names) {
  for (const char* text : {"a", "a-b", "a.b", "_", "A0_z", "a--.b"})
    EXPECT_TRUE(is_name(text)) << text;
  for (const char* text : {"", "-", "-a", "a-", ".a", "a.", "a b", "a/b", "\xc3\xa4", "a\n"}) {
    EXPECT_FALSE(is_name(text)) << text;
  }
}

TEST(Text, PercentCoding) {
  EXPECT_EQ(percent_decode("a%20b%2Fc+d", false), "a b/c+d");
  EXPECT_EQ(percent_decode("a+b%2b", true), "a b+");
  EXPECT_EQ(percent_decode("%00", false), std::string(1, '\0'));
  for (const char* text : {"%", "%1", "%g0", "a%2"})
    EXPECT_FALSE(percent_decode(text, false)) << text;
  EXPECT_EQ(percent_encode("a b/\xc3\xa4~-._"), "a%20b%2F%C3%A4~-._");
  EXPECT_EQ(percent_encode("a/b c", "/"), "a/b%20c");
}

TEST(Serial, Forms) {
  for (const char* text : {"0a:1b", "0A-1b", "0a1b", "a1b", "a:1b", "00:0a:1b"}) {
    const auto serial = Serial::parse(text);
    ASSERT_TRUE(serial) << text;
    EXPECT_EQ(serial->colons(), "0a:1b") << text;
    EXPECT_EQ(serial->hyphens(), "0a-1b") << text;
  }
  for (const char* text :
       {"", "0", "00:00", ":", "0a:", ":0a", "0a:-1b", "0a:1b-2c", "0a::1b", "xy", "0ab:1"}) {
    EXPECT_FALSE(Serial::parse(text)) << text;
  }
}

TEST(Serial, TwentyOctetsAtMost) {
  // RFC 5280, 4.1.2.2; the sign octet counts.
  Bytes magnitude(20, 0xff);
  EXPECT_FALSE(Serial::from_bytes(magnitude));
  magnitude[0] = 0x7f;
  EXPECT_TRUE(Serial::from_bytes(magnitude));
  EXPECT_TRUE(Serial::parse(hex(magnitude, ':')));
  magnitude.insert(magnitude.begin(), 0);
  EXPECT_EQ(Serial::from_bytes(magnitude)->magnitude().size(), 20U);
  magnitude[0] = 1;
  EXPECT_FALSE(Serial::from_bytes(magnitude));
  EXPECT_FALSE(Serial::from_bytes(Bytes{}));
}

TEST(Random, Uuids) {
  test::FakeRandom random;
  const Uuid id = random.uuid();
  EXPECT_EQ(id.text()[14], '4');
  EXPECT_NE(std::string("89ab").find(id.text()[19]), std::string::npos);
  EXPECT_NE(random.uuid(), id);
  test::FakeRandom again;
  EXPECT_EQ(again.uuid(), id);
}

TEST(Random, PooledUuidsAreAllDifferentAndWellFormed) {
  test::FakeRandom random;
  UuidPool pool;
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string text = pool.next(random).text();
    EXPECT_EQ(text[14], '4');
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
}

TEST(Text, Utf8AtEveryOffsetOfAWord) {
  for (std::size_t before = 0; before < 20; ++before)
    for (std::size_t after = 0; after < 20; ++after) {
      const std::string left(before, 'a');
      const std::string right(after, 'b');
      EXPECT_TRUE(is_utf8(left + "\xc3\xa4" + right)) << before << ' ' << after;
      EXPECT_FALSE(is_utf8(left + "\xff" + right)) << before << ' ' << after;
      EXPECT_FALSE(is_utf8(left + "\xc3" + right)) << before << ' ' << after;
      EXPECT_EQ(ascii_prefix(left + "\x80" + right), before);
    }
}

TEST(Random, Base62UsesTheWholeAlphabet) {
  test::FakeRandom random;
  const std::string text = random.base62(20'000);
  EXPECT_EQ(text.size(), 20'000U);
  for (const char c : std::string("09AZaz")) {
    const auto count = std::count(text.begin(), text.end(), c);
    EXPECT_NEAR(static_cast<double>(count), 20'000.0 / 62, 80) << c;
  }
  EXPECT_EQ(random.base62(0), "");
}

}  // namespace
}  // namespace signet
