// SPDX-License-Identifier: Apache-2.0
#include "core/policy/acl.hpp"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet::core {
namespace {

constexpr UnixTime now{1'767'225'600};

Acl acl_of(const std::string& text) {
  auto policy = parse_policy("p", text, now);
  EXPECT_TRUE(policy) << text;
  return Acl({std::make_shared<const Policy>(*std::move(policy))}, false, now);
}

bool is_inside(const std::vector<KeyRange>& ranges, const std::string& key) {
  int inside = 0;
  for (const KeyRange& range : ranges)
    if (range.from <= key && key < range.to) ++inside;
  EXPECT_LE(inside, 1) << "ranges overlap at " << key;
  return inside == 1;
}

bool may_list_folder_of(const Acl& acl, const std::string& key) {
  const std::size_t slash = key.rfind('/');
  const std::string folder = slash == key.npos ? "" : key.substr(0, slash + 1);
  const std::string path = "s/metadata/" + folder;
  AccessRequest asked;
  asked.path = path;
  asked.operation = Operation::list;
  return acl.decide(asked).is_allowed;
}

TEST(AclRanges, CutWhatIsForbidden) {
  const Acl acl = acl_of(R"(
    path "s/metadata/*" { capabilities = ["list"] }
    path "s/metadata/team/*" { capabilities = ["deny"] }
    path "s/metadata/team/open/*" { capabilities = ["list"] })");
  const std::vector<KeyRange> ranges = acl.listable("s/metadata/");
  EXPECT_TRUE(is_inside(ranges, "a"));
  EXPECT_TRUE(is_inside(ranges, "zz/x"));
  EXPECT_FALSE(is_inside(ranges, "team/x"));
  EXPECT_TRUE(is_inside(ranges, "team/open/x"));
  EXPECT_FALSE(is_inside(ranges, "team/opened"));
  EXPECT_TRUE(
      acl_of("path \"other/*\" { capabilities = [\"list\"] }").listable("s/metadata/").empty());
  EXPECT_TRUE(acl_of("path \"s/*\" { capabilities = [\"read\"] }").listable("s/metadata/").empty());
}

// Whatever the rules: a key whose folder may be listed is inside.
TEST(AclRanges, LeaveNothingOut) {
  std::mt19937 chance(1);
  const std::vector<std::string> parts{"a", "ab", "b", "team"};
  const auto any = [&](std::size_t count) { return static_cast<std::size_t>(chance() % count); };
  const auto key = [&] {
    std::string path = parts[any(4)];
    for (std::size_t depth = any(3); depth > 0; --depth) path += "/" + parts[any(4)];
    return path;
  };
  int listable = 0;
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (std::size_t rules = 1 + any(5); rules > 0; --rules) {
      std::string pattern = key();
      if (any(4) == 0) pattern = "+/" + pattern;
      if (any(3) == 0) pattern += "/";
      if (any(3) != 0) pattern += "*";
      const char* capability = any(3) == 0 ? "deny" : any(3) == 0 ? "read" : "list";
      text += "path \"s/metadata/" + pattern + "\" { capabilities = [\"" + capability + "\"] }\n";
    }
    const Acl acl = acl_of(text);
    const std::vector<KeyRange> ranges = acl.listable("s/metadata/");
    for (int i = 0; i < 50; ++i) {
      const std::string path = key();
      if (!may_list_folder_of(acl, path)) continue;
      ++listable;
      EXPECT_TRUE(is_inside(ranges, path)) << path << " under\n" << text;
    }
  }
  EXPECT_GT(listable, 500);
}

}  // namespace
}  // namespace signet::core
