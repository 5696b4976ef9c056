// SPDX-License-Identifier: Apache-2.0
// Policies, capabilities, tools, loggers, the catalog and the API's description.
#include "tests/support/full_house.hpp"

#include <string>

#include <gtest/gtest.h>

namespace signet::sys {
namespace {

using core::Json;
using core::Operation;

class Sys : public testing::Test {
 protected:
  test::House house_;
};

TEST_F(Sys, Policies) {
  EXPECT_EQ(house_.list("sys/policies/acl")["keys"], (Json{"default", "root"}));
  EXPECT_EQ(house_.read("sys/policy")["policies"], (Json{"default", "root"}));
  const std::string text = "path \"a/*\" { capabilities = [\"read\"] }";
  const core::Outcome outcome =
      house_.call(Operation::update, "sys/policies/acl/UPPER", {{"policy", text}});
  ASSERT_EQ(outcome.response.warnings.size(), 1U);
  EXPECT_EQ(outcome.response.warnings[0], "policy name was converted to upper");
  EXPECT_EQ(house_.read("sys/policies/acl/upper")["policy"], text);
  EXPECT_EQ(house_.read("sys/policy/upper")["rules"], text);
  EXPECT_EQ(house_.refusal(Operation::update, "sys/policies/acl/none", Json::object()),
            "'policy' parameter not supplied or empty");
  EXPECT_EQ(house_.refusal(Operation::remove, "sys/policies/acl/default"),
            "cannot delete default policy");
  house_.remove("sys/policies/acl/upper");
  EXPECT_EQ(house_.call(Operation::read, "sys/policies/acl/upper").error->code, ErrorCode::absent);
}

TEST_F(Sys, Capabilities) {
  const std::string token =
      house_.token_with("mine", "path \"a/*\" { capabilities = [\"read\", \"list\"] }");
  const auto self = [&](Json paths) {
    return house_.write("sys/capabilities-self", {{"paths", std::move(paths)}}, token);
  };
  EXPECT_EQ(self({"a/b", "c"}), (Json{{"a/b", {"list", "read"}}, {"c", {"deny"}}}));
  EXPECT_EQ(self({"a/b"})["capabilities"], (Json{"list", "read"}));
  EXPECT_EQ(house_.write("sys/capabilities", {{"token", token}, {"path", "a/b"}})["a/b"],
            (Json{"list", "read"}));
  EXPECT_EQ(house_.write("sys/capabilities-self", {{"paths", "a,b"}})["b"], (Json{"root"}));
  EXPECT_EQ(house_.refusal(Operation::update, "sys/capabilities-self", {{"paths", Json::array()}}),
            "paths must be supplied");
  EXPECT_EQ(
      house_.refusal(Operation::update, "sys/capabilities", {{"token", "none"}, {"paths", {"a"}}}),
      "invalid token");
}

TEST_F(Sys, Hashes) {
  const auto sum = [&](const std::string& path, Json data) {
    return house_.write(path, std::move(data))["sum"];
  };
  EXPECT_EQ(sum("sys/tools/hash", {{"input", "aGVsbG8="}}),
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(sum("sys/tools/hash", {{"input", "aGVsbG8="}, {"algorithm", "sha3-256"}}),
            "3338be694f50c5f338814986cdf0686453a888b84f424d792af4b9202398f392");
  EXPECT_EQ(house_.refusal(Operation::update, "sys/tools/hash/md5", {{"input", "aGVsbG8="}}),
            "unsupported algorithm md5");
}

TEST_F(Sys, DrawsRandomBytes) {
  EXPECT_EQ(house_.write("sys/tools/random", {{"bytes", 16}, {"format", "hex"}})["random_bytes"]
                .get<std::string>()
                .size(),
            32U);
  EXPECT_EQ(house_.write("sys/tools/random/platform/24")["random_bytes"].get<std::string>().size(),
            32U);
  EXPECT_EQ(house_.refusal(Operation::update, "sys/tools/random", {{"bytes", 0}}),
            "'bytes' cannot be less than 1");
  EXPECT_EQ(house_.refusal(Operation::update, "sys/tools/random/99999999999999999999"),
            "'bytes' should be less than 131072");
}

TEST_F(Sys, Loggers) {
  EXPECT_EQ(house_.refusal(Operation::update, "sys/loggers/core", {{"level", "loud"}}),
            "invalid level provided: unknown log level: loud");
  EXPECT_EQ(house_.refusal(Operation::update, "sys/loggers/nosuch", {{"level", "info"}}),
            "logger \"nosuch\" not found");
  house_.write("sys/loggers/core", {{"level", "warn"}});
  EXPECT_EQ(house_.read("sys/loggers/core"), (Json{{"core", "warn"}}));
}

TEST_F(Sys, Catalog) {
  EXPECT_EQ(house_.read("sys/plugins/catalog/secret/kv")["builtin"], true);
  EXPECT_EQ(house_.call(Operation::read, "sys/plugins/catalog/auth/nosuch").error->code,
            ErrorCode::absent);
  EXPECT_EQ(house_.refusal(Operation::update, "sys/plugins/catalog/auth/x"),
            "external plugins are not supported");
}

TEST_F(Sys, DescribesItsApiAsFarAsTheCallerSeesIt) {
  house_.write("sys/mounts/kv", {{"type", "kv"}});
  const Json all = house_.read("sys/internal/specs/openapi");
  EXPECT_EQ(all["openapi"], "3.0.2");
  EXPECT_TRUE(all["paths"]["/kv/{path}"].contains("post"));
  EXPECT_EQ(all["paths"]["/sys/mounts/{path}/tune"]["parameters"][0]["name"], "path");
  const Json open = test::House::data_of(
      house_.call(Operation::read, "sys/internal/specs/openapi", Json::object(), ""));
  EXPECT_FALSE(open["paths"].contains("/kv/{path}"));
  EXPECT_TRUE(open["paths"].contains("/sys/health"));
}

TEST_F(Sys, EveryRouteThatIsNotPublicRefusesWithoutAToken) {
  const auto table = house_.mounts.table();
  for (const auto& [path, mounted] : table->all()) {
    for (const core::Route& route : mounted.engine->routes().routes()) {
      if (route.is_unauthenticated()) continue;
      std::string concrete = path;
      bool is_inside = false;
      for (const char c : route.pattern()) {
        if (c == '{') concrete += 'x';
        is_inside = c == '{' || (is_inside && c != '}');
        if (!is_inside && c != '}') concrete += c;
      }
      for (const auto& [operation, endpoint] : route.endpoints())
        EXPECT_EQ(house_.refusal(operation, concrete, Json::object(), ""), "permission denied")
            << concrete;
    }
  }
}

}  // namespace
}  // namespace signet::sys
