// SPDX-License-Identifier: Apache-2.0
// Certificates that hang on leases.
#include "core/lease/expiry.hpp"
#include "tests/support/full_house.hpp"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace signet {
namespace {

using core::Json;
using core::Operation;

class PkiLease : public testing::TestWithParam<std::string> {
 protected:
  PkiLease() {
    house.write("sys/mounts/pki", {{"type", "pki"}});
    house.write("pki/root/generate/internal", {{"common_name", "Root"}, {"key_type", "ec"}});
    house.write("pki/roles/leased", role());
  }

  static Json role(Json more = Json::object()) {
    Json fields{
        {"allow_any_name", true}, {"key_type", "ec"}, {"ttl", "1h"}, {"generate_lease", true}};
    fields.update(more);
    return fields;
  }
  core::Outcome issue(const std::string& role_name = "leased", std::string_view token = "root") {
    core::Outcome outcome =
        house.call(Operation::update, "pki/issue/" + role_name, {{"common_name", "a.test"}}, token);
    EXPECT_FALSE(outcome.error) << outcome.error->message;
    return outcome;
  }
  static std::string serial_of(const core::Outcome& outcome) {
    return outcome.response.data->at("serial_number").get<std::string>();
  }
  bool is_revoked(const std::string& serial) {
    return house.read("pki/cert/" + serial)["revocation_time"] != 0;
  }

  test::House house{GetParam()};
  core::LeaseExpiry expiry{house.leases, house.seal, house.database.changes()};
};

INSTANTIATE_TEST_SUITE_P(Databases, PkiLease, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(PkiLease, ACertificateComesWithALease) {
  const core::Outcome outcome = issue();
  EXPECT_TRUE(outcome.response.lease_id.starts_with("pki/issue/leased/"));
  EXPECT_FALSE(outcome.response.renewable);
  EXPECT_EQ(outcome.response.lease_duration, Seconds(3600));
  EXPECT_TRUE(outcome.response.warnings.empty());
  EXPECT_EQ(house.refusal(Operation::update, "sys/leases/renew",
                          {{"lease_id", outcome.response.lease_id}}),
            "lease is not renewable");
}

TEST_P(PkiLease, TheEndOfALeaseRevokes) {
  const core::Outcome outcome = issue();
  const std::string serial = serial_of(outcome);
  EXPECT_FALSE(is_revoked(serial));
  house.write("sys/leases/revoke", {{"lease_id", outcome.response.lease_id}});
  EXPECT_TRUE(is_revoked(serial));
  EXPECT_EQ(house.list("pki/certs/revoked")["keys"], Json({serial}));
}

TEST_P(PkiLease, OneThatIsRevokedAlreadyKeepsItsTime) {
  const core::Outcome outcome = issue();
  const std::string serial = serial_of(outcome);
  const Json first = house.write("pki/revoke", {{"serial_number", serial}});
  house.clock.advance(std::chrono::seconds(60));
  house.write("sys/leases/revoke", {{"lease_id", outcome.response.lease_id}});
  EXPECT_EQ(house.read("pki/cert/" + serial)["revocation_time"], first["revocation_time"]);
  EXPECT_FALSE(house.leases.find(outcome.response.lease_id));
}

TEST_P(PkiLease, AnExpiredCertificateIsNotListed) {
  const std::string serial = serial_of(issue());
  house.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(expiry.turn(), 1);
  EXPECT_FALSE(is_revoked(serial));
  house.write("pki/config/crl", {{"allow_expired_cert_revocation", true}});
  const std::string listed = serial_of(issue());
  house.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(expiry.turn(), 1);
  EXPECT_TRUE(is_revoked(listed));
}

TEST_P(PkiLease, TheTokenTakesItsCertificatesAlong) {
  const core::Outcome made =
      house.call(Operation::update, "auth/token/create", {{"policies", {"root"}}, {"ttl", "1h"}});
  const std::string token(made.response.auth->client_token.reveal_text());
  const std::string serial = serial_of(issue("leased", token));
  house.write("auth/token/revoke", {{"token", token}});
  EXPECT_EQ(expiry.turn(), 1);
  EXPECT_TRUE(is_revoked(serial));
}

TEST_P(PkiLease, WhatIsNotStoredHasNoLease) {
  house.write("pki/roles/unstored", role({{"no_store", true}}));
  EXPECT_EQ(house.read("pki/roles/unstored")["generate_lease"], false);
  EXPECT_EQ(issue("unstored").response.lease_id, "");
  house.write("pki/roles/plain", role({{"generate_lease", false}}));
  EXPECT_EQ(issue("plain").response.lease_id, "");
}

TEST_P(PkiLease, ALeaseEndsNoLaterThanItsMountAllows) {
  house.write("pki/roles/long", role({{"ttl", "2h"}, {"not_after", "2026-01-20T00:00:00Z"}}));
  house.write("sys/mounts/pki/tune", {{"max_lease_ttl", "24h"}, {"default_lease_ttl", "1h"}});
  const core::Outcome outcome = issue("long");
  const std::string serial = serial_of(outcome);
  EXPECT_LE(outcome.response.lease_duration, Seconds(24 * 3600));
  house.clock.advance(std::chrono::hours(25));
  EXPECT_EQ(expiry.turn(), 1);
}

// Neither the certificate nor its lease stands alone.
TEST_P(PkiLease, NothingOfARefusedCommitStays) {
  const std::string limited = [&] {
    const core::Outcome made = house.call(Operation::update, "auth/token/create",
                                          {{"policies", {"root"}}, {"num_uses", 1}});
    return std::string(made.response.auth->client_token.reveal_text());
  }();
  const std::size_t before = house.list("pki/certs")["keys"].size();
  EXPECT_TRUE(
      house.call(Operation::update, "pki/issue/leased", {{"common_name", "a.test"}}, limited)
          .error);
  EXPECT_EQ(house.list("pki/certs")["keys"].size(), before);
}

}  // namespace
}  // namespace signet
