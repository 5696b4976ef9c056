// SPDX-License-Identifier: Apache-2.0
// Issuing, signing, fetching and revoking through the pipeline, judged by our own strict parser and
// by the chain's verification.
#include "ca/certificate.hpp"
#include "ca/chain.hpp"
#include "ca/csr.hpp"
#include "ca/name.hpp"
#include "crypto/key.hpp"
#include "storage/certificates.hpp"
#include "tests/support/full_house.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet {
namespace {

using core::Json;
using core::Operation;

ca::Certificate certificate_of(const Json& text) {
  const auto blocks = parse_pem(text.get<std::string>());
  EXPECT_TRUE(blocks && blocks->size() == 1) << text;
  auto certificate = ca::parse_certificate(blocks->at(0).der);
  EXPECT_TRUE(certificate) << certificate.error().message;
  return std::move(*certificate);
}

class PkiIssue : public testing::TestWithParam<std::string> {
 protected:
  PkiIssue() {
    house.write("sys/mounts/pki", {{"type", "pki"}, {"config", {{"max_lease_ttl", "5000h"}}}});
    root = house.write("pki/root/generate/internal",
                       {{"common_name", "Root"}, {"key_type", "ec"}, {"ttl", "4000h"}});
    house.write("pki/roles/web", {{"allowed_domains", "corp.test"},
                                  {"allow_subdomains", true},
                                  {"key_type", "ec"},
                                  {"ttl", "1h"}});
  }

  std::string csr(const std::string& common_name, std::vector<std::string> dns) {
    ca::Subject subject;
    subject.common_name = common_name;
    ca::SubjectAltNames sans;
    sans.dns = std::move(dns);
    const auto key = crypto::PrivateKey::generate({crypto::KeyType::ec, 256});
    const Der der = ca::build_csr(*subject.name(), sans, {}, key, {});
    return pem("CERTIFICATE REQUEST", der.view());
  }

  test::House house{GetParam()};
  Json root;
};

INSTANTIATE_TEST_SUITE_P(Databases, PkiIssue, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(PkiIssue, WhatIsAnsweredIsStoredAndVerifies) {
  const Json data =
      house.write("pki/issue/web", {{"common_name", "a.corp.test"}, {"alt_names", "b.corp.test"}});
  const ca::Certificate leaf = certificate_of(data["certificate"]);
  const ca::Certificate issuer = certificate_of(data["issuing_ca"]);
  EXPECT_TRUE(ca::verify_path(leaf, {&issuer, 1}, house.clock.now()));
  EXPECT_EQ(leaf.sans.dns, (std::vector<std::string>{"a.corp.test", "b.corp.test"}));
  EXPECT_EQ(data["serial_number"], leaf.serial.colons());
  EXPECT_EQ(data["expiration"], leaf.not_after.seconds);
  EXPECT_EQ(data["not_before"], leaf.not_before.seconds);
  EXPECT_EQ(leaf.not_after.seconds, house.clock.now().seconds + 3600);
  EXPECT_EQ(data["ca_chain"], Json::array({data["issuing_ca"]}));
  EXPECT_EQ(data["private_key_type"], "ec");
  const auto key = crypto::PrivateKey::parse(as_bytes(data["private_key"].get<std::string>()));
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_TRUE(std::ranges::equal(key->public_key().spki(), leaf.spki));

  const Json stored = house.read("pki/cert/" + data["serial_number"].get<std::string>());
  EXPECT_EQ(stored["certificate"], data["certificate"]);
  EXPECT_EQ(stored["revocation_time"], 0);
  EXPECT_EQ(house.list("pki/certs")["keys"].size(), 2U);  // the root's own is there too
}

TEST_P(PkiIssue, Forms) {
  const Json der =
      house.write("pki/issue/web", {{"common_name", "a.corp.test"}, {"format", "der"}});
  const auto bytes = from_base64(der["certificate"].get<std::string>());
  ASSERT_TRUE(bytes);
  EXPECT_TRUE(ca::parse_certificate(*bytes));
  EXPECT_TRUE(from_base64(der["private_key"].get<std::string>()));

  const Json bundle = house.write(
      "pki/issue/web",
      {{"common_name", "a.corp.test"}, {"format", "pem_bundle"}, {"private_key_format", "pkcs8"}});
  const auto blocks = parse_pem(bundle["certificate"].get<std::string>());
  ASSERT_TRUE(blocks);
  std::vector<std::string> labels;
  for (const PemBlock& block : *blocks) labels.push_back(block.label);
  EXPECT_EQ(labels, (std::vector<std::string>{"EC PRIVATE KEY", "CERTIFICATE", "CERTIFICATE"}));
  EXPECT_TRUE(bundle["private_key"].get<std::string>().starts_with("-----BEGIN PRIVATE KEY-----"));

  const Json bare = house.write(
      "pki/issue/web", {{"common_name", "a.corp.test"}, {"remove_roots_from_chain", true}});
  EXPECT_FALSE(bare.contains("ca_chain"));
  EXPECT_EQ(house.refusal(Operation::update, "pki/issue/web",
                          {{"common_name", "a.corp.test"}, {"format", "p7b"}}),
            "the \"format\" path parameter must be \"pem\", \"der\", or \"pem_bundle\"");
}

TEST_P(PkiIssue, Refusals) {
  const auto refused = [&](const char* path, Json data) {
    return house.refusal(Operation::update, path, std::move(data));
  };
  EXPECT_EQ(refused("pki/issue/none", {{"common_name", "a.corp.test"}}), "unknown role: none");
  EXPECT_EQ(refused("pki/issue/web", {{"common_name", "a.other.test"}}),
            "common name a.other.test not allowed by this role");
  EXPECT_EQ(refused("pki/issuer/none/issue/web", {{"common_name", "a.corp.test"}}),
            "could not fetch the CA certificate (was one set?): unable to find PKI issuer for "
            "reference: none");
  EXPECT_EQ(refused("pki/sign/web", {{"csr", ""}}), "\"csr\" is empty");
  EXPECT_EQ(refused("pki/sign/web", {{"csr", csr("a.corp.test", {"b.other.test"})}}),
            "subject alternate name b.other.test not allowed by this role");
  house.write("pki/roles/any", {{"allow_any_name", true}, {"key_type", "any"}});
  EXPECT_EQ(refused("pki/issue/any", {{"common_name", "a.test"}}),
            "role key type \"any\" not allowed for issuing certificates without providing key_type "
            "and/or key_bits request parameters");
  EXPECT_EQ(
      refused("pki/issue/any", {{"common_name", "a.test"}, {"key_type", "ec"}, {"key_bits", 77}}),
      "failed to validate role: unsupported bit length for EC key: 77");
  house.write("pki/roles/rsa", {{"allow_any_name", true}});
  EXPECT_EQ(refused("pki/sign/rsa", {{"csr", csr("a.test", {})}}),
            "role requires keys of type rsa");
}

TEST_P(PkiIssue, ARoleThatChangedIsSeenAtOnce) {
  house.write("pki/issue/web", {{"common_name", "a.corp.test"}});
  house.write("pki/roles/web", {{"allowed_domains", "other.test"},
                                {"allow_subdomains", true},
                                {"key_type", "ec"},
                                {"client_flag", false}});
  EXPECT_EQ(house.refusal(Operation::update, "pki/issue/web", {{"common_name", "a.corp.test"}}),
            "common name a.corp.test not allowed by this role");
  const Json data = house.write("pki/issue/web", {{"common_name", "a.other.test"}});
  EXPECT_FALSE(certificate_of(data["certificate"]).ext_key_usage.has(ca::ExtKeyUsage::client_auth));
}

TEST_P(PkiIssue, SignTakesNamesFromTheRequestAndSubjectFromTheRole) {
  house.write("pki/roles/web", {{"allowed_domains", "corp.test"},
                                {"allow_subdomains", true},
                                {"key_type", "ec"},
                                {"organization", "Role Org"}});
  const Json data = house.write("pki/sign/web", {{"csr", csr("a.corp.test", {"b.corp.test"})}});
  const ca::Certificate leaf = certificate_of(data["certificate"]);
  EXPECT_EQ(leaf.subject.text(), "CN=a.corp.test,O=Role Org");
  EXPECT_EQ(leaf.sans.dns, (std::vector<std::string>{"b.corp.test", "a.corp.test"}));
  EXPECT_FALSE(data.contains("private_key"));
}

TEST_P(PkiIssue, VerbatimKeepsSubjectAndSans) {
  const Json data = house.write("pki/sign-verbatim", {{"csr", csr("any thing", {"x.test"})}});
  const ca::Certificate leaf = certificate_of(data["certificate"]);
  EXPECT_EQ(leaf.subject.text(), "CN=any thing");
  EXPECT_EQ(leaf.sans.dns, std::vector<std::string>{"x.test"});
  EXPECT_EQ(house.refusal(Operation::update, "pki/sign-verbatim/none", {{"csr", csr("a", {})}}),
            "unknown role: none");
}

TEST_P(PkiIssue, UnstoredCertificatesLeaveNoRow) {
  house.write("pki/roles/loose",
              {{"allow_any_name", true}, {"key_type", "ec"}, {"no_store", true}});
  const Json data = house.write("pki/issue/loose", {{"common_name", "a.test"}});
  const std::string serial = data["serial_number"];
  EXPECT_EQ(house.call(Operation::read, "pki/cert/" + serial).error->code, ErrorCode::absent);
  EXPECT_EQ(house.refusal(Operation::update, "pki/revoke", {{"serial_number", serial}}),
            "certificate with serial " + serial + " not found.");
  // Presented, it is stored and revoked.
  house.write("pki/revoke", {{"certificate", data["certificate"]}});
  EXPECT_NE(house.read("pki/cert/" + serial)["revocation_time"], 0);
}

TEST_P(PkiIssue, RevocationKeepsItsFirstTime) {
  const Json data = house.write("pki/issue/web", {{"common_name", "a.corp.test"}});
  const std::string serial = data["serial_number"];
  const Json first = house.write("pki/revoke", {{"serial_number", serial}});
  EXPECT_EQ(first["state"], "revoked");
  EXPECT_EQ(first["revocation_time"], house.clock.now().seconds);
  house.clock.advance(std::chrono::seconds(100));
  EXPECT_EQ(house.write("pki/revoke", {{"serial_number", serial}}), first);
  const Json stored = house.read("pki/cert/" + serial);
  EXPECT_EQ(stored["revocation_time"], first["revocation_time"]);
  EXPECT_EQ(stored["issuer_id"], root["issuer_id"]);
  EXPECT_EQ(house.list("pki/certs/revoked")["keys"], Json::array({serial}));
}

TEST_P(PkiIssue, RevocationRefusals) {
  const Json one = house.write("pki/issue/web", {{"common_name", "a.corp.test"}});
  const Json two = house.write("pki/issue/web", {{"common_name", "b.corp.test"}});
  const auto refused = [&](const char* path, Json data) {
    return house.refusal(Operation::update, path, std::move(data));
  };
  EXPECT_EQ(refused("pki/revoke", Json::object()),
            "The serial number or certificate to revoke must be provided.");
  EXPECT_EQ(refused("pki/revoke",
                    {{"serial_number", one["serial_number"]}, {"certificate", one["certificate"]}}),
            "Must provide either the certificate or the serial to revoke; not both.");
  EXPECT_EQ(refused("pki/revoke", {{"serial_number", ""}}), "The serial number must be provided");
  EXPECT_EQ(refused("pki/revoke", {{"serial_number", "hello world"}}),
            "certificate with serial hello world not found.");
  EXPECT_EQ(refused("pki/revoke", {{"serial_number", root["serial_number"]}}),
            "adding issuer (id: " + root["issuer_id"].get<std::string>() +
                ") to its own CRL is not allowed");
  EXPECT_EQ(refused("pki/revoke-with-key", {{"serial_number", one["serial_number"]}}),
            "Must have private key to revoke via the /revoke-with-key path.");
  EXPECT_EQ(refused("pki/revoke-with-key",
                    {{"serial_number", one["serial_number"]}, {"private_key", two["private_key"]}}),
            "provided private key does not match certificate's public key");
  house.write("pki/revoke-with-key",
              {{"serial_number", one["serial_number"]}, {"private_key", one["private_key"]}});
  EXPECT_EQ(house.list("pki/certs/revoked")["keys"].size(), 1U);
}

TEST_P(PkiIssue, ExpiredCertificatesAreNotRevoked) {
  const Json data = house.write("pki/issue/web", {{"common_name", "a.corp.test"}});
  house.clock.advance(std::chrono::hours(2));
  const auto outcome =
      house.call(Operation::update, "pki/revoke", {{"serial_number", data["serial_number"]}});
  ASSERT_FALSE(outcome.error);
  EXPECT_FALSE(outcome.response.data);
  ASSERT_EQ(outcome.response.warnings.size(), 1U);
  EXPECT_EQ(outcome.response.warnings[0], "certificate with serial " +
                                              data["serial_number"].get<std::string>() +
                                              " already expired; refusing to add to CRL");
}

TEST_P(PkiIssue, ListsPageBySerial) {
  for (const char* name : {"a.corp.test", "b.corp.test", "c.corp.test"})
    house.write("pki/issue/web", {{"common_name", name}});
  const Json all = house.list("pki/certs")["keys"];
  ASSERT_EQ(all.size(), 4U);
  const Json page = house.list("pki/certs", {{"after", all[1]}, {"limit", 1}})["keys"];
  EXPECT_EQ(page, Json::array({all[2]}));
  EXPECT_EQ(house.call(Operation::list, "pki/certs", {{"after", "ff:ff"}}).error->code,
            ErrorCode::absent);
  EXPECT_EQ(house.list("pki/certs", {{"after", "00"}})["keys"], all);
  const Json details = house.list("pki/certs/detailed")["key_info"];
  EXPECT_EQ(details[all[3].get<std::string>()]["issuer"], "CN=Root");
}

TEST_P(PkiIssue, RolesAsObjects) {
  EXPECT_EQ(house.call(Operation::read, "pki/roles/none").error->code, ErrorCode::absent);
  EXPECT_EQ(house.refusal(Operation::patch, "pki/roles/none", {{"ttl", "1h"}}),
            "Unable to fetch role entry to patch");
  const Json before = house.read("pki/roles/web");
  const auto patched =
      house.call(Operation::patch, "pki/roles/web", {{"ou", {"Patched"}}, {"max_ttl", "2h"}});
  ASSERT_FALSE(patched.error);
  Json expected = before;
  expected["ou"] = {"Patched"};
  expected["max_ttl"] = 7200;
  EXPECT_EQ(house.read("pki/roles/web"), expected);
  EXPECT_EQ(house.list("pki/roles")["keys"], Json::array({"web"}));
  house.remove("pki/roles/web");
  EXPECT_EQ(house.call(Operation::list, "pki/roles").error->code, ErrorCode::absent);
}

TEST_P(PkiIssue, DisablingTheMountRemovesEveryRow) {
  house.write("pki/issue/web", {{"common_name", "a.corp.test"}});
  house.remove("sys/mounts/pki");
  for (const char* query :
       {"SELECT 1 FROM certificates", "SELECT 1 FROM issuers", "SELECT 1 FROM issuer_keys",
        "SELECT 1 FROM authorities", "SELECT 1 FROM revocations"})
    EXPECT_TRUE(house.database.query(query).empty()) << query;
}

}  // namespace
}  // namespace signet
