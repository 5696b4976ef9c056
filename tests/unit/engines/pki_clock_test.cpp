// SPDX-License-Identifier: Apache-2.0
// A node whose clock differs from the database's signs no certificate; all else goes on.
#include "ca/csr.hpp"
#include "ca/name.hpp"
#include "crypto/key.hpp"
#include "tests/support/full_house.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet {
namespace {

using core::Json;
using core::Operation;
using std::chrono::milliseconds;

std::string some_csr() {
  ca::Subject subject;
  subject.common_name = "a.corp.test";
  const auto key = crypto::PrivateKey::generate({crypto::KeyType::ec, 256});
  return pem("CERTIFICATE REQUEST", ca::build_csr(*subject.name(), {}, {}, key, {}).view());
}

class PkiClock : public testing::Test {
 protected:
  PkiClock() {
    house.write("sys/mounts/pki", {{"type", "pki"}, {"config", {{"max_lease_ttl", "5000h"}}}});
    root = house.write("pki/root/generate/internal",
                       {{"common_name", "Root"}, {"key_type", "ec"}, {"ttl", "4000h"}});
    house.write("pki/roles/web", {{"allow_any_name", true}, {"key_type", "ec"}});
    house.write("pki/roles/unstored",
                {{"allow_any_name", true}, {"key_type", "ec"}, {"no_store", true}});
  }

  /// Every call that signs a certificate.
  [[nodiscard]] std::vector<std::pair<std::string, Json>> signing() const {
    const std::string csr = some_csr();
    const Json names{{"common_name", "a.corp.test"}};
    const Json request{{"common_name", "a.corp.test"}, {"csr", csr}};
    return {
        {"pki/issue/web", names},
        {"pki/issue/unstored", names},
        {"pki/issuer/default/issue/web", names},
        {"pki/sign/web", request},
        {"pki/sign/unstored", request},
        {"pki/issuer/default/sign/web", request},
        {"pki/sign-verbatim", request},
        {"pki/sign-verbatim/web", request},
        {"pki/issuer/default/sign-verbatim", request},
        {"pki/root/sign-intermediate", request},
        {"pki/issuer/default/sign-intermediate", request},
        {"pki/root/sign-self-issued", {{"certificate", root["certificate"]}}},
        {"pki/issuer/default/sign-self-issued", {{"certificate", root["certificate"]}}},
        {"pki/root/generate/internal", {{"common_name", "Other"}, {"key_type", "ec"}}},
        {"pki/issuers/generate/root/internal", {{"common_name", "Third"}, {"key_type", "ec"}}},
        {"pki/root/rotate/internal", {{"common_name", "Fourth"}, {"key_type", "ec"}}},
    };
  }
  std::size_t stored() { return house.list("pki/certs")["keys"].size(); }

  test::House house;
  Json root;
};

TEST_F(PkiClock, NothingIsSignedWhileItIsOff) {
  const std::size_t before = stored();
  for (const milliseconds offset : {milliseconds(5001), milliseconds(-172'800'400)}) {
    house.offset_database.set_clock_offset(offset);
    for (const auto& [path, body] : signing()) {
      const core::Outcome outcome = house.call(Operation::update, path, body);
      ASSERT_TRUE(outcome.error) << path;
      EXPECT_EQ(outcome.error->code, ErrorCode::unavailable) << path;
      EXPECT_EQ(outcome.error->message,
                std::string("nothing is issued while this server's clock is ") +
                    (offset.count() > 0 ? "5.0 s ahead of" : "172800.4 s behind") +
                    " the database server's: set both clocks right (NTP), then it goes on by "
                    "itself");
    }
  }
  EXPECT_EQ(stored(), before);
  for (const milliseconds offset : {milliseconds(0), milliseconds(5000), milliseconds(-5000)}) {
    house.offset_database.set_clock_offset(offset);
    for (const auto& [path, body] : signing()) {
      const core::Outcome outcome = house.call(Operation::update, path, body);
      EXPECT_FALSE(outcome.error) << path << ": " << outcome.error->message;
    }
  }
}

TEST_F(PkiClock, RevocationAndStatusGoOn) {
  const Json made = house.write("pki/issue/web", {{"common_name", "a.corp.test"}});
  house.offset_database.set_clock_offset(milliseconds(3'600'000));
  house.write("pki/revoke", {{"serial_number", made["serial_number"]}});
  house.read("pki/cert/" + made["serial_number"].get<std::string>());
  EXPECT_FALSE(house.call(Operation::read, "pki/crl/pem").error);
  EXPECT_FALSE(house
                   .call(Operation::update, "pki/intermediate/generate/internal",
                         {{"common_name", "Request"}, {"key_type", "ec"}})
                   .error);
}

TEST_F(PkiClock, HealthShowsTheOffset) {
  house.offset_database.set_clock_offset(milliseconds(-1234));
  const core::Outcome outcome = house.call(Operation::read, "sys/health");
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ((*outcome.response.data)["clock_skew_ms"], -1234);
}

}  // namespace
}  // namespace signet
