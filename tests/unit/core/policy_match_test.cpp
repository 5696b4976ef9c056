// SPDX-License-Identifier: Apache-2.0
#include "core/policy/acl.hpp"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::core {
namespace {

constexpr UnixTime now{1'767'225'600};
using testing::ElementsAre;

Acl acl_of(const std::vector<std::string>& texts) {
  std::vector<std::shared_ptr<const Policy>> policies;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto policy = parse_policy("p" + std::to_string(i), texts[i], now);
    EXPECT_TRUE(policy) << policy.error().message;
    if (policy) policies.push_back(std::make_shared<const Policy>(*std::move(policy)));
  }
  return Acl(policies, false, now);
}

bool allows(const Acl& acl, Operation operation, std::string_view path, bool needs_sudo = false) {
  AccessRequest request;
  request.path = path;
  request.operation = operation;
  request.needs_sudo = needs_sudo;
  return acl.decide(request).is_allowed;
}

TEST(AclMatch, OnePatternDecides) {
  const Acl acl = acl_of({R"(
    path "kv/app/*" { capabilities = ["read", "create"] }
    path "kv/app/one" { capabilities = ["update"] }
    path "kv/team/+/conf" { capabilities = ["read"] }
    path "kv/team/blue/*" { capabilities = ["delete"] }
    path "kv/app/" { capabilities = ["list"] })"});
  EXPECT_FALSE(allows(acl, Operation::read, "kv/app/one"));
  EXPECT_TRUE(allows(acl, Operation::update, "kv/app/one"));
  EXPECT_TRUE(allows(acl, Operation::read, "kv/app/two/deep"));
  EXPECT_TRUE(allows(acl, Operation::read, "kv/team/red/conf"));
  EXPECT_FALSE(allows(acl, Operation::read, "kv/team/blue/conf"));
  EXPECT_TRUE(allows(acl, Operation::remove, "kv/team/blue/conf"));
  EXPECT_FALSE(allows(acl, Operation::read, "kv/team/red/sub/conf"));
  EXPECT_TRUE(allows(acl, Operation::list, "kv/app/"));
  EXPECT_FALSE(allows(acl, Operation::list, "kv/app/two/"));
  EXPECT_FALSE(allows(acl, Operation::list, "kv/"));
  EXPECT_FALSE(allows(acl, Operation::read, "kv/app"));
  EXPECT_TRUE(allows(acl, Operation::help, "anywhere"));
}

TEST(AclMatch, ALaterWildcardIsStronger) {
  const Acl acl = acl_of({R"(
    path "kv/*" { capabilities = ["read", "list"] }
    path "kv/team/*" { capabilities = ["deny"] }
    path "kv/+/red/conf" { capabilities = ["read"] }
    path "kv/+/red/*" { capabilities = ["list"] })"});
  EXPECT_FALSE(allows(acl, Operation::read, "kv/team/red/conf"));
  EXPECT_TRUE(allows(acl, Operation::read, "kv/x/red/conf"));
  // Both wildcards stand at 3 and both end in a star: fewer "+" decide.
  EXPECT_TRUE(allows(acl, Operation::read, "kv/x/red/other"));
  EXPECT_FALSE(allows(acl, Operation::list, "kv/team/"));
  EXPECT_TRUE(allows(acl, Operation::list, "kv/"));
}

TEST(AclMatch, Priorities) {
  // Each line: the two patterns, a path that both match, and which wins.
  const struct {
    const char* first;
    const char* second;
    const char* path;
    bool first_wins;
  } cases[] = {
      {"a/b/+", "a/+/c", "a/b/c", true},        // later wildcard
      {"a/+/c*", "a/+/c", "a/x/c", false},      // no star at the end
      {"a/+/b*", "a/+/+/c*", "a/b/b/c", true},  // fewer plus
      {"a/+/bb*", "a/+/b*", "a/x/bbb", true},   // longer
      {"a/+/c/+", "a/+/+/d", "a/b/c/d", true},  // equal but the last: larger text
      {"a/b*", "a/+", "a/b", true},             // a prefix with a later star
      {"a/*", "a/+", "a/b", false},             // same place, one ends in a star
      {"a/b", "a/b*", "a/b", true},             // exact before all
  };
  for (const auto& tested : cases) {
    const std::string text = std::string("path \"") + tested.first +
                             "\" { capabilities = [\"read\"] }\npath \"" + tested.second +
                             "\" { capabilities = [\"update\"] }";
    const Acl acl = acl_of({text});
    EXPECT_EQ(allows(acl, Operation::read, tested.path), tested.first_wins) << text;
    EXPECT_EQ(allows(acl, Operation::update, tested.path), !tested.first_wins) << text;
  }
}

TEST(AclMatch, SudoIsAskedForBesideTheCapability) {
  const Acl acl = acl_of({R"(
    path "sys/auth/*" { capabilities = ["create", "update", "sudo"] }
    path "sys/audit" { capabilities = ["sudo"] }
    path "sys/raw" { capabilities = ["read"] })"});
  EXPECT_TRUE(allows(acl, Operation::update, "sys/auth/zz", true));
  EXPECT_FALSE(allows(acl, Operation::remove, "sys/auth/zz", true));
  EXPECT_FALSE(allows(acl, Operation::read, "sys/audit", true));
  EXPECT_FALSE(allows(acl, Operation::read, "sys/raw", true));
  EXPECT_TRUE(acl.has_sudo("sys/auth/zz"));
  EXPECT_FALSE(acl.has_sudo("sys/raw"));
}

TEST(AclMatch, MergesTheSamePattern) {
  const Acl acl =
      acl_of({R"(path "a" { capabilities = ["read"] })", R"(path "a" { capabilities = ["list"] })",
              R"(path "b" { capabilities = ["read"] })", R"(path "b" { capabilities = ["deny"] })",
              R"(path "b" { capabilities = ["update"] })"});
  EXPECT_THAT(acl.capabilities("a"), ElementsAre("list", "read"));
  EXPECT_THAT(acl.capabilities("b"), ElementsAre("deny"));
  EXPECT_THAT(acl.capabilities("c"), ElementsAre("deny"));
  AccessRequest request;
  request.path = "a";
  EXPECT_THAT(acl.decide(request).granted_by, ElementsAre("p0", "p1"));
}

TEST(AclMatch, RootAllowsAll) {
  const Acl acl({}, true, now);
  EXPECT_TRUE(allows(acl, Operation::remove, "sys/raw/x", true));
  EXPECT_THAT(acl.capabilities("any"), ElementsAre("root"));
  EXPECT_EQ(acl.resultant(), Json({{"root", true}}));
}

TEST(AclMatch, IdentityTemplatesAreSkippedWithoutAnEntity) {
  const Acl acl = acl_of({R"(
    path "s/{{identity.entity.id}}/*" { capabilities = ["read"] }
    path "t/{{ time.now }}" { capabilities = ["read"] })"});
  EXPECT_FALSE(allows(acl, Operation::read, "s//x"));
  EXPECT_FALSE(allows(acl, Operation::read, "s/{{identity.entity.id}}/x"));
  EXPECT_TRUE(allows(acl, Operation::read, "t/1767225600"));
  EXPECT_EQ(acl.valid_until(), now + Seconds(1));
}

TEST(AclMatch, SeesMounts) {
  const Acl acl = acl_of({R"(
    path "secret/data/only/this" { capabilities = ["read"] }
    path "deny/x" { capabilities = ["deny"] }
    path "pre*" { capabilities = ["read"] }
    path "+/conf" { capabilities = ["read"] }
    path "team/+/x/*" { capabilities = ["read"] })"});
  EXPECT_TRUE(acl.sees_mount("secret/"));
  EXPECT_TRUE(acl.sees_mount("prefixed/"));
  EXPECT_TRUE(acl.sees_mount("anything/"));  // +/conf
  EXPECT_TRUE(acl.sees_mount("team/red/"));
  EXPECT_FALSE(acl.sees_mount("deep/er/"));
}

TEST(AclMatch, ListsResult) {
  const Acl acl = acl_of({R"(
    path "a" { capabilities = ["read"] }
    path "b/*" { capabilities = ["deny"] }
    path "c/+" { capabilities = ["read"] })"});
  EXPECT_EQ(acl.resultant(), Json::parse(R"({"root": false,
    "exact_paths": {"a": {"capabilities": ["read"]}},
    "glob_paths": {"b/": {"capabilities": ["deny"]}}})"));
}

// The algorithm once more, naively: every rule is tried and the order is compared step by step.
namespace naive {

struct Rule {
  std::string written;
  int id;
};

std::vector<std::string> parts(const std::string& text) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == '/') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

bool has_star(const std::string& written) { return !written.empty() && written.back() == '*'; }
std::string bare(const std::string& written) {
  return has_star(written) ? written.substr(0, written.size() - 1) : written;
}
long plus_count(const std::string& written) {
  const auto all = parts(bare(written));
  return std::count(all.begin(), all.end(), "+");
}
std::size_t first_wildcard(const std::string& written) {
  const std::string text = bare(written);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = i == 0 || text[i - 1] == '/';
    const bool ends = i + 1 == text.size() || text[i + 1] == '/';
    if (text[i] == '+' && begins && ends) return i;
  }
  return text.size();
}

bool matches(const std::string& written, const std::string& path) {
  const std::string text = bare(written);
  if (plus_count(written) == 0) {
    return has_star(written) ? path.rfind(text, 0) == 0 : path == text;
  }
  const auto wanted = parts(text);
  const auto given = parts(path);
  if (has_star(written) ? given.size() < wanted.size() : given.size() != wanted.size())
    return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool is_last = i + 1 == wanted.size();
    if (wanted[i] == "+" || wanted[i] == given[i]) continue;
    if (!(is_last && has_star(written) && given[i].rfind(wanted[i], 0) == 0)) return false;
  }
  return true;
}

bool is_above(const std::string& a, const std::string& b) {
  if (first_wildcard(a) != first_wildcard(b)) return first_wildcard(a) > first_wildcard(b);
  if (has_star(a) != has_star(b)) return !has_star(a);
  if (plus_count(a) != plus_count(b)) return plus_count(a) < plus_count(b);
  if (bare(a).size() != bare(b).size()) return bare(a).size() > bare(b).size();
  return bare(a) > bare(b);
}

const Rule* exact(const std::vector<Rule>& rules, const std::string& path) {
  for (const Rule& rule : rules)
    if (!has_star(rule.written) && plus_count(rule.written) == 0 && rule.written == path)
      return &rule;
  return nullptr;
}

const Rule* best(const std::vector<Rule>& rules, const std::string& path) {
  const Rule* chosen = nullptr;
  for (const Rule& rule : rules) {
    if (!has_star(rule.written) && plus_count(rule.written) == 0) continue;
    if (!matches(rule.written, path)) continue;
    if (chosen == nullptr || is_above(rule.written, chosen->written)) chosen = &rule;
  }
  return chosen;
}

int decide(const std::vector<Rule>& rules, const std::string& path, bool is_list) {
  const std::string shorter =
      !path.empty() && path.back() == '/' ? path.substr(0, path.size() - 1) : path;
  if (const Rule* rule = exact(rules, path)) return rule->id;
  if (is_list)
    if (const Rule* rule = exact(rules, shorter)) return rule->id;
  if (const Rule* rule = best(rules, path)) return rule->id;
  if (is_list)
    if (const Rule* rule = best(rules, shorter)) return rule->id;
  return -1;
}

}  // namespace naive

TEST(AclMatch, AgreesWithANaiveModel) {
  std::mt19937 random(7);  // NOLINT: repeatable on purpose
  const auto draw = [&](std::size_t count) { return random() % count; };
  const char* segments[] = {"a", "b", "ab", "+", "", "a+", "c"};
  const char* given[] = {"a", "b", "ab", "abc", "", "a+", "c"};
  int hits = 0;
  for (int round = 0; round < 10'000; ++round) {
    std::vector<naive::Rule> rules;
    std::vector<std::shared_ptr<const Policy>> policies;
    const std::size_t count = 1 + draw(8);
    for (std::size_t i = 0; i < count; ++i) {
      std::string written;
      const std::size_t length = 1 + draw(4);
      for (std::size_t s = 0; s < length; ++s)
        written += (s == 0 ? "" : "/") + std::string(segments[draw(std::size(segments))]);
      if (draw(3) == 0) written += '*';
      if (written.find("+*") != written.npos || written.starts_with('/')) continue;
      const auto is_same = [&](const naive::Rule& rule) { return rule.written == written; };
      if (std::any_of(rules.begin(), rules.end(), is_same)) continue;
      PathRule rule;
      ASSERT_TRUE(set_pattern(rule, written));
      rule.permissions.capabilities = bit(Capability::read) | bit(Capability::list);
      rules.push_back({written, static_cast<int>(i)});
      policies.push_back(
          std::make_shared<const Policy>(Policy{std::to_string(i), {std::move(rule)}}));
    }
    const Acl acl(policies, false, now);
    for (int asked = 0; asked < 10; ++asked) {
      std::string path;
      const std::size_t length = 1 + draw(5);
      for (std::size_t s = 0; s < length; ++s)
        path += (s == 0 ? "" : "/") + std::string(given[draw(std::size(given))]);
      if (path.starts_with('/')) continue;
      const bool is_list = draw(2) == 0;
      AccessRequest request;
      request.path = path;
      request.operation = is_list ? Operation::list : Operation::read;
      const Decision decision = acl.decide(request);
      const int expected = naive::decide(rules, path, is_list);
      const int decided = decision.is_allowed ? std::stoi(decision.granted_by.at(0)) : -1;
      ASSERT_EQ(decided, expected) << path << (is_list ? " (list)" : "");
      hits += expected >= 0 ? 1 : 0;
    }
  }
  EXPECT_GT(hits, 10'000);  // the paths are not all misses
}

}  // namespace
}  // namespace signet::core
