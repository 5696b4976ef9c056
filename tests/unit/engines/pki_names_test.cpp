// SPDX-License-Identifier: Apache-2.0
// pki.md section 4: its truth table, and the order and words of refusals.
#include "engines/pki/names.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet::pki {
namespace {

RoleFields any_role() {
  RoleFields fields;
  fields.allow_any_name = true;
  return fields;
}

struct Rule {
  const char* name;
  std::vector<std::string> domains;
  bool bare, subdomains, glob;
  const char* asked;
  bool is_allowed;
};

TEST(PkiNames, TruthTable) {
  const std::vector<Rule> rules{
      {"a domain alone", {"corp.test"}, false, false, false, "corp.test", false},
      {"bare, any case", {"corp.test"}, true, false, false, "CORP.test", true},
      {"below", {"corp.test"}, false, true, false, "a.b.corp.test", true},
      {"below, any case", {"corp.test"}, false, true, false, "a.Corp.TEST", true},
      {"the domain is not below itself", {"corp.test"}, false, true, false, "corp.test", false},
      {"a longer last label", {"corp.test"}, false, true, false, "notcorp.test", false},
      {"wildcard of the domain", {"corp.test"}, false, true, false, "*.corp.test", true},
      {"wildcard inside a label", {"corp.test"}, false, true, false, "w*b.corp.test", true},
      {"two wildcards", {"corp.test"}, false, true, false, "*.*.corp.test", false},
      {"wildcard in a later label", {"corp.test"}, false, true, false, "a.*.corp.test", false},
      {"mail at the domain", {"corp.test"}, true, false, false, "ops@corp.test", true},
      {"mail below", {"corp.test"}, false, true, false, "ops@x.corp.test", true},
      {"an address as entry", {"ops@corp.test"}, true, false, false, "ops@corp.test", true},
      {"another host", {"ops@corp.test"}, true, true, false, "ops@evil.test", false},
      {"two at signs", {"corp.test"}, true, true, false, "a@b@corp.test", false},
      {"mail with a wildcard", {"corp.test"}, false, true, false, "a@*.corp.test", false},
      {"glob needs its flag", {"*.corp.test"}, false, false, false, "a.corp.test", false},
      {"glob spans dots", {"*.corp.test"}, false, false, true, "a.b.corp.test", true},
      {"glob needs its dot", {"*.corp.test"}, false, false, true, "corp.test", false},
      {"wildcard text as bare", {"*.corp.test"}, true, false, false, "*.corp.test", true},
      {"glob inside", {"db*.corp.test"}, false, false, true, "db7.eu.corp.test", true},
      {"a pattern is no suffix", {"db*.corp.test"}, false, true, false, "db7.corp.test", false},
      {"localhost", {}, false, false, false, "localhost", true},
      {"below localhost", {}, false, true, false, "x.localhost", true},
      {"below localhost, not allowed", {}, false, false, false, "x.localhost", false},
      {"an empty entry", {""}, true, true, true, "anything.test", false},
  };
  for (const Rule& rule : rules) {
    RoleFields fields;
    fields.enforce_hostnames = false;
    fields.allowed_domains = rule.domains;
    fields.allow_bare_domains = rule.bare;
    fields.allow_subdomains = rule.subdomains;
    fields.allow_glob_domains = rule.glob;
    EXPECT_EQ(is_name_allowed(fields, {}, rule.asked), rule.is_allowed) << rule.name;
  }
}

TEST(PkiNames, HostnamesAreEnforced) {
  const RoleFields fields = any_role();
  for (const char* good :
       {"a.test", "*.a.test", "w*b.a.test", "*", "a@b.test", "xn--bcher-kva.test"})
    EXPECT_TRUE(is_name_allowed(fields, {}, good)) << good;
  for (const char* bad : {"Jane Doe", "a_b.test", "-a.test", "a..test", "a.test.", "a@b c.test"})
    EXPECT_FALSE(is_name_allowed(fields, {}, bad)) << bad;
}

TEST(PkiNames, WildcardsOffWinOverAnyName) {
  RoleFields fields = any_role();
  fields.allow_wildcard_certificates = false;
  EXPECT_FALSE(is_name_allowed(fields, {}, "*.a.test"));
  EXPECT_TRUE(is_name_allowed(fields, {}, "b.a.test"));
}

TEST(PkiNames, LocalhostCanBeSwitchedOff) {
  RoleFields fields;
  fields.allow_localhost = false;
  EXPECT_FALSE(is_name_allowed(fields, {}, "localhost"));
}

TEST(PkiNames, TemplatesThatCannotBeFilledAllowNothing) {
  RoleFields fields;
  fields.enforce_hostnames = false;
  fields.allow_bare_domains = true;
  fields.allowed_domains_template = true;
  fields.allowed_domains = {"{{identity.entity.name}}", "ok.test"};
  EXPECT_FALSE(is_name_allowed(fields, {true}, "{{identity.entity.name}}"));
  EXPECT_TRUE(is_name_allowed(fields, {true}, "ok.test"));
}

/// What a request asks; kept here because NameRequest holds views.
struct Asked {
  std::string common_name{};
  std::string alt_names{};
  std::vector<std::string> ip_sans{};
  std::vector<std::string> uri_sans{};
  std::vector<std::string> other_sans{};
  std::string serial_number{};
  std::vector<std::string> user_ids{};
  bool exclude = false;

  [[nodiscard]] NameRequest view() const {
    return {common_name, alt_names,     ip_sans,  uri_sans,
            other_sans,  serial_number, user_ids, exclude};
  }
};

Role role_of(RoleFields fields) {
  auto role = Role::make(std::move(fields));
  EXPECT_TRUE(role) << role.error().message;
  return std::move(*role);
}

TEST(PkiNames, OrderOfNames) {
  std::vector<std::string> warnings;
  Asked asked;
  asked.common_name = "b.test";
  asked.alt_names = " z.test, a.test,z.test,m@n.test,a@n.test,under_score.test ";
  asked.ip_sans = {"10.0.0.1", "::1", "10.0.0.1", "::ffff:10.1.1.1"};
  const auto names = checked_names(role_of(any_role()), {}, asked.view(), nullptr, warnings);
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_EQ(names->sans.dns, (std::vector<std::string>{"b.test", "z.test", "a.test"}));
  EXPECT_EQ(names->sans.email, (std::vector<std::string>{"a@n.test", "m@n.test"}));
  ASSERT_EQ(names->sans.ip.size(), 4U);
  EXPECT_EQ(names->sans.ip[3].text(), "10.1.1.1");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("under_score.test"), std::string::npos);
}

TEST(PkiNames, CommonNameAndSans) {
  struct Case {
    const char* common_name;
    bool exclude;
    std::vector<std::string> dns, email;
  };
  RoleFields loose = any_role();
  loose.enforce_hostnames = false;
  const Role role = role_of(loose);
  const std::vector<Case> cases{
      {"a.test", false, {"a.test"}, {}},
      {"a.test", true, {}, {}},
      {"m@a.test", false, {}, {"m@a.test"}},
      {"w*b.a.test", false, {}, {}},
      {"*.a.test", false, {"*.a.test"}, {}},
      {"b\xc3\xbc"
       "cher.test",
       false,
       {"xn--bcher-kva.test"},
       {}},
  };
  for (const Case& one : cases) {
    std::vector<std::string> warnings;
    Asked asked;
    asked.common_name = one.common_name;
    asked.exclude = one.exclude;
    const auto names = checked_names(role, {}, asked.view(), nullptr, warnings);
    ASSERT_TRUE(names) << one.common_name << ": " << names.error().message;
    EXPECT_EQ(names->sans.dns, one.dns) << one.common_name;
    EXPECT_EQ(names->sans.email, one.email) << one.common_name;
  }
}

TEST(PkiNames, Refusals) {
  struct Case {
    const char* name;
    Asked asked;
    const char* message;
  };
  RoleFields fields;
  fields.allowed_domains = {"corp.test"};
  fields.allow_subdomains = true;
  fields.allowed_other_sans = {"1.2.3.4;UTF8:fixed"};
  fields.allowed_uri_sans = {"spiffe://prod/*"};
  fields.allowed_ip_sans_cidr = {"10.0.0.0/8"};
  fields.allowed_serial_numbers = {"SN-*"};
  const Role role = role_of(fields);
  const std::string cn = "a.corp.test";
  const std::vector<Case> cases{
      {"no common name",
       {},
       "the common_name field is required, or must be provided in a CSR with "
       "\"use_csr_common_name\" set to true, unless \"require_cn\" is set to false"},
      {"common name",
       {"a.other.test", "b.other.test"},
       "common name a.other.test not allowed by this role"},
      {"serial number",
       {cn, "b.other.test", {}, {}, {}, "X"},
       "serial_number X not allowed by this role"},
      {"DNS name",
       {cn, "b.other.test,m@other.test"},
       "subject alternate name b.other.test not allowed by this role"},
      {"mail", {cn, "m@other.test"}, "email address m@other.test not allowed by this role"},
      {"other name, type",
       {cn, "", {"x"}, {}, {"1.2.3.4;ia5:x"}},
       "could not parse requested other SAN: only utf8 other SANs are supported; found "
       "non-supported type in other SAN \"1.2.3.4;ia5:x\""},
      {"other name, OID",
       {cn, "", {}, {}, {"1.2.3.5;utf8:fixed"}},
       "other SAN OID 1.2.3.5 not allowed by this role"},
      {"other name, value",
       {cn, "", {}, {}, {"1.2.3.4;utf8:x"}},
       "other SAN x not allowed for OID 1.2.3.4 by this role"},
      {"no address", {cn, "", {"10.0.0"}}, "the value \"10.0.0\" is not a valid IP address"},
      {"address range",
       {cn, "", {"11.0.0.1"}},
       "the IP address \"11.0.0.1\" is not allowed in this role"},
      {"URI",
       {cn, "", {}, {"spiffe://dev/x"}},
       "URI Subject Alternative Names were provided via the API which are not valid for this role"},
      {"no URI",
       {cn, "", {}, {"spiffe://prod/a b"}},
       "the provided URI Subject Alternative Name \"spiffe://prod/a b\" is not a valid URI"},
  };
  for (const Case& one : cases) {
    std::vector<std::string> warnings;
    const auto names = checked_names(role, {}, one.asked.view(), nullptr, warnings);
    ASSERT_FALSE(names) << one.name;
    EXPECT_EQ(names.error().message, one.message) << one.name;
    EXPECT_EQ(names.error().code, ErrorCode::invalid) << one.name;
  }
}

TEST(PkiNames, ValidationsOfTheCommonName) {
  struct Case {
    std::vector<std::string> validations;
    const char* common_name;
    bool is_allowed;
  };
  const std::vector<Case> cases{
      {{"email"}, "a@b.test", true},
      {{"email"}, "b.test", false},
      {{"hostname"}, "b.test", true},
      {{"hostname"}, "a@b.test", false},
      {{"disabled"}, "Jane Doe", true},
      {{}, "b.test", true},
      {{"EMAIL", "hostname"}, "a@b.test", true},
  };
  for (const Case& one : cases) {
    RoleFields fields = any_role();
    fields.cn_validations = one.validations;
    for (std::string& item : fields.cn_validations)
      if (item == "EMAIL") item = "email";  // the schema lowers the case
    std::vector<std::string> warnings;
    Asked asked;
    asked.common_name = one.common_name;
    const auto names = checked_names(role_of(fields), {}, asked.view(), nullptr, warnings);
    EXPECT_EQ(names.has_value(), one.is_allowed) << one.common_name;
  }
}

TEST(PkiNames, UserIds) {
  RoleFields fields = any_role();
  fields.allowed_user_ids = {"Alice", "svc-*"};
  const Role role = role_of(fields);
  EXPECT_TRUE(check_user_ids(role, {"alice", "svc-7"}));
  const auto refused = check_user_ids(role, {"alice", "bob"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "user_id bob is not allowed by this role");
  EXPECT_FALSE(check_user_ids(role_of(any_role()), {"alice"}));
}

}  // namespace
}  // namespace signet::pki
