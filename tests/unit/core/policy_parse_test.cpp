// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::core {
namespace {

constexpr UnixTime now{1'767'225'600};

struct Refused {
  const char* name;
  const char* text;
  const char* message;
};

class RefusedPolicy : public testing::TestWithParam<Refused> {};

TEST_P(RefusedPolicy, SaysWhy) {
  const auto policy = parse_policy("p", GetParam().text, now);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().code, ErrorCode::invalid);
  EXPECT_THAT(policy.error().message, testing::StartsWith("failed to parse policy: "));
  EXPECT_THAT(policy.error().message, testing::EndsWith(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedPolicy,
    testing::Values(
        Refused{"UnknownCapability", R"(path "a" { capabilities = ["fly"] })",
                "failed to parse policy: path \"a\": invalid capability \"fly\""},
        Refused{"UnknownKey", R"(path "a" { capabilities = ["read"] colour = "red" })",
                "policy: 1 error occurred:\n\t* path \"a\": invalid key \"colour\" on line 1\n\n"},
        Refused{"UnknownTopKey", R"(paths "a" { capabilities = ["read"] })",
                "policy: 1 error occurred:\n\t* invalid key \"paths\" on line 0\n\n"},
        Refused{"TwoUnknownKeys", "x = 1\ny = 2",
                "policy: 2 errors occurred:\n\t* invalid key \"x\" on line 1\n\t* invalid key "
                "\"y\" on line 2\n\n"},
        Refused{"PlusStar", R"(path "a/+*" { capabilities = ["read"] })",
                "path \"a/+*\": invalid use of wildcards ('+*' is forbidden)"},
        Refused{"LegacyWord", R"(path "a" { policy = "own" })",
                "path \"a\": invalid policy \"own\""},
        Refused{"WrappingOrder", R"(path "a" { min_wrapping_ttl = "1h" max_wrapping_ttl = "1m" })",
                "policy: max_wrapping_ttl cannot be less than min_wrapping_ttl"},
        Refused{"Braces", R"(path "a/{{b" { capabilities = ["read"] })",
                "unbalanced templating characters"},
        Refused{"ClosedBraces", R"(path "a/b}}" { capabilities = ["read"] })",
                "unbalanced templating characters"},
        Refused{"ControlGroup", R"(path "a" { control_group = {} })",
                "control_group is not supported"},
        Refused{"Limit", R"(path "a" { pagination_limit = -1 })",
                "pagination_limit must be a positive number"},
        Refused{"Expiration", R"(path "a" { expiration = "tomorrow" })",
                "invalid expiration time \"tomorrow\""},
        Refused{"NotAnObject", R"(path = "a")", "path must be an object"},
        Refused{"JsonKey", R"({"path":{"a":{"capability":["read"]}}})",
                "path \"a\": invalid key \"capability\" on line 1\n\n"}),
    [](const auto& tested) { return tested.param.name; });

PathRule only_rule(std::string_view text) {
  const auto policy = parse_policy("p", text, now);
  EXPECT_TRUE(policy) << policy.error().message;
  if (!policy || policy->rules.size() != 1) return {};
  return policy->rules[0];
}

TEST(ParsePolicy, TellsPatternsApart) {
  const struct {
    const char* written;
    const char* pattern;
    PatternKind kind;
    bool is_prefix;
  } cases[] = {
      {"a/b", "a/b", PatternKind::exact, false},
      {"/a/b", "a/b", PatternKind::exact, false},
      {"a/b*", "a/b", PatternKind::prefix, true},
      {"*", "", PatternKind::prefix, true},
      {"a*b", "a*b", PatternKind::exact, false},
      {"a/+/b", "a/+/b", PatternKind::segment, false},
      {"+/b", "+/b", PatternKind::segment, false},
      {"a/+", "a/+", PatternKind::segment, false},
      {"a/+/b*", "a/+/b", PatternKind::segment, true},
      {"foo+", "foo+", PatternKind::exact, false},
  };
  for (const auto& expected : cases) {
    PathRule rule;
    ASSERT_TRUE(set_pattern(rule, expected.written)) << expected.written;
    EXPECT_EQ(rule.pattern, expected.pattern) << expected.written;
    EXPECT_EQ(rule.kind, expected.kind) << expected.written;
    EXPECT_EQ(rule.is_prefix, expected.is_prefix) << expected.written;
  }
}

TEST(ParsePolicy, ReadsEveryKey) {
  const PathRule rule = only_rule(R"(
    name = "ignored"
    path "kv/*" {
      comment = "free text"
      capabilities = ["create", "read", "sudo"]
      required_parameters = ["Owner"]
      allowed_parameters = { "TTL" = ["1h", 2], "*" = [] }
      denied_parameters = { "password" = [] }
      min_wrapping_ttl = "1s"
      max_wrapping_ttl = 3600
      pagination_limit = 100
      expiration = "2030-01-01T00:00:00Z"
      mfa_methods = ["one"]
    })");
  EXPECT_THAT(names(rule.permissions.capabilities), testing::ElementsAre("create", "read", "sudo"));
  EXPECT_THAT(rule.permissions.required_parameters, testing::ElementsAre("owner"));
  EXPECT_EQ(rule.permissions.allowed_parameters.at("ttl"), (std::vector<Json>{"1h", 2}));
  EXPECT_TRUE(rule.permissions.allowed_parameters.at("*").empty());
  EXPECT_EQ(rule.permissions.min_wrapping_ttl, Seconds(1));
  EXPECT_EQ(rule.permissions.max_wrapping_ttl, Seconds(3600));
  EXPECT_EQ(rule.permissions.pagination_limit, 100);
  EXPECT_EQ(rule.expires_at, UnixTime{1'893'456'000});
}

TEST(ParsePolicy, ReadsJsonAsHcl) {
  const char* texts[] = {
      R"({"path":{"secret/*":{"capabilities":["read","list"]}}})",
      R"({"path":[{"secret/*":{"capabilities":["read","list"]}}]})",
      R"(path = { "secret/*" = { capabilities = ["read", "list"] } })",
      R"(path "secret/*" { policy = "read" })",
  };
  for (const char* text : texts) {
    const PathRule rule = only_rule(text);
    EXPECT_EQ(rule.pattern, "secret/") << text;
    EXPECT_THAT(names(rule.permissions.capabilities), testing::ElementsAre("list", "read")) << text;
  }
}

TEST(ParsePolicy, KeepsNothingOfExpiredBlocks) {
  const auto policy =
      parse_policy("p", R"(path "a" { expiration = "2026-01-01T00:00:00Z" policy = "read" })", now);
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->rules.empty());
}

TEST(ParsePolicy, MayBeEmptyButForAComment) {
  const auto policy = parse_policy("p", "# nothing here", now);
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->rules.empty());
}

TEST(ParsePolicy, DenyErasesTheRest) {
  const PathRule rule =
      only_rule(R"(path "a" { capabilities = ["read", "deny"] required_parameters = ["x"] })");
  EXPECT_THAT(names(rule.permissions.capabilities), testing::ElementsAre("deny"));
  EXPECT_TRUE(rule.permissions.required_parameters.empty());
}

}  // namespace
}  // namespace signet::core
