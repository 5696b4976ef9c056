// SPDX-License-Identifier: Apache-2.0
#include "core/policy/acl.hpp"

#include <gtest/gtest.h>

namespace signet::core {
namespace {

constexpr UnixTime now{1'767'225'600};

Acl acl_of(const std::vector<std::string>& texts) {
  std::vector<std::shared_ptr<const Policy>> policies;
  for (const std::string& text : texts) {
    auto policy = parse_policy("p", text, now);
    EXPECT_TRUE(policy) << policy.error().message;
    if (policy) policies.push_back(std::make_shared<const Policy>(*std::move(policy)));
  }
  return Acl(policies, false, now);
}

struct Asked {
  const char* name;
  const char* policy;
  const char* data;
  bool is_allowed;
};

class Parameters : public testing::TestWithParam<Asked> {};

TEST_P(Parameters, Decide) {
  const Acl acl = acl_of({std::string("path \"k\" { capabilities = [\"update\", \"read\"] ") +
                          GetParam().policy + " }"});
  const Json data = Json::parse(GetParam().data);
  AccessRequest request;
  request.path = "k";
  request.operation = Operation::update;
  request.data = &data;
  EXPECT_EQ(acl.decide(request).is_allowed, GetParam().is_allowed);
}

constexpr const char* required = R"(required_parameters = ["owner", "Env"])";
constexpr const char* allowed =
    R"(allowed_parameters = { "size" = ["small", "mid*"] "name" = [] })";
constexpr const char* allowed_rest = R"(allowed_parameters = { "size" = ["small"] "*" = [] })";
constexpr const char* denied = R"(denied_parameters = { "pass" = [] "level" = ["root", "*min"] })";

INSTANTIATE_TEST_SUITE_P(
    Table, Parameters,
    testing::Values(
        Asked{"RequiredMissing", required, R"({"owner":"me"})", false},
        Asked{"RequiredThere", required, R"({"owner":"me","env":"dev"})", true},
        Asked{"RequiredEmpty", required, R"({"owner":"","env":null,"more":"1"})", true},
        Asked{"RequiredNone", required, R"({})", false},
        Asked{"AllowedValue", allowed, R"({"size":"small"})", true},
        Asked{"AllowedGlob", allowed, R"({"size":"middle","name":"zz"})", true},
        Asked{"AllowedOtherValue", allowed, R"({"size":"large"})", false},
        Asked{"AllowedOtherName", allowed, R"({"size":"small","other":"1"})", false},
        Asked{"AllowedAnyCase", allowed, R"({"SIZE":"small"})", true},
        Asked{"AllowedNothingGiven", allowed, R"({})", true},
        Asked{"StarTakesOthers", allowed_rest, R"({"other":"1"})", true},
        Asked{"StarKeepsValues", allowed_rest, R"({"size":"large","other":"1"})", false},
        Asked{"StarAlone", R"(allowed_parameters = { "*" = ["x"] })", R"({"a":"1"})", true},
        Asked{"DeniedOther", denied, R"({"level":"user"})", true},
        Asked{"DeniedValue", denied, R"({"level":"root"})", false},
        Asked{"DeniedGlob", denied, R"({"level":"admin"})", false},
        Asked{"DeniedAny", denied, R"({"pass":"x"})", false},
        Asked{"DeniedOtherName", denied, R"({"pass2":"x"})", true},
        Asked{"DeniedAll", R"(denied_parameters = { "*" = [] })", R"({"any":"x"})", false},
        Asked{"DeniedAllNothing", R"(denied_parameters = { "*" = [] })", R"({})", true},
        Asked{"Numbers", R"(allowed_parameters = { "n" = [2] })", R"({"n":2.0})", true},
        Asked{"NumberIsNoText", R"(allowed_parameters = { "n" = [2] })", R"({"n":"2"})", false},
        Asked{"Booleans", R"(allowed_parameters = { "b" = [true] })", R"({"b":false})", false},
        Asked{"Inside", R"(allowed_parameters = { "t" = ["*mid*"] })", R"({"t":"a mid b"})", true},
        Asked{"LoneStar", R"(allowed_parameters = { "t" = ["*"] })", R"({"t":"x"})", false}),
    [](const auto& tested) { return tested.param.name; });

TEST(ParameterMerge, JoinsNamesAndValues) {
  const Acl acl = acl_of(
      {R"(path "k" { capabilities = ["update"] allowed_parameters = { "k" = ["1"] } })",
       R"(path "k" { capabilities = ["read"] allowed_parameters = { "k" = ["2"] "j" = [] } })",
       R"(path "k" { capabilities = ["update"] })"});
  const auto allows = [&](const char* text) {
    const Json data = Json::parse(text);
    AccessRequest request;
    request.path = "k";
    request.operation = Operation::update;
    request.data = &data;
    return acl.decide(request).is_allowed;
  };
  EXPECT_TRUE(allows(R"({"k":"2","j":"5"})"));
  EXPECT_TRUE(allows(R"({"k":"1"})"));
  EXPECT_FALSE(allows(R"({"k":"3"})"));
  EXPECT_FALSE(allows(R"({"z":"3"})"));
}

TEST(Wrapping, MustLieWithinTheLimits) {
  const Acl acl = acl_of(
      {R"(path "k" { capabilities = ["read"] min_wrapping_ttl = "10s" max_wrapping_ttl = "1m" })"});
  const struct {
    std::optional<Seconds> asked;
    bool is_allowed;
  } cases[] = {{std::nullopt, false}, {Seconds(5), false}, {Seconds(10), true},
               {Seconds(30), true},   {Seconds(60), true}, {Seconds(120), false}};
  for (const auto& tested : cases) {
    AccessRequest request;
    request.path = "k";
    request.wrap_ttl = tested.asked;
    EXPECT_EQ(acl.decide(request).is_allowed, tested.is_allowed)
        << tested.asked.value_or(Seconds(0)).count();
  }
}

TEST(Wrapping, MergedLimitsThatCrossDeny) {
  const Acl acl = acl_of({R"(path "k" { capabilities = ["read"] min_wrapping_ttl = "60s" })",
                          R"(path "k" { capabilities = ["read"] max_wrapping_ttl = "10s" })"});
  AccessRequest request;
  request.path = "k";
  request.wrap_ttl = Seconds(30);
  EXPECT_FALSE(acl.decide(request).is_allowed);
}

TEST(Paging, LimitsLists) {
  const Acl acl = acl_of({R"(path "k/" { capabilities = ["list"] pagination_limit = 10 })",
                          R"(path "k/" { capabilities = ["list"] pagination_limit = 20 })",
                          R"(path "free/" { capabilities = ["list"] })"});
  const auto decide = [&](const char* path, const char* text) {
    const Json data = Json::parse(text);
    AccessRequest request;
    request.path = path;
    request.operation = Operation::list;
    request.data = &data;
    return acl.decide(request);
  };
  EXPECT_EQ(decide("k/", "{}").list_limit, 10);
  EXPECT_EQ(decide("k/", R"({"limit":"max"})").list_limit, 10);
  EXPECT_EQ(decide("k/", R"({"limit":"0"})").list_limit, 10);
  EXPECT_TRUE(decide("k/", R"({"limit":"7"})").is_allowed);
  EXPECT_EQ(decide("k/", R"({"limit":"7"})").list_limit, std::nullopt);
  EXPECT_FALSE(decide("k/", R"({"limit":"11"})").is_allowed);
  EXPECT_FALSE(decide("k/", R"({"limit":"-1"})").is_allowed);
  EXPECT_FALSE(decide("k/", R"({"limit":"many"})").is_allowed);
  EXPECT_EQ(decide("free/", R"({"limit":"max"})").list_limit, 0);
  EXPECT_EQ(decide("free/", "{}").list_limit, std::nullopt);
}

}  // namespace
}  // namespace signet::core
