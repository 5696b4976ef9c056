// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL that hangs, vanishes, or loses the answer to a COMMIT.
#include "storage/changes.hpp"
#include "storage/postgres_connection.hpp"
#include "storage/watchdog.hpp"
#include "tests/support/databases.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/proxy.hpp"

#include <array>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace signet::storage {
namespace {

using Cut = test::Proxy::Cut;
using Kind = CommitOutcome::Kind;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

const Table policies{
    "policies",
    {{"namespace", ColumnType::bytes}, {"name", ColumnType::text}, {"record", ColumnType::bytes}}};

class Faults : public testing::Test {
 protected:
  void SetUp() override {
    if (test::database_kinds().size() < 2) GTEST_SKIP() << "SIGNET_TEST_POSTGRES is not set";
    direct_ = test::open_test_database("postgresql");
    proxy_ = std::make_unique<test::Proxy>(direct_.options.url);
    Options options = direct_.options;
    options.url = proxy_->url();
    auto opened = open_postgres(options);
    ASSERT_TRUE(opened) << opened.error().message;
    through_ = std::move(*opened);
  }

  void TearDown() override {
    if (proxy_) proxy_->freeze(false);
  }

  CommitUnit unit(const std::string& name) {
    CommitUnit made;
    made.insert(policies, {value(owner_), name, Bytes{1}});
    made.after_commit([this] { ++hooks_; });
    return made;
  }
  std::int64_t count() {
    return direct_.database->query("SELECT count(*) FROM policies").front().integer(0);
  }
  static Deadline in(std::chrono::milliseconds time) { return steady_clock::now() + time; }

  test::FakeRandom random_;
  Uuid owner_ = random_.uuid();
  int hooks_ = 0;
  test::TestDatabase direct_;
  std::unique_ptr<test::Proxy> proxy_;
  std::unique_ptr<Database> through_;
};

struct LostCommit {
  const char* name;
  Cut cut;
  bool is_mergeable;
};

class LostCommits : public Faults, public testing::WithParamInterface<LostCommit> {};
INSTANTIATE_TEST_SUITE_P(Cuts, LostCommits,
                         testing::Values(LostCommit{"merged_before", Cut::before_commit, true},
                                         LostCommit{"merged_after", Cut::after_commit, true},
                                         LostCommit{"alone_before", Cut::before_commit, false},
                                         LostCommit{"alone_after", Cut::after_commit, false}),
                         [](const auto& lost) { return lost.param.name; });

TEST_P(LostCommits, AreSettledBySecondRun) {
  CommitUnit lost = unit("one");
  lost.decided_on("policies", owner_, 0);
  if (!GetParam().is_mergeable) lost.raise("policies", owner_);
  proxy_->cut_next(GetParam().cut);
  const CommitOutcome outcome = through_->commit(lost, in(10s));
  EXPECT_EQ(proxy_->cuts(), 1);
  EXPECT_EQ(outcome.kind, Kind::stored) << outcome.error.detail;
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(hooks_, 1);
  const std::int64_t raised = GetParam().is_mergeable ? 0 : 1;
  EXPECT_EQ(through_->changes().number("policies", owner_), raised);
  direct_.database->changes().refresh();
  EXPECT_EQ(direct_.database->changes().number("policies", owner_), raised);
}

TEST_P(LostCommits, AreUnknownWhenTheyCannotBeSettled) {
  CommitUnit lost = unit("one");
  lost.cannot_settle();
  if (!GetParam().is_mergeable) lost.raise("policies", owner_);
  proxy_->cut_next(GetParam().cut);
  EXPECT_EQ(through_->commit(lost, in(10s)).kind, Kind::unknown);
  EXPECT_EQ(count(), GetParam().cut == Cut::after_commit ? 1 : 0);
  EXPECT_EQ(hooks_, 0);
}

TEST_P(LostCommits, AreUnknownByTheDeadlineWithoutADatabase) {
  CommitUnit lost = unit("one");
  if (!GetParam().is_mergeable) lost.raise("policies", owner_);
  proxy_->refuse_after_cut();
  proxy_->cut_next(GetParam().cut);
  const auto before = steady_clock::now();
  EXPECT_EQ(through_->commit(lost, in(1s)).kind, Kind::unknown);
  EXPECT_LT(steady_clock::now() - before, 2s);
}

TEST_F(Faults, AHungServerIsUnavailableByTheDeadline) {
  CommitUnit first = unit("first");
  ASSERT_EQ(through_->commit(first, in(5s)).kind, Kind::stored);
  proxy_->freeze(true);
  for (const bool is_mergeable : {true, false}) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      SCOPED_TRACE(is_mergeable);
      CommitUnit hung = unit("hung");
      if (!is_mergeable) hung.raise("policies", owner_);
      const auto before = steady_clock::now();
      EXPECT_THROW(through_->commit(hung, in(500ms)), Unavailable);
      EXPECT_LT(steady_clock::now() - before, 900ms);
    }
  }
  Database::set_thread_deadline(in(300ms));
  const auto before = steady_clock::now();
  EXPECT_THROW(through_->query("SELECT 1"), Unavailable);
  EXPECT_THROW(through_->read([](Transaction&) {}), Unavailable);
  EXPECT_THROW(through_->write([](Transaction&) {}), Unavailable);
  EXPECT_LT(steady_clock::now() - before, 800ms);
  Database::set_thread_deadline(std::nullopt);

  proxy_->freeze(false);
  proxy_->drop_all();
  CommitUnit later = unit("later");
  EXPECT_EQ(through_->commit(later, in(10s)).kind, Kind::stored);
  EXPECT_EQ(count(), 2);
}

TEST_F(Faults, BrokenSessionsAreReplacedUnnoticed) {
  CommitUnit first = unit("first");
  ASSERT_EQ(through_->commit(first, in(5s)).kind, Kind::stored);
  proxy_->drop_all();
  CommitUnit merged = unit("merged");
  EXPECT_EQ(through_->commit(merged, in(5s)).kind, Kind::stored);
  proxy_->drop_all();
  CommitUnit alone = unit("alone");
  alone.raise("policies", owner_);
  EXPECT_EQ(through_->commit(alone, in(5s)).kind, Kind::stored);
  proxy_->drop_all();
  EXPECT_EQ(through_->query("SELECT count(*) FROM policies").front().integer(0), 3);
}

TEST_F(Faults, NumbersOfOtherNodesArriveAndOldViewsAreNotTrusted) {
  CommitUnit raise = unit("role");
  raise.raise("policies", owner_);
  ASSERT_EQ(direct_.database->commit(raise, in(5s)).kind, Kind::stored);
  through_->changes().refresh();
  EXPECT_EQ(through_->changes().number("policies", owner_), 1);
  EXPECT_TRUE(through_->is_reachable());

  proxy_->freeze(true);
  const auto frozen = steady_clock::now();
  Database::set_thread_deadline(in(4s));
  bool was_refused = false;
  while (!was_refused && steady_clock::now() - frozen < 4s) {
    try {
      EXPECT_EQ(through_->changes().number("policies", owner_), 1);
    } catch (const Unavailable&) {
      was_refused = true;
    }
  }
  Database::set_thread_deadline(std::nullopt);
  EXPECT_TRUE(was_refused);
  EXPECT_GE(steady_clock::now() - frozen, 700ms);
  EXPECT_FALSE(through_->is_reachable());

  proxy_->freeze(false);
  through_->query("SELECT number FROM changes");
  EXPECT_TRUE(through_->is_reachable()) << "whoever was answered, not only the heartbeat";
}

TEST_F(Faults, OneConflictInABatchFailsAlone) {
  // The lock holds the batch's first run up until all others wait in the queue.
  CommitUnit taken = unit("taken");
  ASSERT_EQ(through_->commit(taken, in(5s)).kind, Kind::stored);
  std::vector<std::thread> threads;
  std::atomic<int> stored = 0;
  std::atomic<int> refused = 0;
  direct_.database->write([&](Transaction& transaction) {
    transaction.execute("LOCK TABLE policies IN SHARE MODE");
    for (int i = 0; i < 10; ++i) {
      threads.emplace_back([&, i] {
        CommitUnit made;
        made.insert(policies, {value(owner_), i == 4 ? "taken" : std::to_string(i), Bytes{}},
                    invalid("taken"));
        const Kind kind = through_->commit(made, in(10s)).kind;
        if (kind == Kind::stored) ++stored;
        if (kind == Kind::refused) ++refused;
      });
    }
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored, 9);
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(count(), 10);
}

TEST_F(Faults, DeadlocksAndSerialisationFailuresRunAgain) {
  int runs = 0;
  through_->write([&](Transaction& transaction) {
    if (++runs < 3) {
      transaction.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$");
    }
  });
  EXPECT_EQ(runs, 3);
  EXPECT_THROW(through_->write([&](Transaction& transaction) {
    transaction.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$");
  }),
               Unavailable);
}

TEST_F(Faults, ADatabaseThatIsGoneIsNoticedBeforeItIsMissed) {
  proxy_.reset();  // sessions end, new ones are refused
  const auto gone = steady_clock::now();
  while (through_->is_reachable() && steady_clock::now() < gone + 10s) std::this_thread::yield();
  EXPECT_LT(steady_clock::now() - gone, 2500ms);
}

TEST_F(Faults, TheEndOfASessionIsNotTheEndOfTheDatabase) {
  for (int round = 0; round < 4; ++round) {
    proxy_->drop_all();
    for (const auto end = steady_clock::now() + 400ms; steady_clock::now() < end;) {
      ASSERT_TRUE(through_->is_reachable()) << round;
      std::this_thread::yield();
    }
  }
}

/// Milliseconds that a loaded machine may add to a measurement.
constexpr double noise = 2000;

TEST_F(Faults, TheClockOffsetIsSmallHere) {
  EXPECT_NEAR(static_cast<double>(through_->clock_offset().count()), 0, noise);
}

TEST_F(Faults, AJumpOfOurClockShowsAtOnce) {
  test::FakeClock clock(system_clock().now());
  Options options = direct_.options;
  options.clock = &clock;
  const auto opened = open_postgres(options);
  ASSERT_TRUE(opened) << opened.error().message;
  const Database& database = **opened;
  EXPECT_NEAR(static_cast<double>(database.clock_offset().count()), 0, noise);
  for (const Seconds by : {Seconds(3600), Seconds(-172'800)}) {
    const auto before = database.clock_offset();
    clock.set(clock.now() + by);
    EXPECT_NEAR(static_cast<double>((database.clock_offset() - before).count()),
                static_cast<double>(by.count()) * 1000, noise);
    clock.set(clock.now() - by);
  }
}

TEST_F(Faults, TheDatabasesClockIsMeasuredAtStart) {
  // The schema stands before pg_catalog, so its function is the one that is found.
  direct_.database->write([](Transaction& transaction) {
    transaction.execute(
        "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
        "'SELECT pg_catalog.clock_timestamp() - interval ''1 hour'''");
  });
  Options options = direct_.options;
  options.url += "%2Cpg_catalog";
  const auto opened = open_postgres(options);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_NEAR(static_cast<double>((*opened)->clock_offset().count()), 3'600'000, noise);
}

TEST(WatchdogTest, ShutsASocketAtItsDeadlineOnly) {
  Watchdog dog;
  std::array<int, 2> sockets{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()), 0);
  {
    const Watchdog::Guard passed(dog, sockets[0], steady_clock::now() + 1h);
  }
  const auto before = steady_clock::now();
  const Watchdog::Guard far(dog, sockets[1], before + 1h);
  const Watchdog::Guard near(dog, sockets[0], before + 50ms);
  char byte = 0;
  EXPECT_EQ(::read(sockets[0], &byte, 1), 0);
  EXPECT_GE(steady_clock::now() - before, 50ms);
  ::close(sockets[0]);
  ::close(sockets[1]);
}

}  // namespace
}  // namespace signet::storage
