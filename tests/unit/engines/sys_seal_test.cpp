// SPDX-License-Identifier: Apache-2.0
// From nothing to a working server over the API alone (core.md section 3.1), and back.
#include "tests/support/full_house.hpp"

#include <string>

#include <gtest/gtest.h>

namespace signet::sys {
namespace {

using core::Json;
using core::Operation;

TEST(SysSeal, InitialisesUnsealsAndSeals) {
  test::House house("sqlite", {}, false);
  EXPECT_EQ(house.call(Operation::read, "sys/health", {}, "").response.status, 501);
  EXPECT_EQ(test::House::data_of(house.call(Operation::read, "sys/init", {}, "")),
            (Json{{"initialized", false}}));
  EXPECT_EQ(house.refusal(Operation::read, "sys/mounts"), "Vault is sealed");

  const Json init = test::House::data_of(house.call(
      Operation::update, "sys/init", {{"secret_shares", 3}, {"secret_threshold", 2}}, ""));
  ASSERT_EQ(init["keys"].size(), 3U);
  ASSERT_EQ(init["keys_base64"].size(), 3U);
  const std::string root = init["root_token"];
  EXPECT_EQ(house.call(Operation::read, "sys/health", {}, "").response.status, 503);
  EXPECT_EQ(house.refusal(Operation::update, "sys/init",
                          {{"secret_shares", 1}, {"secret_threshold", 1}}, ""),
            "Vault is already initialized");

  Json status = test::House::data_of(
      house.call(Operation::update, "sys/unseal", {{"key", init["keys"][0]}}, ""));
  EXPECT_EQ(status["progress"], 1);
  EXPECT_EQ(status["sealed"], true);
  status = test::House::data_of(
      house.call(Operation::update, "sys/unseal", {{"key", init["keys_base64"][2]}}, ""));
  EXPECT_EQ(status["sealed"], false);

  EXPECT_EQ(house.call(Operation::read, "sys/health", {}, "").response.status, 200);
  EXPECT_TRUE(house.read("sys/mounts", root).contains("sys/"));
  EXPECT_EQ(house.read("auth/token/lookup-self", root)["policies"], (Json{"root"}));

  EXPECT_EQ(house.call(Operation::read, "sys/seal", {}, "").error->code,
            ErrorCode::unsupported_operation);
  EXPECT_EQ(house.refusal(Operation::update, "sys/seal", {}, ""), "permission denied");
  EXPECT_FALSE(house.call(Operation::update, "sys/seal", {}, root).error);
  EXPECT_EQ(house.refusal(Operation::read, "sys/mounts", {}, root), "Vault is sealed");
  EXPECT_EQ(test::House::data_of(house.call(Operation::read, "sys/seal-status", {}, ""))["sealed"],
            true);
}

TEST(SysSeal, HealthCodesAreTheCallersChoice) {
  test::House house;
  const auto status = [&](Json data) {
    return house.call(Operation::read, "sys/health", std::move(data), "").response.status;
  };
  EXPECT_EQ(status({}), 200);
  EXPECT_EQ(status({{"activecode", "299"}}), 299);
  EXPECT_EQ(status({{"standbyok", ""}, {"sealedcode", "204"}}), 200);
  EXPECT_EQ(house.refusal(Operation::read, "sys/health", {{"activecode", "abc"}}, ""),
            "Field validation failed: error converting input for field \"activecode\": '' cannot "
            "parse value as 'int': strconv.ParseInt: invalid syntax");
  core::Request request = house.request(Operation::read, "sys/health", Json::object(), "");
  EXPECT_TRUE(house.pipeline().try_inplace(request));
  request = house.request(Operation::read, "sys/health", Json::object(), "");
  request.namespace_header = "team";
  EXPECT_EQ(house.pipeline().run(request).error->message, "operation unavailable in namespaces");
}

TEST(SysSeal, Rotates) {
  test::House house;
  house.write("sys/rotate");
  EXPECT_EQ(house.read("sys/key-status")["term"], 2);
  EXPECT_EQ(house.read("sys/rotate/config")["interval"], 0);
  house.write("sys/rotate/config", {{"interval", "48h"}});
  EXPECT_EQ(house.read("sys/rotate/keyring/config")["interval"], "48h0m0s");
}

}  // namespace
}  // namespace signet::sys
