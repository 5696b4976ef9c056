// SPDX-License-Identifier: Apache-2.0
#include "tests/support/full_house.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::auth {
namespace {

using core::Json;
using core::Operation;
using testing::ElementsAre;

constexpr const char* may_manage =
    R"(path "auth/token/*" { capabilities = ["create", "update", "read"] })";

class TokenMethod : public testing::TestWithParam<std::string> {
 protected:
  core::Auth create(const Json& data, std::string_view token = "root",
                    const std::string& path = "auth/token/create") {
    core::Outcome outcome = house_.call(Operation::update, path, data, token);
    EXPECT_FALSE(outcome.error) << outcome.error->message;
    if (outcome.error || !outcome.response.auth) return {};
    return std::move(*outcome.response.auth);
  }
  static std::string text(const core::Auth& auth) {
    return std::string(auth.client_token.reveal_text());
  }

  test::House house_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, TokenMethod, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(TokenMethod, CreatesAndShowsATokenWithItsParents) {
  house_.write("sys/policies/acl/mk", {{"policy", may_manage}});
  const core::Auth a = create({{"policies", {"mk"}}, {"ttl", "2h"}, {"meta", {{"k", "v"}}}});
  EXPECT_THAT(a.policies, ElementsAre("default", "mk"));
  EXPECT_EQ(a.lease_duration, Seconds(7200));
  const core::Auth b = create({{"ttl", "1h"}}, text(a));
  const core::Auth c = create({{"ttl", "1h"}}, text(b));

  Json shown = house_.read("auth/token/lookup-self", text(a));
  EXPECT_EQ(shown["id"], text(a));
  EXPECT_EQ(shown["meta"], Json({{"k", "v"}}));
  EXPECT_EQ(shown["path"], "auth/token/create");
  EXPECT_EQ(shown["ttl"], 7200);
  EXPECT_EQ(shown["orphan"], false);
  EXPECT_EQ(house_.write("auth/token/lookup-accessor", {{"accessor", b.accessor}})["id"], "");

  house_.write("auth/token/revoke", {{"token", text(b)}});
  EXPECT_EQ(house_.refusal(Operation::read, "auth/token/lookup-self", {}, text(c)),
            "permission denied");
  EXPECT_EQ(house_.read("auth/token/lookup-self", text(a))["accessor"], a.accessor);
}

TEST_P(TokenMethod, SaysWhatIsWrong) {
  const struct {
    const char* path;
    Json data;
    const char* message;
  } cases[] = {
      {"auth/token/lookup", {{"token", "nosuch"}}, "bad token"},
      {"auth/token/lookup-accessor",
       {{"accessor", "nosuch"}},
       "1 error occurred:\n\t* invalid accessor\n\n"},
      {"auth/token/lookup-accessor", Json::object(), "1 error occurred:\n\t* missing accessor\n\n"},
      {"auth/token/renew", {{"token", "nosuch"}}, "token not found"},
      {"auth/token/renew", Json::object(), "missing token ID"},
      {"auth/token/renew-self", Json::object(), "lease is not renewable"},
      {"auth/token/revoke", Json::object(), "missing token ID"},
      {"auth/token/revoke-orphan", {{"token", "nosuch"}}, "token to revoke not found"},
      {"auth/token/create/none", Json::object(), "unknown role none"},
  };
  for (const auto& tested : cases)
    EXPECT_EQ(house_.refusal(Operation::update, tested.path, tested.data), tested.message);
}

TEST_P(TokenMethod, RenewsByWhatWasGivenLast) {
  const core::Auth token = create({{"policies", {"x"}}, {"ttl", "2h"}});
  const std::string self = "auth/token/renew-self";
  EXPECT_EQ(create({{"increment", "90m"}}, text(token), self).lease_duration, Seconds(5400));
  EXPECT_EQ(create(Json::object(), text(token), self).lease_duration, Seconds(5400));
  const Json shown = house_.write("auth/token/lookup", {{"token", text(token)}});
  EXPECT_EQ(shown["creation_ttl"], 7200);
  EXPECT_EQ(shown["ttl"], 5400);
  EXPECT_TRUE(create({{"accessor", token.accessor}}, "root", "auth/token/renew-accessor")
                  .client_token.empty());
}

TEST_P(TokenMethod, RevokesAlone) {
  house_.write("sys/policies/acl/mk", {{"policy", may_manage}});
  const core::Auth e = create({{"policies", {"mk"}}, {"ttl", "1h"}});
  const core::Auth f = create({{"ttl", "1h"}}, text(e));
  EXPECT_EQ(
      house_.refusal(Operation::update, "auth/token/revoke-orphan", {{"token", text(f)}}, text(e)),
      "root or sudo privileges required to revoke and orphan");
  house_.write("auth/token/revoke-orphan", {{"token", text(e)}});
  EXPECT_EQ(house_.read("auth/token/lookup-self", text(f))["orphan"], true);
}

TEST_P(TokenMethod, CountsUses) {
  const core::Auth token = create({{"policies", {"x"}}, {"ttl", "1h"}, {"num_uses", 2}});
  EXPECT_EQ(house_.read("auth/token/lookup-self", text(token))["num_uses"], 1);
  EXPECT_TRUE(house_.call(Operation::read, "sys/mounts", {}, text(token)).error);
  EXPECT_EQ(house_.refusal(Operation::read, "auth/token/lookup-self", {}, text(token)),
            "permission denied");
}

TEST_P(TokenMethod, KeepsRoles) {
  EXPECT_EQ(house_.call(Operation::list, "auth/token/roles").error->code, ErrorCode::absent);
  house_.write("auth/token/roles/full", {{"allowed_policies", "dev,ops"},
                                         {"orphan", true},
                                         {"token_explicit_max_ttl", "3h"},
                                         {"token_bound_cidrs", {"127.0.0.1/32"}},
                                         {"period", 0}});
  house_.write("auth/token/roles/full", {{"path_suffix", "sfx"}});
  const Json shown = house_.read("auth/token/roles/full");
  EXPECT_EQ(shown["allowed_policies"], Json({"dev", "ops"}));
  EXPECT_EQ(shown["orphan"], true);
  EXPECT_EQ(shown["token_explicit_max_ttl"], 10800);
  EXPECT_EQ(shown["explicit_max_ttl"], 0);
  EXPECT_EQ(shown["token_bound_cidrs"], Json({"127.0.0.1"}));
  EXPECT_EQ(shown["path_suffix"], "sfx");
  EXPECT_EQ(shown["allowed_entity_aliases"], Json());
  EXPECT_EQ(house_.list("auth/token/roles")["keys"], Json({"full"}));

  const core::Auth token = create(Json::object(), "root", "auth/token/create/full");
  EXPECT_EQ(token.lease_duration, Seconds(10800));
  house_.remove("auth/token/roles/full");
  EXPECT_EQ(house_.refusal(Operation::update, "auth/token/renew", {{"token", text(token)}}),
            "1 error occurred:\n\t* failed to renew entry: original token role \"full\" could not "
            "be found, not renewing\n\n");
}

TEST_P(TokenMethod, RefusesRolesThatCannotBe) {
  const struct {
    Json data;
    const char* message;
  } cases[] = {
      {{{"token_type", "batch"}, {"renewable", true}},
       "'token_type' cannot be 'batch' when role is set to generate non-orphan tokens"},
      {{{"token_type", "nope"}}, "invalid 'token_type' value \"nope\""},
      {{{"path_suffix", "a/../b"}},
       "given role path suffix contains invalid characters; must match \\w[\\w-.]+\\w"},
      {{{"token_bound_cidrs", {"300.1.1.1"}}},
       "error parsing role fields: error parsing address \"300.1.1.1\": Unable to convert "
       "\"300.1.1.1\" to an IPv4 or IPv6 address, or a UNIX Socket"},
  };
  for (const auto& tested : cases)
    EXPECT_EQ(house_.refusal(Operation::update, "auth/token/roles/bad", tested.data),
              tested.message);
}

TEST_P(TokenMethod, ListsAccessorsForSudoOnly) {
  const core::Auth token = create({{"policies", {"x"}}, {"ttl", "1h"}});
  EXPECT_EQ(house_.list("auth/token/accessors")["keys"].size(), 2U);
  house_.write("sys/policies/acl/x",
               {{"policy", R"(path "auth/token/accessors" { capabilities = ["list"] })"}});
  EXPECT_TRUE(house_.call(Operation::list, "auth/token/accessors", {}, text(token)).error);
}

TEST_P(TokenMethod, TidiesInTheBackground) {
  const core::Outcome first = house_.call(Operation::update, "auth/token/tidy");
  EXPECT_EQ(first.response.status, 202);
  const core::Outcome second = house_.call(Operation::update, "auth/token/tidy");
  EXPECT_THAT(second.response.warnings, ElementsAre("Tidy operation already in progress."));
}

}  // namespace
}  // namespace signet::auth
