// SPDX-License-Identifier: Apache-2.0
#include "ca/der.hpp"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace signet::ca {
namespace {

Bytes from(std::string_view text) { return from_hex(text).value(); }

template <class Write>
std::string written(Write&& write) {
  DerWriter out;
  write(out);
  return hex(out.view());
}

TEST(DerWriter, Integers) {
  struct Case {
    std::int64_t value;
    const char* der;
  };
  for (const Case& c :
       {Case{0, "020100"}, Case{127, "02017f"}, Case{128, "02020080"}, Case{256, "02020100"},
        Case{-1, "0201ff"}, Case{-128, "020180"}, Case{-129, "0202ff7f"},
        Case{std::numeric_limits<std::int64_t>::min(), "02088000000000000000"}}) {
    EXPECT_EQ(written([&](DerWriter& out) { out.integer(c.value); }), c.der) << c.value;
    const Bytes der = from(c.der);
    DerReader reader(der);
    EXPECT_EQ(reader.integer().value(), c.value);
  }
  EXPECT_EQ(written([](DerWriter& out) { out.integer(from("00000080")); }), "02020080");
  EXPECT_EQ(written([](DerWriter& out) { out.integer(BytesView{}); }), "020100");
}

TEST(DerWriter, LengthsOfNestedElementsAreMinimal) {
  for (const std::size_t size : {0U, 1U, 126U, 127U, 128U, 255U, 256U, 65'535U, 65'536U, 70'000U}) {
    const Bytes content(size, 0x5a);
    DerWriter out;
    out.sequence([&] { out.sequence([&] { out.octet_string(content); }); });
    DerReader outer(out.view());
    auto one = outer.sequence();
    ASSERT_TRUE(one && outer.finish()) << size;
    auto two = one->sequence();
    ASSERT_TRUE(two && one->finish());
    const auto octets = two->octet_string();
    ASSERT_TRUE(octets && two->finish());
    EXPECT_EQ(octets->size(), size);
  }
}

TEST(DerWriter, NamedBits) {
  // x509-status.md 1.2, item 4
  struct Case {
    std::uint16_t bits;
    const char* der;
  };
  for (const Case& c : {Case{0x001, "03020780"}, Case{0x005, "030205a0"}, Case{0x060, "03020106"},
                        Case{0x061, "03020186"}, Case{0x040, "03020102"}, Case{0x003, "030206c0"},
                        Case{0x110, "0303070880"}, Case{0x000, "030100"}}) {
    EXPECT_EQ(written([&](DerWriter& out) { out.named_bits(c.bits); }), c.der);
    const Bytes der = from(c.der);
    DerReader reader(der);
    EXPECT_EQ(reader.named_bits().value(), c.bits);
  }
}

TEST(DerWriter, TimesChangeTheirFormIn2050) {
  const UnixTime last_utc = from_civil({2049, 12, 31, 23, 59, 59});
  EXPECT_EQ(written([&](DerWriter& out) { out.time(last_utc); }),
            "170d" + hex(as_bytes("491231235959Z")));
  EXPECT_EQ(written([&](DerWriter& out) { out.time(last_utc + Seconds(1)); }),
            "180f" + hex(as_bytes("20500101000000Z")));
  EXPECT_EQ(written([](DerWriter& out) { out.time(UnixTime{253402300799}); }),
            "180f" + hex(as_bytes("99991231235959Z")));
  EXPECT_EQ(written([&](DerWriter& out) { out.generalized_time(last_utc); }),
            "180f" + hex(as_bytes("20491231235959Z")));
}

TEST(DerReader, RefusesWhatIsNotDer) {
  struct Case {
    const char* name;
    const char* der;
  };
  for (const Case& c : {
           Case{"empty", ""},
           Case{"tag only", "30"},
           Case{"indefinite length", "30800000"},
           Case{"long form for a short length", "30810100"},
           Case{"leading zero in the length", "3082000100"},
           Case{"content cut short", "300201"},
           Case{"4 GiB", "3084ffffffff00"},
           Case{"five length octets", "308501000000000000"},
           Case{"multi-octet tag", "1f8100"},
           Case{"reserved tag", "0000"},
           Case{"trailing octet", "300000"},
           Case{"inner element cut short", "3003020201"},
       }) {
    EXPECT_FALSE(check_structure(from(c.der))) << c.name;
  }
  EXPECT_TRUE(check_structure(from("3003020101")));
}

TEST(DerReader, BoundsDepthAndElements) {
  Bytes deep;
  for (int i = 0; i < 1000; ++i) {
    DerWriter out;
    out.sequence([&] { out.raw(deep); });
    deep = out.take();
  }
  EXPECT_FALSE(check_structure(deep));
  DerWriter wide;
  wide.sequence([&] {
    for (int i = 0; i < 5000; ++i) wide.null();
  });
  EXPECT_FALSE(check_structure(wide.view()));
  EXPECT_TRUE(check_structure(wide.view(), 6000));
}

TEST(DerReader, RefusesMalformedPrimitives) {
  const auto refuses = [](const char* der, auto read) {
    const Bytes bytes = from(der);
    DerReader reader(bytes);
    return !read(reader);
  };
  const auto integer = [](DerReader& r) { return r.integer().has_value(); };
  EXPECT_TRUE(refuses("0200", integer));
  EXPECT_TRUE(refuses("02020001", integer));
  EXPECT_TRUE(refuses("0202ffff", integer));
  EXPECT_TRUE(refuses("0209010000000000000000", integer));
  const auto boolean = [](DerReader& r) { return r.boolean().has_value(); };
  EXPECT_TRUE(refuses("010101", boolean));
  EXPECT_TRUE(refuses("0102ffff", boolean));
  const auto serial = [](DerReader& r) { return r.serial().has_value(); };
  EXPECT_TRUE(refuses("020100", serial));
  EXPECT_TRUE(refuses("0201ff", serial));
  EXPECT_TRUE(refuses("0215010000000000000000000000000000000000000000", serial));
  const auto whole = [](DerReader& r) { return r.bit_string().has_value(); };
  EXPECT_TRUE(refuses("03020180", whole));
  EXPECT_TRUE(refuses("0300", whole));
  const auto bits = [](DerReader& r) { return r.named_bits().has_value(); };
  EXPECT_TRUE(refuses("0302070080", bits));  // length does not fit
  EXPECT_TRUE(refuses("03020680", bits));    // trailing zero bit
  EXPECT_TRUE(refuses("03020781", bits));    // unused bit set
  EXPECT_TRUE(refuses("03020880", bits));
  const auto oid = [](DerReader& r) { return r.oid().has_value(); };
  EXPECT_TRUE(refuses("0600", oid));
  EXPECT_TRUE(refuses("06028001", oid));
  EXPECT_TRUE(refuses("060181", oid));
  EXPECT_TRUE(refuses("060a2affffffffffffffffff7f", oid));
}

TEST(DerReader, Times) {
  struct Case {
    std::uint8_t tag;
    const char* text;
    bool is_good;
  };
  for (const Case& c : {
           Case{tag::utc_time, "270115080000Z", true},
           Case{tag::utc_time, "500101000000Z", true},  // 1950
           Case{tag::utc_time, "2701150800Z", false},
           Case{tag::utc_time, "270115080000+0000", false},
           Case{tag::utc_time, "271315080000Z", false},
           Case{tag::utc_time, "270230080000Z", false},
           Case{tag::utc_time, "270115240000Z", false},
           Case{tag::utc_time, "270115080060Z", false},
           Case{tag::utc_time, "27011508000 Z", false},
           Case{tag::generalized_time, "20500101000000Z", true},
           Case{tag::generalized_time, "99991231235959Z", true},
           Case{tag::generalized_time, "20490101000000Z", false},
           Case{tag::generalized_time, "20500101000000.5Z", false},
           Case{tag::generalized_time, "205001010000Z", false},
       }) {
    DerWriter out;
    out.text(c.tag, c.text);
    DerReader reader(out.view());
    EXPECT_EQ(reader.time().has_value(), c.is_good) << c.text;
  }
}

TEST(DerReader, StringsKeepToTheirCharacters) {
  struct Case {
    std::uint8_t tag;
    const char* content;
    const char* text;  ///< null: refused
  };
  for (const Case& c : {
           Case{tag::printable_string, "416263", "Abc"},
           Case{tag::printable_string, "2a", nullptr},
           Case{tag::printable_string, "40", nullptr},
           Case{tag::utf8_string, "c3bc", "\xc3\xbc"},
           Case{tag::utf8_string, "c0af", nullptr},
           Case{tag::utf8_string, "eda080", nullptr},
           Case{tag::utf8_string, "610062", nullptr},
           Case{tag::utf8_string, "c285", nullptr},
           Case{tag::ia5_string, "6140", "a@"},
           Case{tag::ia5_string, "80", nullptr},
           Case{tag::ia5_string, "0a", nullptr},
           Case{tag::numeric_string, "3120", "1 "},
           Case{tag::numeric_string, "61", nullptr},
           Case{tag::bmp_string, "004100fc", "A\xc3\xbc"},
           Case{tag::bmp_string, "41", nullptr},
           Case{tag::bmp_string, "d800", nullptr},
           Case{tag::universal_string, "0001f600", "\xf0\x9f\x98\x80"},
           Case{tag::teletex_string, "fc", "\xc3\xbc"},
           Case{tag::octet_string, "41", nullptr},
       }) {
    const auto text = string_value(c.tag, from(c.content));
    ASSERT_EQ(text.has_value(), c.text != nullptr) << c.content;
    if (text) {
      EXPECT_EQ(*text, c.text);
    }
  }
}

TEST(Oid, TextAndDer) {
  struct Case {
    const char* text;
    const char* content;
  };
  for (const Case& c : {Case{"2.5.4.3", "550403"}, Case{"1.2.840.113549", "2a864886f70d"},
                        Case{"0.9.2342.19200300.100.1.1", "0992268993f22c640101"},
                        Case{"2.999.3", "883703"}, Case{"0.0", "00"}, Case{"1.39.0", "4f00"},
                        Case{"1.2.9223372036854775807", "2affffffffffffffff7f"}}) {
    const auto oid = Oid::parse(c.text);
    ASSERT_TRUE(oid) << c.text;
    EXPECT_EQ(hex(oid->content()), c.content);
    EXPECT_EQ(Oid::from_content(oid->content())->text(), c.text);
  }
  for (const char* text : {"", "1", "1.", ".1", "3.1", "1.40", "1.2.03", "1.2..3", "1.2.x",
                           "1.2.3.", "1.2.9223372036854775808", "-1.2", " 1.2"}) {
    EXPECT_FALSE(Oid::parse(text)) << text;
  }
  EXPECT_EQ(Oid(oid::common_name), *Oid::parse("2.5.4.3"));
}

}  // namespace
}  // namespace signet::ca
