// SPDX-License-Identifier: Apache-2.0
#include "core/token/create.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::core {
namespace {

using testing::ElementsAre;
constexpr UnixTime now{1'767'225'600};

TokenEntry parent_with(std::vector<std::string> policies) {
  TokenEntry parent;
  parent.id_hash = to_bytes("parent");
  parent.policies = std::move(policies);
  if (!parent.is_root()) parent.expires_at = now + Seconds(7200);
  parent.bound_cidrs = {"10.0.0.0/8"};
  return parent;
}

class CreateToken : public testing::Test {
 protected:
  TokenRequester requester(const TokenEntry& parent, bool has_sudo) {
    TokenRequester asked{parent};
    asked.has_sudo = has_sudo;
    asked.path = "auth/token/create";
    asked.default_ttl = asked.max_ttl = Seconds(768 * 3600);
    asked.now = now;
    return asked;
  }
  TokenEntry made(const TokenRequest& request, const TokenRequester& by) {
    auto decided = decide_token(request, by);
    EXPECT_TRUE(decided) << decided.error().message;
    if (!decided) return {};
    warnings_ = decided->warnings;
    return decided->token.entry;
  }
  std::string refused(const TokenRequest& request, const TokenRequester& by) {
    const auto decided = decide_token(request, by);
    EXPECT_FALSE(decided);
    return decided ? "" : decided.error().message;
  }

  TokenEntry root_ = parent_with({"root"});
  TokenEntry web_ = parent_with({"api", "default", "web"});
  std::vector<std::string> warnings_;
};

TEST_F(CreateToken, ByRootWithoutAnythingIsRoot) {
  const TokenEntry token = made({}, requester(root_, true));
  EXPECT_TRUE(token.is_root());
  EXPECT_FALSE(token.expires_at);
  EXPECT_FALSE(token.is_renewable);
  EXPECT_EQ(token.parent, root_.id_hash);
  EXPECT_TRUE(token.bound_cidrs.empty());  // what never expires is not bound
}

TEST_F(CreateToken, SanitizesPolicies) {
  TokenRequest request;
  request.policies = {"web", "WEB", " api "};
  request.ttl = Seconds(7200);
  request.display_name = "ci job #1";
  const TokenEntry token = made(request, requester(root_, true));
  EXPECT_THAT(token.policies, ElementsAre("api", "default", "web"));
  EXPECT_EQ(token.display_name, "token-ci-job--1");
  EXPECT_EQ(token.expires_at, now + Seconds(7200));
  EXPECT_EQ(token.creation_ttl, Seconds(7200));
}

TEST_F(CreateToken, RootSwallowsOthers) {
  TokenRequest request;
  request.policies = {"root", "web"};
  request.ttl = Seconds(3600);
  const TokenEntry token = made(request, requester(root_, true));
  EXPECT_THAT(token.policies, ElementsAre("root"));
  EXPECT_EQ(token.creation_ttl, Seconds(3600));
  EXPECT_TRUE(token.is_renewable);
}

TEST_F(CreateToken, WithoutSudoIsASubset) {
  TokenRequest request;
  request.policies = {"web"};
  EXPECT_THAT(made(request, requester(web_, false)).policies, ElementsAre("default", "web"));
  request.no_default_policy = true;
  EXPECT_THAT(made(request, requester(web_, false)).policies, ElementsAre("web"));
  EXPECT_THAT(made({}, requester(web_, false)).policies, ElementsAre("api", "default", "web"));
  request.policies = {"web", "more"};
  EXPECT_EQ(refused(request, requester(web_, false)), "child policies must be subset of parent");
  request.policies = {"root"};
  EXPECT_EQ(refused(request, requester(web_, false)), "child policies must be subset of parent");
  EXPECT_EQ(refused(request, requester(web_, true)),
            "root tokens may not be created without parent token being root");
}

TEST_F(CreateToken, NeedsSudoForWhatEscapes) {
  const TokenRequester by = requester(web_, false);
  TokenRequest orphan;
  orphan.no_parent = true;
  EXPECT_EQ(refused(orphan, by), "root or sudo privileges required to create orphan token");
  TokenRequest periodic;
  periodic.period = Seconds(3600);
  EXPECT_EQ(refused(periodic, by), "root or sudo privileges required to create periodic token");
  TokenRequest named;
  named.id = SecretBytes(std::string_view("xx"));
  EXPECT_EQ(refused(named, by), "root or sudo privileges required to specify token id");
  TokenRequester asks_for_orphan = requester(web_, false);
  asks_for_orphan.asks_for_orphan = true;
  EXPECT_FALSE(made({}, asks_for_orphan).parent);
}

TEST_F(CreateToken, RefusesWhatCannotBe) {
  const TokenRequester by = requester(root_, true);
  const struct {
    void (*ask)(TokenRequest&);
    const char* message;
  } cases[] = {
      {[](TokenRequest& r) { r.id = SecretBytes(std::string_view("s.mine")); },
       "custom token ID cannot have the 's.' prefix"},
      {[](TokenRequest& r) { r.id = SecretBytes(std::string_view("has.dot")); },
       "custom token ID cannot have a '.' in the value"},
      {[](TokenRequest& r) { r.type = "huge"; }, "invalid 'token_type' value"},
      {[](TokenRequest& r) { r.type = "batch"; }, "batch tokens cannot be root tokens"},
      {[](TokenRequest& r) {
         r.type = "batch";
         r.num_uses = 2;
       },
       "batch tokens cannot have \"num_uses\" set"},
      {[](TokenRequest& r) {
         r.type = "batch";
         r.policies = {"web"};
       },
       "batch tokens are not supported yet"},
      {[](TokenRequest& r) { r.policies = {"response-wrapping"}; },
       "cannot assign policy \"response-wrapping\""},
      {[](TokenRequest& r) { r.entity_alias = "bob"; },
       "'entity_alias' is only allowed in combination with token role"},
      {[](TokenRequest& r) { r.num_uses = -1; }, "number of uses cannot be negative"},
      {[](TokenRequest& r) { r.ttl = Seconds(-1); }, "ttl must be positive"},
  };
  for (const auto& tested : cases) {
    TokenRequest request;
    tested.ask(request);
    EXPECT_EQ(refused(request, by), tested.message);
  }
  TokenEntry limited = root_;
  limited.uses_left = 2;
  EXPECT_EQ(refused({}, requester(limited, true)),
            "restricted use token cannot generate child tokens");
  TokenEntry expiring = root_;
  expiring.expires_at = now + Seconds(60);
  EXPECT_EQ(refused({}, requester(expiring, true)),
            "expiring root tokens cannot create non-expiring root tokens");
}

TEST_F(CreateToken, RolesDecidePolicies) {
  TokenRole role;
  role.name = "full";
  role.allowed_policies = {"dev", "ops"};
  role.allowed_policies_glob = {"team-*"};
  role.disallowed_policies = {"admin"};
  role.no_default_policy = true;
  role.is_orphan = true;
  role.path_suffix = "sfx";
  role.num_uses = 9;
  role.explicit_max_ttl = Seconds(3 * 3600);
  role.bound_cidrs = {"127.0.0.1"};
  TokenRequester by = requester(root_, true);
  by.role = &role;

  const TokenEntry all = made({}, by);
  EXPECT_THAT(all.policies, ElementsAre("dev", "ops"));
  EXPECT_EQ(all.path, "auth/token/create/full/sfx");
  EXPECT_EQ(all.role, "full");
  EXPECT_EQ(all.uses_left, 9);
  EXPECT_EQ(all.creation_ttl, Seconds(3 * 3600));
  EXPECT_EQ(all.explicit_max_ttl, Seconds(0));  // the role's limit stays the role's
  EXPECT_THAT(all.bound_cidrs, ElementsAre("127.0.0.1"));
  EXPECT_FALSE(all.parent);

  TokenRequest request;
  request.policies = {"team-red"};
  request.num_uses = 20;
  request.explicit_max_ttl = Seconds(3600);
  const TokenEntry one = made(request, by);
  EXPECT_THAT(one.policies, ElementsAre("team-red"));
  EXPECT_EQ(one.uses_left, 9);
  EXPECT_THAT(warnings_,
              testing::Contains("Explicit max TTL specified both during creation call and in role; "
                                "using the lesser value of 3600 seconds"));
  request.policies = {"other"};
  EXPECT_EQ(refused(request, by),
            "token policies ([\"other\"]) must be subset of the role's allowed policies ([\"dev\" "
            "\"ops\"]) or glob policies ([\"team-*\"])");
}

TEST_F(CreateToken, RolesOnlyDisallow) {
  TokenRole role;
  role.name = "dis";
  role.disallowed_policies = {"admin", "root"};
  role.disallowed_policies_glob = {"prod-*"};
  TokenRequester by = requester(root_, true);
  by.role = &role;
  TokenRequest request;
  request.policies = {"prod-x"};
  EXPECT_EQ(refused(request, by), "token policy \"prod-x\" is disallowed by this role");
  EXPECT_EQ(refused({}, by), "token policy \"root\" is disallowed by this role");
  request.policies = {"fine"};
  EXPECT_THAT(made(request, by).policies, ElementsAre("default", "fine"));
}

}  // namespace
}  // namespace signet::core
