// SPDX-License-Identifier: Apache-2.0
#include "storage/secrets.hpp"

#include "tests/support/databases.hpp"
#include "tests/support/fake_sealer.hpp"
#include "tests/support/fakes.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::storage {
namespace {

using Kind = CommitOutcome::Kind;
using testing::ElementsAre;

class SecretsTest : public testing::TestWithParam<std::string> {
 protected:
  Kind commit(CommitUnit& unit) {
    return database_.commit(unit, std::chrono::steady_clock::now() + std::chrono::seconds(30)).kind;
  }
  void put(const std::vector<std::string>& paths) {
    CommitUnit unit;
    for (const std::string& path : paths) secrets_.put(unit, path, as_bytes("value of " + path));
    ASSERT_EQ(commit(unit), Kind::stored);
  }

  test::TestDatabase opened_ = test::open_test_database(GetParam());
  Database& database_ = *opened_.database;
  test::FakeSealer sealer_;
  test::FakeRandom random_;
  Secrets secrets_{database_, sealer_, random_.uuid()};
  Secrets other_mount_{database_, sealer_, random_.uuid()};
};

INSTANTIATE_TEST_SUITE_P(Databases, SecretsTest, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(SecretsTest, KeepsValuesByPath) {
  put({"a/b"});
  const auto found = secrets_.get("a/b");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value.reveal_text(), "value of a/b");
  EXPECT_EQ(found->version, 1);
  put({"a/b"});
  EXPECT_EQ(secrets_.get("a/b")->version, 2);
  EXPECT_FALSE(secrets_.get("a"));
  EXPECT_FALSE(other_mount_.get("a/b"));
  CommitUnit unit;
  secrets_.remove(unit, "a/b");
  secrets_.remove(unit, "nosuch");
  EXPECT_EQ(commit(unit), Kind::stored);
  EXPECT_FALSE(secrets_.exists("a/b"));
}

TEST_P(SecretsTest, ReplacesOnlyWhatWasRead) {
  const auto put_if = [&](std::int64_t version) {
    CommitUnit unit;
    secrets_.put_if(unit, "role", as_bytes("x"), version, invalid("changed meanwhile"));
    return commit(unit);
  };
  EXPECT_EQ(put_if(1), Kind::refused);
  EXPECT_EQ(put_if(0), Kind::stored);
  EXPECT_EQ(put_if(0), Kind::refused);
  EXPECT_EQ(put_if(1), Kind::stored);
  EXPECT_EQ(put_if(1), Kind::refused);
  EXPECT_EQ(secrets_.get("role")->version, 2);
}

TEST_P(SecretsTest, AValueMovedToAnotherPathDoesNotOpen) {
  put({"a"});
  database_.write([](Transaction& transaction) {
    transaction.execute("UPDATE secrets SET path = 'b' WHERE path = 'a'");
  });
  EXPECT_THROW((void)secrets_.get("b"), Fault);
}

TEST_P(SecretsTest, ListsOneLevelInPages) {
  put({"a", "a/1", "a/2/deep", "a-b/x", "b", "c/d/e", "z/"});
  EXPECT_THAT(secrets_.list(""), ElementsAre("a", "a-b/", "a/", "b", "c/", "z/"));
  EXPECT_THAT(secrets_.list("a/"), ElementsAre("1", "2/"));
  EXPECT_THAT(secrets_.list("", "a", 2), ElementsAre("a-b/", "a/"));
  EXPECT_THAT(secrets_.list("", "a/", 2), ElementsAre("b", "c/"));
  EXPECT_THAT(secrets_.list("nosuch/"), ElementsAre());
  EXPECT_THAT(secrets_.scan("a/"), ElementsAre("1", "2/deep"));
  EXPECT_THAT(secrets_.scan("", "b", 1), ElementsAre("c/d/e"));
  std::vector<std::string> seen;
  secrets_.each("a/", [&](std::string_view path, const SecretBytes& value) {
    seen.push_back(std::string(path) + "=" + std::string(value.reveal_text()));
    return true;
  });
  EXPECT_THAT(seen, ElementsAre("1=value of a/1", "2/deep=value of a/2/deep"));
}

TEST_P(SecretsTest, ListsLikeANaiveModel) {
  std::mt19937 random(3);  // NOLINT: repeatable on purpose
  const char* segments[] = {"a", "b", "a-", "\xc3\xa9", "a!", "zz", "\xf0\x9f\x98\x80"};
  std::set<std::string> paths;
  for (int i = 0; i < 300; ++i) {
    std::string path;
    const std::size_t length = 1 + random() % 4;
    for (std::size_t s = 0; s < length; ++s)
      path += (s == 0 ? "" : "/") + std::string(segments[random() % std::size(segments)]);
    paths.insert(path);
  }
  put({paths.begin(), paths.end()});
  for (const char* folder : {"", "a/", "\xc3\xa9/", "a-/a/", "\xf0\x9f\x98\x80/"}) {
    std::set<std::string> expected;
    for (const std::string& path : paths) {
      if (!path.starts_with(folder)) continue;
      const std::string rest = path.substr(std::string_view(folder).size());
      const std::size_t slash = rest.find('/');
      expected.insert(slash == std::string::npos ? rest : rest.substr(0, slash + 1));
    }
    EXPECT_THAT(secrets_.list(folder), testing::ElementsAreArray(expected)) << folder;
    std::vector<std::string> paged;
    while (true) {
      const auto page = secrets_.list(folder, paged.empty() ? "" : paged.back(), 3);
      if (page.empty()) break;
      paged.insert(paged.end(), page.begin(), page.end());
    }
    EXPECT_THAT(paged, testing::ElementsAreArray(expected)) << folder;
  }
}

TEST_P(SecretsTest, RemovesAFolder) {
  put({"a", "a/1", "a/2/x", "a0", "b"});
  CommitUnit unit;
  secrets_.remove_all(unit, "a/");
  ASSERT_EQ(commit(unit), Kind::stored);
  EXPECT_THAT(secrets_.scan(""), ElementsAre("a", "a0", "b"));
}

}  // namespace
}  // namespace signet::storage
