// SPDX-License-Identifier: Apache-2.0
#include "ca/hostname.hpp"

#include "ca/ip_address.hpp"
#include "ca/utf8.hpp"

#include <string>

#include <gtest/gtest.h>

namespace signet::ca {
namespace {

TEST(Hostname, BecomesAscii) {
  struct Case {
    std::string name;
    const char* ascii;  ///< null: refused
  };
  const std::string label_63(63, 'a');
  const std::string label_64(64, 'a');
  const std::string name_255 = label_63 + "." + label_63 + "." + label_63 + "." + label_63;
  for (const Case& c : {
           Case{"a.test", "a.test"},
           Case{"A.Test", "A.Test"},
           Case{"b\xc3\xbc"
                "cher.example",
                "xn--bcher-kva.example"},
           Case{"stra\xc3\x9f"
                "e.test",
                "xn--strae-oqa.test"},  // no mapping of sharp s
           Case{"xn--bcher-kva.example", "xn--bcher-kva.example"},
           Case{"*.a.test", "*.a.test"},
           Case{"a_b.test", "a_b.test"},
           Case{label_63, label_63.c_str()},
           Case{label_64, nullptr},
           Case{name_255, nullptr},
           Case{"", nullptr},
           Case{"a..test", nullptr},
           Case{"a.test.", nullptr},
           Case{".test", nullptr},
           Case{"xn--\xff", nullptr},
           Case{"xn--.test", nullptr},
           Case{"xn--abc-.test", nullptr},
           Case{std::string("a\0b", 3), nullptr},
           Case{"a\nb", nullptr},
       }) {
    const auto ascii = to_ascii_name(c.name);
    ASSERT_EQ(ascii.has_value(), c.ascii != nullptr) << c.name;
    if (ascii) {
      EXPECT_EQ(*ascii, c.ascii);
    }
  }
}

TEST(Punycode, Rfc3492Samples) {
  struct Case {
    std::u32string text;
    const char* code;
  };
  for (const Case& c : {
           Case{U"\u4ED6\u4EEC\u4E3A\u4EC0\u4E48\u4E0D\u8BF4\u4E2D\u6587",
                "ihqwcrb4cv8a8dqg056pqjye"},
           Case{U"3\u5E74B\u7D44\u91D1\u516B\u5148\u751F", "3B-ww4c5e180e575a65lsy2b"},
           Case{U"\u305D\u306E\u30B9\u30D4\u30FC\u30C9\u3067", "d9juau41awczczp"},
           Case{U"b\u00fccher", "bcher-kva"},
           Case{U"\U0001F600", "e28h"},
       }) {
    EXPECT_EQ(punycode::encode(c.text), c.code);
    EXPECT_EQ(punycode::decode(c.code), c.text);
  }
  for (const char* code : {"kva-!", "99999999", "a-\x80"})
    EXPECT_FALSE(punycode::decode(code)) << code;
}

TEST(Hostname, Grammar) {
  for (const char* name : {"a", "a.test", "*.a.test", "1.2", "a-b.c", "a.test.", "xn--a-b"}) {
    EXPECT_TRUE(is_host_name(name)) << name;
  }
  for (const char* name : {"", ".", "*", "*.", "a..b", "-a.test", "a-.test", "a_b.test", "a b",
                           "foo.*.test", "**.test", "w*b.test", "a.test..", "\xc3\xbc.test"}) {
    EXPECT_FALSE(is_host_name(name)) << name;
  }
  for (const char* label : {"*", "*a", "a*", "ab*cd"})
    EXPECT_TRUE(is_wildcard_label(label)) << label;
  for (const char* label : {"", "a", "**", "-*", "*-", "a**", "*_"}) {
    EXPECT_FALSE(is_wildcard_label(label)) << label;
  }
}

TEST(Hostname, Mailboxes) {
  EXPECT_EQ(split_mailbox("a@b.test")->host, "b.test");
  for (const char* text : {"", "a", "@b", "a@", "a@b@c"}) EXPECT_FALSE(split_mailbox(text)) << text;
}

TEST(Uri, Parts) {
  struct Case {
    const char* uri;
    const char* host;  ///< null: refused
  };
  for (const Case& c : {
           Case{"https://x.test/p?q=1", "x.test"},
           Case{"spiffe://td/a", "td"},
           Case{"https://user@x.test:8443/", "x.test"},
           Case{"https://[2001:db8::1]:1/", "[2001:db8::1]"},
           Case{"urn:a:b", ""},
           Case{"mailto:a@b.test", ""},
           Case{"/a", nullptr},
           Case{"//host", nullptr},
           Case{"::not a uri", nullptr},
           Case{"https:", nullptr},
           Case{"1a:b", nullptr},
           Case{"https://a b/", nullptr},
           Case{"https://\xc3\xbc/", nullptr},
           Case{"https://a/%zz", nullptr},
           Case{"https://a/%1", nullptr},
           Case{"https://a:b/", nullptr},
           Case{"https://[::1/", nullptr},
           Case{"https://a/\x01", nullptr},
       }) {
    const auto parts = parse_uri(c.uri);
    ASSERT_EQ(parts.has_value(), c.host != nullptr) << c.uri;
    if (parts) {
      EXPECT_EQ(parts->host, c.host);
    }
  }
}

TEST(IpAddress, Text) {
  struct Case {
    const char* text;
    const char* canonical;  ///< null: refused
  };
  for (const Case& c : {
           Case{"192.0.2.1", "192.0.2.1"},
           Case{"::ffff:192.0.2.1", "192.0.2.1"},
           Case{"2001:DB8::1", "2001:db8::1"},
           Case{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
           Case{"1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"},
           Case{"::", "::"},
           Case{"::1", "::1"},
           Case{"1::", "1::"},
           Case{"fe80::1%eth0", nullptr},
           Case{"1.2.3", nullptr},
           Case{"256.1.1.1", nullptr},
           Case{"010.1.1.1", nullptr},
           Case{"1.2.3.4.5", nullptr},
           Case{"1.2.3.4.", nullptr},
           Case{"1::2::3", nullptr},
           Case{":::", nullptr},
           Case{"1:2:3:4:5:6:7", nullptr},
           Case{"1:2:3:4:5:6:7:8:9", nullptr},
           Case{"12345::", nullptr},
           Case{"[::1]", nullptr},
           Case{"", nullptr},
       }) {
    const auto address = IpAddress::parse(c.text);
    ASSERT_EQ(address.has_value(), c.canonical != nullptr) << c.text;
    if (address) {
      EXPECT_EQ(address->text(), c.canonical);
    }
  }
}

TEST(IpNetwork, RangesAndMasks) {
  const auto ten = IpNetwork::parse("10.1.2.3/8");
  ASSERT_TRUE(ten);
  EXPECT_EQ(ten->text(), "10.0.0.0/8");
  EXPECT_EQ(hex(ten->octets()), "0a000000ff000000");
  EXPECT_TRUE(ten->contains(*IpAddress::parse("10.255.0.1")));
  EXPECT_FALSE(ten->contains(*IpAddress::parse("11.0.0.1")));
  EXPECT_FALSE(ten->contains(*IpAddress::parse("::1")));
  EXPECT_EQ(IpNetwork::from_octets(ten->octets()), ten);
  EXPECT_FALSE(IpNetwork::from_octets(from_hex("0a000000ff00ff00").value()));
  EXPECT_TRUE(IpNetwork::parse("2001:db8::/32")->contains(*IpAddress::parse("2001:db8::5")));
  EXPECT_TRUE(IpNetwork::parse("0.0.0.0/0")->contains(*IpAddress::parse("9.9.9.9")));
  for (const char* text :
       {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "::/129", "x/1"}) {
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  }
}

}  // namespace
}  // namespace signet::ca
