// SPDX-License-Identifier: Apache-2.0
// What tokens keep for themselves (engines.md section 7.2).
#include "tests/support/full_house.hpp"

#include <string>

#include <gtest/gtest.h>

namespace signet {
namespace {

using core::Json;
using core::Operation;

class Cubbyhole : public testing::TestWithParam<std::string> {
 protected:
  std::string token(const Json& fields = {{"policies", {"default"}}}) {
    const core::Outcome made = house_.call(Operation::update, "auth/token/create", fields);
    EXPECT_FALSE(made.error);
    return std::string(made.response.auth->client_token.reveal_text());
  }
  bool is_absent(const std::string& path, const std::string& with) {
    const core::Outcome outcome = house_.call(Operation::read, path, {}, with);
    return outcome.error && outcome.error->code == ErrorCode::absent;
  }
  std::size_t rows() { return house_.database.query("SELECT path FROM tokens_cubbyholes").size(); }

  test::House house_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, Cubbyhole, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(Cubbyhole, IsOneTokensOwn) {
  const std::string ann = token();
  const std::string bob = token();
  house_.write("cubbyhole/a", {{"k", "ann's"}}, ann);
  house_.write("cubbyhole/a", {{"k", "root's"}});
  EXPECT_EQ(house_.read("cubbyhole/a", ann), (Json{{"k", "ann's"}}));
  EXPECT_EQ(house_.read("cubbyhole/a"), (Json{{"k", "root's"}})) << "not even root sees another's";
  EXPECT_TRUE(is_absent("cubbyhole/a", bob));
  house_.remove("cubbyhole/a");
  EXPECT_EQ(house_.read("cubbyhole/a", ann), (Json{{"k", "ann's"}}));
}

TEST_P(Cubbyhole, IsATree) {
  house_.write("cubbyhole/a", {{"v", 1}});
  house_.write("cubbyhole/a", {{"w", {1, 2}}});
  house_.write("cubbyhole/dir/b", {{"v", 2}});
  EXPECT_EQ(house_.read("cubbyhole/a"), (Json{{"w", {1, 2}}})) << "a write replaces";
  EXPECT_EQ(house_.list("cubbyhole")["keys"], (Json{"a", "dir/"}));
  EXPECT_EQ(house_.list("cubbyhole/dir")["keys"], (Json{"b"}));
  EXPECT_EQ(house_.list("cubbyhole", {{"after", "a"}})["keys"], (Json{"dir/"}));
  EXPECT_EQ(house_.data_of(house_.call(Operation::scan, "cubbyhole"))["keys"],
            (Json{"a", "dir/b"}));
  EXPECT_EQ(house_.refusal(Operation::update, "cubbyhole/a"), "missing data fields");
  EXPECT_EQ(house_.refusal(Operation::update, "cubbyhole", {{"v", 1}}), "missing path");
  EXPECT_EQ(house_.refusal(Operation::update, "cubbyhole/" + std::string(2001, 'x'), {{"v", 1}}),
            "path is longer than 2000 bytes");
}

TEST_P(Cubbyhole, KeepsTheTextOfNumbers) {
  core::Request request = house_.request(Operation::update, "cubbyhole/n", Json{{"big", 1.0}});
  request.raw_body = to_bytes(std::string_view(R"({"big":123456789012345678901234567890})"));
  ASSERT_FALSE(house_.pipeline().run(request).error);
  EXPECT_EQ(house_.call(Operation::read, "cubbyhole/n").response.data_json->reveal_text(),
            R"({"big":123456789012345678901234567890})");
}

TEST_P(Cubbyhole, GoesWithItsToken) {
  const std::string revoked = token();
  house_.write("cubbyhole/a", {{"k", "v"}}, revoked);
  const std::string expiring = token({{"policies", {"default"}}, {"ttl", "1m"}});
  house_.write("cubbyhole/a", {{"k", "v"}}, expiring);
  house_.write("cubbyhole/a", {{"k", "v"}});
  EXPECT_EQ(rows(), 3U);
  house_.write("auth/token/revoke", {{"token", revoked}});
  EXPECT_EQ(rows(), 2U);
  house_.clock.advance(Seconds(61));
  house_.tokens.remove_expired();
  EXPECT_EQ(rows(), 1U);
  EXPECT_EQ(house_.read("cubbyhole/a"), (Json{{"k", "v"}}));
}

TEST_P(Cubbyhole, GoesWithTheTokensParent) {
  const std::string parent =
      house_.token_with("maker", "path \"auth/token/create\" { capabilities = [\"update\"] }");
  const core::Outcome made =
      house_.call(Operation::update, "auth/token/create", {{"policies", {"default"}}}, parent);
  ASSERT_FALSE(made.error);
  const std::string child(made.response.auth->client_token.reveal_text());
  house_.write("cubbyhole/a", {{"k", "v"}}, child);
  house_.write("auth/token/revoke", {{"token", parent}});
  EXPECT_EQ(rows(), 0U);
}

TEST_P(Cubbyhole, IsThereOnceAndForAll) {
  EXPECT_EQ(house_.refusal(Operation::remove, "sys/mounts/cubbyhole"),
            "cannot unmount \"cubbyhole/\"");
  EXPECT_EQ(house_.refusal(Operation::update, "sys/mounts/mine", {{"type", "cubbyhole"}}),
            "mount type of \"cubbyhole\" is not mountable");
}

TEST_P(Cubbyhole, IsSealedInItsRows) {
  house_.write("cubbyhole/a", {{"k", "marker-text"}});
  for (const storage::Row& row : house_.database.query("SELECT value FROM tokens_cubbyholes"))
    EXPECT_EQ(std::string(as_text(row.bytes(0))).find("marker-text"), std::string::npos);
}

}  // namespace
}  // namespace signet
