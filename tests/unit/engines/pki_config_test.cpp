// SPDX-License-Identifier: Apache-2.0
// A mount's configuration, its issuers and its keys as objects (pki.md 9, 10, 13.1).
#include "tests/support/full_house.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet::pki {
namespace {

using core::Json;
using core::Operation;

class PkiConfig : public testing::Test {
 protected:
  void SetUp() override { house_.write("sys/mounts/pki", {{"type", "pki"}}); }
  Json root(const std::string& name) {
    return house_.write("pki/root/generate/internal",
                        {{"common_name", name}, {"key_type", "ec"}, {"issuer_name", name}});
  }

  test::House house_;
};

TEST_F(PkiConfig, RefusesWrongSettings) {
  root("alpha");
  house_.write("pki/config/crl", {{"expiry", "48h"}});
  struct Case {
    const char* name;
    std::string path;
    Json data;
    std::string error;
  };
  const std::vector<Case> cases{
      {"url",
       "config/urls",
       {{"issuing_certificates", "not a url"}},
       "invalid URL found in Authority Information Access (AIA) parameter issuing_certificates: "
       "not "
       "a url"},
      {"second url",
       "config/urls",
       {{"ocsp_servers", {"http://ok.example.com", "ftp//bad"}}},
       "invalid URL found in Authority Information Access (AIA) parameter ocsp_servers: ftp//bad"},
      {"cluster",
       "config/cluster",
       {{"path", "no url"}},
       "invalid, non-URL path given to cluster: no url"},
      {"empty cluster",
       "config/cluster",
       {{"aia_path", ""}},
       "invalid, non-URL aia_path given to cluster: "},
      {"duration",
       "config/crl",
       {{"expiry", "forever"}},
       "given expiry could not be decoded: time: invalid duration \"forever\""},
      {"no life", "config/crl", {{"expiry", "0s"}}, "expiry must be greater than 0 got: 0s"},
      {"grace",
       "config/crl",
       {{"auto_rebuild", true}, {"auto_rebuild_grace_period", "50h"}},
       "CRL auto-rebuilding grace period (50h) must be strictly shorter than CRL expiry (48h) "
       "value "
       "when auto-rebuilding of CRLs is enabled"},
      {"delta",
       "config/crl",
       {{"enable_delta", true}},
       "Delta CRLs cannot be enabled when auto rebuilding is disabled as the complete CRL is "
       "always "
       "regenerated!"},
      {"negative",
       "config/crl",
       {{"ocsp_expiry", "-1h"}},
       "ocsp_expiry must be greater than or equal to 0 got: -1h0m0s"},
      {"no default", "config/issuers", Json::object(),
       "Invalid issuer specification; must be non-empty and can't be 'default'."},
      {"default default",
       "config/issuers",
       {{"default", "default"}},
       "Invalid issuer specification; must be non-empty and can't be 'default'."},
      {"unknown issuer",
       "config/issuers",
       {{"default", "nobody"}},
       "Error resolving issuer reference: unable to find PKI issuer for reference: nobody"},
      {"no next", "root/replace", Json::object(),
       "Error resolving issuer reference: unable to find PKI issuer for reference: next"},
      {"no key", "config/keys", Json::object(),
       "Invalid key specification; must be non-empty and can't be 'default'."},
      {"unknown key",
       "config/keys",
       {{"default", "missing"}},
       "Error resolving issuer reference: unable to find PKI key for reference: missing"},
      {"behaviour",
       "issuer/alpha",
       {{"leaf_not_after_behavior", "whatever"}},
       "Unknown value for field `leaf_not_after_behavior`. Possible values are `err`, `truncate`, "
       "and `permit`."},
      {"usage",
       "issuer/alpha",
       {{"usage", "everything"}},
       "Unable to parse specified usages: [everything] - valid values are "
       "crl-signing,issuing-certificates,ocsp-signing,read-only"},
      {"algorithm",
       "issuer/alpha",
       {{"revocation_signature_algorithm", "SHA256WithRSA"}},
       "unable to use issuer of type ec to sign with SHA256WithRSA"},
      {"key type",
       "keys/generate/internal",
       {{"key_type", "none"}},
       "Validation for key_type, key_bits failed: unknown key type none"},
      {"key bits",
       "keys/generate/internal",
       {{"key_type", "ec"}, {"key_bits", 111}},
       "Validation for key_type, key_bits failed: unsupported bit length for EC key: 111"},
      {"key name",
       "keys/generate/internal",
       {{"key_type", "ec"}, {"key_name", "a b"}},
       "key name contained invalid characters"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(house_.refusal(Operation::update, "pki/" + one.path, one.data), one.error);
  }
}

TEST_F(PkiConfig, WritesAreParts) {
  house_.write("pki/config/urls", {{"ocsp_servers", "http://a.example.com/ocsp"}});
  const Json urls =
      house_.write("pki/config/urls", {{"issuing_certificates", {"http://a.example.com/ca"}}});
  EXPECT_EQ(urls["ocsp_servers"], Json::array({"http://a.example.com/ocsp"}));
  EXPECT_EQ(house_.read("pki/config/urls"), urls);
  house_.write("pki/config/crl", {{"expiry", "48h"}});
  const Json crl = house_.write("pki/config/crl", {{"ocsp_expiry", 3600}});
  EXPECT_EQ(crl["expiry"], "48h");
  EXPECT_EQ(crl["ocsp_expiry"], "3600");
}

TEST_F(PkiConfig, TemplatesWaitForTheirValues) {
  const auto outcome =
      house_.call(Operation::update, "pki/config/urls",
                  {{"enable_templating", true},
                   {"issuing_certificates", "{{cluster_aia_path}}/{{issuer_id}}"}});
  ASSERT_EQ(outcome.response.warnings.size(), 1U);
  EXPECT_TRUE(outcome.response.warnings[0].starts_with("issuance may fail: "));
  house_.write("pki/config/cluster", {{"aia_path", "http://aia.example.com"}});
  EXPECT_TRUE(house_.call(Operation::update, "pki/config/urls").response.warnings.empty());
}

TEST_F(PkiConfig, IssuersArePaged) {
  for (const char* name : {"a", "b", "c"}) root(name);
  const Json all = house_.list("pki/issuers")["keys"];
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(house_.list("pki/issuers", {{"limit", 2}})["keys"], (Json{all[0], all[1]}));
  EXPECT_EQ(house_.list("pki/issuers", {{"after", all[1]}})["keys"], Json::array({all[2]}));
  EXPECT_FALSE(house_.call(Operation::list, "pki/issuers", {}, "").error) << "no token needed";
}

TEST_F(PkiConfig, PostReplacesAndPatchChanges) {
  const std::string id = root("alpha")["issuer_id"];
  house_.data_of(
      house_.call(Operation::patch, "pki/issuer/alpha", {{"leaf_not_after_behavior", "permit"}}));
  Json issuer = house_.read("pki/issuer/" + id);
  EXPECT_EQ(issuer["issuer_name"], "alpha");
  EXPECT_EQ(issuer["leaf_not_after_behavior"], "permit");
  issuer = house_.write("pki/issuer/" + id);
  EXPECT_EQ(issuer["issuer_name"], "");
  EXPECT_EQ(issuer["leaf_not_after_behavior"], "err");
}

TEST_F(PkiConfig, ManualChainBeginsWithItself) {
  const std::string alpha = root("alpha")["issuer_id"];
  const std::string beta = root("beta")["issuer_id"];
  EXPECT_EQ(house_.refusal(Operation::patch, "pki/issuer/alpha", {{"manual_chain", {"beta"}}}),
            "expected first cert in chain to be a self-reference, but was: beta/" + beta);
  const Json issuer = house_.data_of(
      house_.call(Operation::patch, "pki/issuer/alpha", {{"manual_chain", {"self", "beta"}}}));
  EXPECT_EQ(issuer["manual_chain"], (Json{alpha, beta}));
  EXPECT_EQ(issuer["ca_chain"].size(), 2U);
  const Json back = house_.data_of(
      house_.call(Operation::patch, "pki/issuer/alpha", {{"manual_chain", Json::array()}}));
  EXPECT_EQ(back["ca_chain"].size(), 1U);
}

TEST_F(PkiConfig, KeyInUseStays) {
  const Json made = root("alpha");
  const std::string key = made["key_id"];
  EXPECT_EQ(house_.refusal(Operation::remove, "pki/key/" + key),
            "Failed to Delete Key.  Key in Use by Issuer: " + made["issuer_id"].get<std::string>());
  house_.remove("pki/issuer/alpha");
  house_.remove("pki/key/" + key);
  EXPECT_EQ(house_.read("pki/config/keys")["default"], "");
}

TEST_F(PkiConfig, DefaultFollowsTheLatestWhenAsked) {
  root("alpha");
  house_.write("pki/config/issuers",
               {{"default", "alpha"}, {"default_follows_latest_issuer", true}});
  const Json beta = root("beta");
  EXPECT_EQ(house_.read("pki/config/issuers")["default"], beta["issuer_id"]);
}

}  // namespace
}  // namespace signet::pki
