// SPDX-License-Identifier: Apache-2.0
// Point reads that many threads make in one statement.
#include "storage/kv.hpp"
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

using std::chrono::steady_clock;

class PointReadTest : public testing::TestWithParam<std::string> {
 protected:
  void write(const std::string& path, std::string_view plain) {
    CommitUnit unit;
    store_.stage_write(unit, path, store_.state(path).key,
                       {as_bytes(plain), 10, KvTime(std::chrono::seconds(1)), {}}, std::nullopt);
    ASSERT_EQ(database_.commit(unit, steady_clock::now() + std::chrono::seconds(30)).kind,
              CommitOutcome::Kind::stored);
  }

  test::TestDatabase opened_ = test::open_test_database(GetParam());
  Database& database_ = *opened_.database;
  test::FakeSealer sealer_;
  test::FakeRandom random_;
  KvStore store_{database_, sealer_, random_.uuid()};
  KvStore other_mount_{database_, sealer_, random_.uuid()};
};

INSTANTIATE_TEST_SUITE_P(Databases, PointReadTest, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(PointReadTest, EveryThreadGetsItsOwnKey) {
  constexpr int keys = 10;
  for (int key = 0; key < keys; ++key)
    for (int version = 1; version <= 2; ++version)
      write("k" + std::to_string(key), std::to_string(10 * key + version));
  const KvTime now{std::chrono::seconds(2)};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  threads.reserve(32);
  for (int thread = 0; thread < 32; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 60; ++i) {
        const int key = (thread * 7 + i) % (keys + 2);  // two that are not there
        const int version = i % 4;                      // 0: the current one; 3 is not there
        const auto found = store_.read("k" + std::to_string(key), version, now);
        const bool is_there = key < keys && version < 3;
        if (found.has_value() != is_there) ++wrong;
        if (!found || !is_there) continue;
        const std::string expected = std::to_string(10 * key + (version == 0 ? 2 : version));
        if (!found->value || found->value->reveal_text() != expected) ++wrong;
        if (other_mount_.read("k" + std::to_string(key), version, now)) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(PointReadTest, AReadSeesWhatWasCommittedBefore) {
  // While others keep the shared statements busy, each read after a write finds that write.
  std::atomic<bool> is_done{false};
  std::vector<std::thread> others;
  others.reserve(8);
  for (int thread = 0; thread < 8; ++thread)
    others.emplace_back([&] {
      while (!is_done) static_cast<void>(store_.read("busy", 0, KvTime(std::chrono::seconds(2))));
    });
  for (int i = 1; i <= 40; ++i) {
    write("mine", std::to_string(i));
    const auto found = store_.read("mine", 0, KvTime(std::chrono::seconds(2)));
    ASSERT_TRUE(found && found->value);
    EXPECT_EQ(found->value->reveal_text(), std::to_string(i));
  }
  is_done = true;
  for (std::thread& thread : others) thread.join();
}

TEST_P(PointReadTest, WhatTheServerRefusesFailsAloneAndByTheDeadline) {
  write("k", "1");
  const KvTime now{std::chrono::seconds(2)};
  std::atomic<int> served{0}, refused{0};
  std::vector<std::thread> threads;
  threads.reserve(16);
  for (int thread = 0; thread < 16; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 20; ++i) {
        try {
          // Text that is no UTF-8 spoils a shared statement on PostgreSQL, for itself only.
          const bool is_bad = thread % 4 == 0;
          const auto found = store_.read(is_bad ? "\xff" : "k", 0, now);
          if (found && found->value) ++served;
        } catch (const std::exception&) {
          ++refused;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, 12 * 20);
  EXPECT_EQ(refused, database_.kind() == "postgresql" ? 4 * 20 : 0);
}

}  // namespace
}  // namespace signet::storage
