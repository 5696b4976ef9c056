// SPDX-License-Identifier: Apache-2.0
// Check-and-set writes that many units make in one statement.
#include "storage/kv.hpp"
#include "storage/kv_rows.hpp"
#include "tests/support/databases.hpp"
#include "tests/support/fake_sealer.hpp"
#include "tests/support/fakes.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace signet::storage {
namespace {

using Kind = CommitOutcome::Kind;

class CheckedWriteTest : public testing::TestWithParam<std::string> {
 protected:
  static Deadline deadline() { return std::chrono::steady_clock::now() + std::chrono::seconds(30); }
  void stage(CommitUnit& unit, const std::string& path, std::optional<Error> otherwise,
             std::string_view plain = "{}") {
    const std::optional<KvKey> key = store_.state(path).key;
    store_.stage_write(unit, path, key, {as_bytes(plain), 10, KvTime(std::chrono::seconds(1)), {}},
                       std::move(otherwise));
  }

  test::TestDatabase opened_ = test::open_test_database(GetParam());
  Database& database_ = *opened_.database;
  test::FakeSealer sealer_;
  test::FakeRandom random_;
  Uuid mount_ = random_.uuid();
  KvStore store_{database_, sealer_, mount_};
};

INSTANTIATE_TEST_SUITE_P(Databases, CheckedWriteTest, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(CheckedWriteTest, OnlyTheGuiltyUnitFails) {
  // Equal states staged before any is committed: of each key one write holds.
  constexpr int keys = 20;
  constexpr int writers = 4;
  std::vector<CommitUnit> units(keys * writers);
  for (int i = 0; i < keys * writers; ++i) {
    const std::string path = "k" + std::to_string(i % keys);
    std::optional<Error> otherwise;
    if (i % 2 == 0) otherwise = invalid("lost");
    stage(units[static_cast<std::size_t>(i)], path, std::move(otherwise));
    EXPECT_TRUE(units[static_cast<std::size_t>(i)].is_one_write());
    EXPECT_FALSE(units[static_cast<std::size_t>(i)].is_mergeable());
  }
  std::atomic<int> stored{0}, refused{0}, stale{0};
  std::vector<std::thread> threads;
  for (CommitUnit& unit : units)
    threads.emplace_back([&] {
      const CommitOutcome outcome = database_.commit(unit, deadline());
      if (outcome.kind == Kind::stored) ++stored;
      if (outcome.kind == Kind::refused && outcome.error.message == "lost") ++refused;
      if (outcome.kind == Kind::stale) ++stale;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored, keys);
  EXPECT_EQ(stored + refused + stale, keys * writers);
  for (int i = 0; i < keys; ++i) {
    const auto described = store_.describe("k" + std::to_string(i));
    ASSERT_TRUE(described);
    EXPECT_EQ(described->key.current_version, 1);
    EXPECT_EQ(described->versions.size(), 1U);
  }
}

TEST_P(CheckedWriteTest, WithOthersInOneUnitAllOrNone) {
  CommitUnit first;
  stage(first, "a", invalid("lost"));
  stage(first, "b", invalid("lost"));
  CommitUnit second;
  stage(second, "c", invalid("lost"));
  stage(second, "b", invalid("lost"));
  EXPECT_FALSE(first.is_one_write());
  ASSERT_EQ(database_.commit(first, deadline()).kind, Kind::stored);
  const CommitOutcome outcome = database_.commit(second, deadline());
  EXPECT_EQ(outcome.kind, Kind::refused);
  EXPECT_EQ(outcome.error.message, "lost");
  EXPECT_FALSE(store_.state("c").key) << "what went before in the unit is undone";
}

TEST_P(CheckedWriteTest, DecidesOnNumbersAndTokens) {
  database_.write([&](Transaction& transaction) { raise_change(transaction, "mounts", mount_); });
  CommitUnit outdated;
  stage(outdated, "a", invalid("lost"));
  outdated.decided_on("mounts", mount_, 0);
  EXPECT_EQ(database_.commit(outdated, deadline()).kind, Kind::stale);
  CommitUnit unknown;
  stage(unknown, "a", invalid("lost"));
  unknown.needs_token(random_.bytes(32));
  EXPECT_EQ(database_.commit(unknown, deadline()).kind, Kind::token_gone);
  EXPECT_FALSE(store_.state("a").key);
}

TEST_P(CheckedWriteTest, TellsItsOwnWriteFromOthers) {
  CommitUnit mine;
  stage(mine, "a", std::nullopt);
  CommitUnit other;
  stage(other, "a", std::nullopt, R"({"other":1})");  // the fake sealer has no nonces
  EXPECT_TRUE(mine.can_settle());
  const Values my_row = mine.writes().front().row;
  const Values other_row = other.writes().front().row;
  database_.write([&](Transaction& transaction) {
    EXPECT_FALSE(kv_write.is_made(transaction, my_row));
    EXPECT_TRUE(kv_write.one(transaction, my_row));
    EXPECT_TRUE(kv_write.is_made(transaction, my_row));
    EXPECT_FALSE(kv_write.is_made(transaction, other_row));
    EXPECT_FALSE(kv_write.one(transaction, other_row));
  });
  CommitUnit destroyed;
  store_.stage_destroy(destroyed, "a", {1}, KvTime(std::chrono::seconds(2)));
  ASSERT_EQ(database_.commit(destroyed, deadline()).kind, Kind::stored);
  database_.write([&](Transaction& transaction) {
    EXPECT_THROW(kv_write.is_made(transaction, my_row), Unavailable);
  });
}

}  // namespace
}  // namespace signet::storage
