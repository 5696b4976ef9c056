// SPDX-License-Identifier: Apache-2.0
// pki.md 3.1 and 3.2: what a role may be, and that it comes back as it was written.
#include "engines/pki/role.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace signet::pki {
namespace {

using nlohmann::json;

Result<Role> role_of(const json& body) {
  auto fields = role_schema().decode_all(body, {{"name", "r"}});
  if (!fields) return fields.error();
  return Role::make(std::move(*fields));
}

TEST(PkiRole, Refusals) {
  struct Case {
    json body;
    const char* message;
  };
  const std::vector<Case> cases{
      {{{"key_type", "dsa"}}, "unknown key type dsa"},
      {{{"key_bits", 1000}}, "RSA keys < 2048 bits are unsafe and not supported: got 1000"},
      {{{"key_bits", 2049}}, "unsupported bit length for RSA key: 2049"},
      {{{"key_type", "ec"}, {"key_bits", 2048}}, "unsupported bit length for EC key: 2048"},
      {{{"signature_bits", 128}}, "unsupported hash signature algorithm: 128"},
      {{{"ttl", "5h"}, {"max_ttl", "1h"}}, "\"ttl\" value must be less than \"max_ttl\" value"},
      {{{"ext_key_usage_oids", {"1.2.x"}}},
       "\"1.2.x\" could not be parsed as a valid oid for an extended key usage"},
      {{{"allowed_other_sans", {"nonsense"}}},
       "error parsing allowed_other_sans: expected a semicolon in other SAN \"nonsense\""},
      {{{"cn_validations", {"email", "email"}}},
       "cn_validations value incorrect: `email` specified multiple times"},
      {{{"cn_validations", {"disabled", "email"}}},
       "cn_validations value incorrect: cannot specify `disabled` along with `email` or "
       "`hostname`"},
      {{{"not_before_bound", "never"}},
       "Unknown value for field `not_before_bound`. Possible values are `permit` `duration` or "
       "`forbid`"},
      {{{"not_after_bound", "never"}},
       "Unknown value for field `not_after_bound`. Possible values are `permit`, `ttl-limited`, "
       "`forbid`, or an explicit timestamp."},
      {{{"allowed_ip_sans_cidr", {"10.0.0.0/99"}}},
       "error parsing allowed_ip_sans_cidr: invalid CIDR address: 10.0.0.0/99"},
  };
  for (const Case& one : cases) {
    const auto role = role_of(one.body);
    ASSERT_FALSE(role) << one.body.dump();
    EXPECT_EQ(role.error().message, one.message);
    EXPECT_EQ(role.error().code, ErrorCode::invalid);
  }
  EXPECT_FALSE(role_of({{"policy_identifiers", {"not an oid"}}}));
}

TEST(PkiRole, ResolvedSizes) {
  struct Case {
    json body;
    std::int64_t key_bits, signature_bits;
  };
  const std::vector<Case> cases{
      {json::object(), 2048, 256},
      {{{"key_type", "ec"}}, 256, 0},
      {{{"key_type", "ec"}, {"key_bits", 384}, {"signature_bits", 384}}, 384, 384},
      {{{"key_type", "ed25519"}, {"key_bits", 7}, {"signature_bits", 512}}, 0, 0},
      {{{"key_type", "any"}}, 0, 0},
      {{{"key_bits", 4096}, {"signature_bits", 512}}, 4096, 512},
  };
  for (const Case& one : cases) {
    const auto role = role_of(one.body);
    ASSERT_TRUE(role) << one.body.dump() << role.error().message;
    EXPECT_EQ(role->fields.key_bits, one.key_bits) << one.body.dump();
    EXPECT_EQ(role->fields.signature_bits, one.signature_bits) << one.body.dump();
  }
}

TEST(PkiRole, UsagesAreReadAsFarAsTheyAreKnown) {
  const auto role = role_of({{"key_usage", {"digitalsignature", "Bogus"}},
                             {"ext_key_usage", {"Bogus", "TimeStamping"}},
                             {"server_flag", false}});
  ASSERT_TRUE(role);
  EXPECT_EQ(role->key_usage, ca::usage::digital_signature);
  EXPECT_TRUE(role->ext_key_usage.has(ca::ExtKeyUsage::time_stamping));
  EXPECT_TRUE(role->ext_key_usage.has(ca::ExtKeyUsage::client_auth));
  EXPECT_FALSE(role->ext_key_usage.has(ca::ExtKeyUsage::server_auth));
  EXPECT_EQ(role->json()["key_usage"], (json{"digitalsignature", "Bogus"}));
}

TEST(PkiRole, PoliciesWithQualifiersShowAsObjects) {
  const auto role = role_of(
      {{"policy_identifiers",
        R"([{"oid":"1.3.6.1.4.1.7.8","notice":"a, b","cps":"https://example.com/cps"},{"oid":"1.2.3"}])"}});
  ASSERT_TRUE(role) << role.error().message;
  EXPECT_EQ(role->fields.policy_identifiers,
            (std::vector<std::string>{
                R"({"oid":"1.3.6.1.4.1.7.8","cps":"https://example.com/cps","notice":"a, b"})",
                R"({"oid":"1.2.3"})"}));
}

TEST(PkiRole, NoStoreWinsOverLeases) {
  const auto role = role_of({{"no_store", true}, {"generate_lease", true}});
  ASSERT_TRUE(role);
  EXPECT_FALSE(role->fields.generate_lease);
}

TEST(PkiRole, ComesBackFromItsRecord) {
  const json body{{"allowed_domains", "a.test,b.test"},
                  {"key_type", "ec"},
                  {"ttl", "2h"},
                  {"max_ttl", "4h"},
                  {"not_after", "2035-01-01T00:00:00Z"},
                  {"allowed_other_sans", "1.2.3.4;UTF8:x*"},
                  {"allowed_ip_sans_cidr", "10.0.0.0/8"},
                  {"policy_identifiers", R"([{"oid":"1.2.3","notice":"n"}])"},
                  {"ou", "One,Two,One"},
                  {"cn_validations", "EMAIL"},
                  {"use_pss", true}};
  const auto role = role_of(body);
  ASSERT_TRUE(role) << role.error().message;
  const Role again = Role::from_record(role->json().dump());
  EXPECT_EQ(again.json(), role->json());
  EXPECT_EQ(again.subject.organizational_unit, (std::vector<std::string>{"One", "Two"}));
  EXPECT_EQ(again.fields.cn_validations, std::vector<std::string>{"email"});
  EXPECT_EQ(again.policies.size(), 1U);
  EXPECT_THROW(Role::from_record("[]"), Fault);
}

}  // namespace
}  // namespace signet::pki
