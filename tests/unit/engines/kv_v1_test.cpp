// SPDX-License-Identifier: Apache-2.0
// Version 1 of kv (engines.md section 2).
#include "engines/kv/v1.hpp"
#include "tests/support/full_house.hpp"

#include <string>

#include <gtest/gtest.h>

namespace signet::kv {
namespace {

using core::Json;
using core::Operation;

class Kv : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { house_.write("sys/mounts/team/kv", {{"type", "kv"}}); }
  Json keys(const std::string& path, Json data = Json::object()) {
    return house_.list(path, std::move(data))["keys"];
  }
  bool is_absent(Operation operation, const std::string& path) {
    const core::Outcome outcome = house_.call(operation, path);
    return outcome.error && outcome.error->code == ErrorCode::absent &&
           outcome.error->message.empty();
  }

  test::House house_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, Kv, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(Kv, GivesBackWhatWasWritten) {
  const Json value{{"user", "ann"}, {"n", 9007199254740993}, {"list", {1, "two", nullptr}}};
  house_.write("team/kv/app", value);
  EXPECT_EQ(house_.read("team/kv/app"), value);
  house_.write("team/kv/app", {{"only", "this"}});
  EXPECT_EQ(house_.read("team/kv/app"), (Json{{"only", "this"}})) << "a write replaces";
}

TEST_P(Kv, KeepsTheTextOfNumbers) {
  core::Request request = house_.request(Operation::update, "team/kv/n", Json{{"big", 1.0}});
  request.raw_body = to_bytes(std::string_view(R"({"big":123456789012345678901234567890})"));
  ASSERT_FALSE(house_.pipeline().run(request).error);
  const core::Outcome read = house_.call(Operation::read, "team/kv/n");
  EXPECT_EQ(read.response.data_json->reveal_text(), R"({"big":123456789012345678901234567890})");
}

TEST_P(Kv, HintsWhenToReadAgain) {
  const auto duration = [&](Json value) {
    house_.write("team/kv/x", std::move(value));
    return house_.call(Operation::read, "team/kv/x").response.lease_duration.count();
  };
  EXPECT_EQ(duration({{"v", 1}}), 2764800);
  EXPECT_EQ(duration({{"ttl", "5m"}}), 300);
  EXPECT_EQ(duration({{"ttl", 90}}), 90);
  EXPECT_EQ(duration({{"lease", "2h"}}), 7200);
  EXPECT_EQ(duration({{"ttl", "soon"}}), 2764800);
  house_.write("sys/mounts/team/kv/tune", {{"default_lease_ttl", "30m"}});
  EXPECT_EQ(duration({{"v", 1}}), 1800);
}

TEST_P(Kv, RefusesWhatIsNoSecret) {
  EXPECT_EQ(house_.refusal(Operation::update, "team/kv/x"), "missing data fields");
  EXPECT_EQ(house_.refusal(Operation::update, "team/kv", {{"v", 1}}), "missing path");
  EXPECT_EQ(house_.call(Operation::patch, "team/kv/x", {{"v", 1}}).error->code,
            ErrorCode::unsupported_operation);
}

TEST_P(Kv, ListsFoldersAndScansTrees) {
  for (const char* path : {"a", "a/b", "a/b/c", "z-last", "B", "with space"})
    house_.write("team/kv/" + std::string(path), {{"v", 1}});
  EXPECT_EQ(keys("team/kv"), (Json{"B", "a", "a/", "with space", "z-last"}));
  EXPECT_EQ(keys("team/kv/a"), (Json{"b", "b/"}));
  EXPECT_EQ(keys("team/kv", {{"after", "a"}, {"limit", "2"}}), (Json{"a/", "with space"}));
  EXPECT_EQ(keys("team/kv", {{"limit", "max"}}).size(), 5U);
  EXPECT_TRUE(is_absent(Operation::list, "team/kv/a/b/c"));
  const core::Outcome scan = house_.call(Operation::scan, "team/kv/a");
  EXPECT_EQ((*scan.response.data)["keys"], (Json{"b", "b/c"}));
  EXPECT_EQ(*house_.call(Operation::scan, "team/kv/none").response.data, Json::object());

  house_.remove("team/kv/a");
  EXPECT_TRUE(is_absent(Operation::read, "team/kv/a"));
  EXPECT_EQ(house_.read("team/kv/a/b"), (Json{{"v", 1}}));
  house_.remove("team/kv/a");
  EXPECT_TRUE(is_absent(Operation::read, "team/kv"));
}

TEST_P(Kv, PoliciesTellCreateFromUpdate) {
  const std::string token =
      house_.token_with("maker", "path \"team/kv/*\" { capabilities = [\"create\"] }");
  EXPECT_FALSE(house_.call(Operation::update, "team/kv/new", {{"v", 1}}, token).error);
  EXPECT_EQ(house_.refusal(Operation::update, "team/kv/new", {{"v", 2}}, token),
            "permission denied");
}

TEST_P(Kv, DisablingDeletesEverything) {
  house_.write("team/kv/app", {{"v", 1}});
  house_.remove("sys/mounts/team/kv");
  EXPECT_EQ(house_.database.query("SELECT path FROM secrets").size(), 0U);
  house_.write("sys/mounts/team/kv", {{"type", "kv"}});
  EXPECT_TRUE(is_absent(Operation::read, "team/kv/app"));
}

TEST_P(Kv, Versions) {
  house_.write("sys/mounts/one", {{"type", "kv-v1"}});
  EXPECT_EQ(house_.read("sys/mounts/one")["options"], (Json{{"version", "1"}}));
  EXPECT_EQ(house_.read("sys/mounts/one")["type"], "kv");
  EXPECT_EQ(house_.refusal(Operation::update, "sys/mounts/three",
                           {{"type", "kv"}, {"options", {{"version", "3"}}}}),
            "unknown kv version \"3\"");
}

TEST_P(Kv, RefusesPathsThatNoIndexTakes) {
  EXPECT_EQ(house_.refusal(Operation::update, "team/kv/" + std::string(2001, 'p'), {{"v", 1}}),
            "path is longer than 2000 bytes");
  house_.write("team/kv/" + std::string(2000, 'p'), {{"v", 1}});
}

}  // namespace
}  // namespace signet::kv
