// SPDX-License-Identifier: Apache-2.0
#include "ca/name_constraints.hpp"

#include "ca/der.hpp"
#include "fixture.hpp"

#include <string>

#include <gtest/gtest.h>

namespace signet::ca {
namespace {

using test::take;

enum class Kind { dns, email, uri, ip, common_name, organization };

struct Case {
  const char* why;
  Kind kind;
  const char* permitted;  ///< null: nothing of this type is permitted or excluded
  const char* excluded;
  const char* name;
  bool is_good;
};

Subtrees trees_of(Kind kind, const char* base) {
  Subtrees trees;
  if (base == nullptr) return trees;
  if (kind == Kind::email) trees.email = {base};
  if (kind == Kind::uri) trees.uri = {base};
  if (kind == Kind::ip) trees.ip = {IpNetwork::parse(base).value()};
  if (kind == Kind::dns || kind == Kind::common_name) trees.dns = {base};
  if (kind == Kind::organization) {
    Subject subject;
    subject.organization = {base};
    trees.directory = {take(subject.name())};
  }
  return trees;
}

Result<void> check(const Case& c) {
  NameConstraints constraints{trees_of(c.kind, c.permitted), trees_of(c.kind, c.excluded)};
  Subject subject;
  SubjectAltNames sans;
  if (c.kind == Kind::dns) sans.dns = {c.name};
  if (c.kind == Kind::email) sans.email = {c.name};
  if (c.kind == Kind::uri) sans.uri = {c.name};
  if (c.kind == Kind::ip) sans.ip = {IpAddress::parse(c.name).value()};
  if (c.kind == Kind::common_name) subject.common_name = c.name;
  if (c.kind == Kind::organization && *c.name != '\0') {
    subject.organization = {c.name};
    subject.common_name = "a";
  }
  return check_name_constraints(std::vector{constraints}, take(subject.name()), sans);
}

TEST(NameConstraints, Matching) {
  // x509-status.md 3.3 and 7.3
  for (const Case& c : {
           Case{"below", Kind::dns, "example.com", nullptr, "a.example.com", true},
           Case{"apex", Kind::dns, "example.com", nullptr, "example.com", true},
           Case{"case", Kind::dns, "example.com", nullptr, "A.EXAMPLE.com", true},
           Case{"wildcard", Kind::dns, "example.com", nullptr, "*.example.com", true},
           Case{"suffix only", Kind::dns, "example.com", nullptr, "badexample.com", false},
           Case{"prefix", Kind::dns, "example.com", nullptr, "example.com.evil", false},
           Case{"final dot", Kind::dns, "example.com", nullptr, "a.example.com.", true},
           Case{"dot, apex", Kind::dns, ".example.com", nullptr, "example.com", false},
           Case{"dot, below", Kind::dns, ".example.com", nullptr, "a.example.com", true},
           Case{"wildcard above", Kind::dns, "a.example.com", nullptr, "*.example.com", false},
           Case{"excluded", Kind::dns, nullptr, "foo.example.com", "a.foo.example.com", false},
           Case{"excluded by expansion", Kind::dns, nullptr, "foo.example.com", "*.example.com",
                false},
           Case{"other branch", Kind::dns, nullptr, "foo.example.com", "bar.example.com", true},
           Case{"excluded final dot", Kind::dns, nullptr, "example.com", "example.com.", false},
           Case{"all excluded", Kind::dns, nullptr, "", "a.test", false},
           Case{"all permitted", Kind::dns, "", nullptr, "a.test", true},
           Case{"in range", Kind::ip, "10.0.0.0/8", nullptr, "10.1.2.3", true},
           Case{"out of range", Kind::ip, "10.0.0.0/8", nullptr, "11.0.0.1", false},
           Case{"other family", Kind::ip, "10.0.0.0/8", nullptr, "2001:db8::1", false},
           Case{"excluded range", Kind::ip, nullptr, "2001:db8::/32", "2001:db8::1", false},
           Case{"excluded other family", Kind::ip, nullptr, "0.0.0.0/0", "2001:db8::1", true},
           Case{"URI host", Kind::uri, "example.com", nullptr, "https://example.com/x", true},
           Case{"URI below", Kind::uri, "example.com", nullptr, "https://sub.example.com/", false},
           Case{"URI dot", Kind::uri, ".example.com", nullptr, "https://sub.example.com/", true},
           Case{"URI dot apex", Kind::uri, ".example.com", nullptr, "https://example.com/", false},
           Case{"URI address", Kind::uri, "example.com", nullptr, "https://10.0.0.1/", false},
           Case{"URI without host", Kind::uri, "example.com", nullptr, "urn:uuid:1", false},
           Case{"URI without host, excluded", Kind::uri, nullptr, "example.com", "urn:x:1", false},
           Case{"URI port", Kind::uri, "example.com", nullptr, "https://u@example.com:1/", true},
           Case{"mail host", Kind::email, "example.com", nullptr, "a@example.com", true},
           Case{"mail below", Kind::email, "example.com", nullptr, "a@sub.example.com", false},
           Case{"mail dot", Kind::email, ".example.com", nullptr, "a@sub.example.com", true},
           Case{"mailbox", Kind::email, "a@example.com", nullptr, "a@EXAMPLE.com", true},
           Case{"mailbox case", Kind::email, "a@example.com", nullptr, "A@example.com", false},
           Case{"mailbox excluded", Kind::email, nullptr, "a@example.com", "b@example.com", true},
           Case{"directory", Kind::organization, "X", nullptr, "X", true},
           Case{"directory, other", Kind::organization, "X", nullptr, "Y", false},
           Case{"directory, empty", Kind::organization, "X", nullptr, "", true},
           Case{"CN like a host", Kind::common_name, "example.com", nullptr, "evil.test", false},
           Case{"CN inside", Kind::common_name, "example.com", nullptr, "a.example.com", true},
           Case{"CN of words", Kind::common_name, "example.com", nullptr, "Jane Doe", true},
           Case{"CN of one label", Kind::common_name, "example.com", nullptr, "Harbour", true},
       }) {
    EXPECT_EQ(check(c).has_value(), c.is_good) << c.why;
  }
}

TEST(NameConstraints, EachAncestorStandsOnItsOwn) {
  NameConstraints upper, lower;
  upper.permitted.dns = {"example.com"};
  lower.permitted.dns = {"a.example.com", "other.test"};
  const std::vector all{upper, lower};
  SubjectAltNames sans;
  sans.dns = {"x.a.example.com"};
  EXPECT_TRUE(check_name_constraints(all, {}, sans));
  sans.dns = {"x.other.test"};
  EXPECT_FALSE(check_name_constraints(all, {}, sans));
  sans.dns = {"b.example.com"};
  EXPECT_FALSE(check_name_constraints(all, {}, sans));
  sans.dns.clear();
  sans.ip = {IpAddress::parse("10.0.0.1").value()};
  EXPECT_TRUE(check_name_constraints(all, {}, sans)) << "a type that nobody constrains";
}

TEST(NameConstraints, EmailAddressInTheSubjectCounts) {
  NameConstraints constraints;
  constraints.permitted.email = {"example.com"};
  const auto subject =
      DistinguishedName::from({{{oid::email_address, "a@evil.test", tag::ia5_string}}});
  EXPECT_FALSE(check_name_constraints(std::vector{constraints}, subject, {}));
}

TEST(NameConstraints, Utf8MailboxAgainstMailboxConstraints) {
  SubjectAltNames sans;
  sans.other = {{oid::smtp_utf8_mailbox, "\xc3\xbc@example.com"}};
  NameConstraints constraints;
  constraints.excluded.email = {"x@example.com"};
  EXPECT_FALSE(check_name_constraints(std::vector{constraints}, {}, sans));
  constraints = {};
  constraints.permitted.email = {"x@example.com"};
  EXPECT_FALSE(check_name_constraints(std::vector{constraints}, {}, sans));
  constraints.permitted.email = {"example.com"};
  EXPECT_TRUE(check_name_constraints(std::vector{constraints}, {}, sans));
}

TEST(NameConstraints, UnknownKindsFailNamesOfThatSort) {
  NameConstraints constraints;
  constraints.permitted.has_foreign = true;
  SubjectAltNames sans;
  sans.dns = {"a.test"};
  EXPECT_TRUE(check_name_constraints(std::vector{constraints}, {}, sans));
  sans.has_foreign_name = true;
  EXPECT_FALSE(check_name_constraints(std::vector{constraints}, {}, sans));
}

TEST(NameConstraints, WorkIsBounded) {
  NameConstraints constraints;
  for (int i = 0; i < 2000; ++i) {
    constraints.permitted.dns.push_back("d" + std::to_string(i) + ".test");
  }
  SubjectAltNames sans;
  for (int i = 0; i < 1000; ++i) sans.dns.push_back("a.d1.test");
  const auto result = check_name_constraints(std::vector{constraints}, {}, sans);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "too many name constraints");
}

TEST(NameConstraints, Encoding) {
  // x509-status.md 3.1
  NameConstraints constraints;
  constraints.permitted.dns = {"example.com"};
  constraints.permitted.ip = {IpNetwork::parse("10.0.0.0/8").value()};
  constraints.excluded.dns = {"bad.example.com"};
  DerWriter out;
  write_name_constraints(out, constraints);
  EXPECT_EQ(hex(out.view()), "3032a01b300d820b" + hex(as_bytes("example.com")) +
                                 "300a87080a000000ff000000" + "a1133011820f" +
                                 hex(as_bytes("bad.example.com")));
  const NameConstraints again = take(parse_name_constraints(out.view()));
  EXPECT_EQ(again.permitted.dns, constraints.permitted.dns);
  EXPECT_EQ(again.permitted.ip, constraints.permitted.ip);
  EXPECT_EQ(again.excluded.dns, constraints.excluded.dns);
  for (const char* der : {"3000", "3002a000", "300aa0083006820161800100", "3008a006300487020a00"}) {
    EXPECT_FALSE(parse_name_constraints(from_hex(der).value())) << der;
  }
}

TEST(NameConstraints, NoneAndAllOfAFamily) {
  NameConstraints constraints;
  constraints.excluded.dns = {""};
  constraints.excluded.ip = {IpNetwork::parse("0.0.0.0/0").value(),
                             IpNetwork::parse("::/0").value()};
  DerWriter out;
  write_name_constraints(out, constraints);
  const NameConstraints again = take(parse_name_constraints(out.view()));
  EXPECT_EQ(again.excluded.dns, constraints.excluded.dns);
  EXPECT_EQ(again.excluded.ip, constraints.excluded.ip);
  SubjectAltNames sans;
  sans.ip = {IpAddress::parse("::1").value()};
  EXPECT_FALSE(check_name_constraints(std::vector{again}, {}, sans));
}

}  // namespace
}  // namespace signet::ca
