// SPDX-License-Identifier: Apache-2.0
// Units, numbers, tokens and hooks: the same on both databases.
#include "storage/changes.hpp"
#include "storage/database.hpp"
#include "tests/support/databases.hpp"
#include "tests/support/fakes.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace signet::storage {
namespace {

using Kind = CommitOutcome::Kind;
using namespace std::chrono_literals;

const Table policies{
    "policies",
    {{"namespace", ColumnType::bytes}, {"name", ColumnType::text}, {"record", ColumnType::bytes}}};
const Table revocations{"revocations",
                        {{"issuer", ColumnType::integer},
                         {"serial", ColumnType::bytes},
                         {"mount", ColumnType::bytes},
                         {"revoked_at", ColumnType::integer},
                         {"reason", ColumnType::integer},
                         {"not_after", ColumnType::integer},
                         {"shard", ColumnType::integer}}};
const Table tokens{"tokens",
                   {{"id_hash", ColumnType::bytes},
                    {"namespace", ColumnType::bytes},
                    {"accessor", ColumnType::text},
                    {"parent", ColumnType::bytes},
                    {"created_at", ColumnType::integer},
                    {"expires_at", ColumnType::integer},
                    {"uses", ColumnType::integer},
                    {"record", ColumnType::bytes}}};

class Commit : public testing::TestWithParam<std::string> {
 protected:
  static Deadline soon() { return std::chrono::steady_clock::now() + 20s; }

  Values policy(std::string name, std::string record = "r") {
    return {value(owner_), std::move(name), to_bytes(std::string_view(record))};
  }
  Values token(const Bytes& id_hash) {
    return {id_hash,         value(owner_),    hex(id_hash),    std::monostate{},
            std::int64_t{1}, std::monostate{}, std::int64_t{0}, Bytes{}};
  }
  std::int64_t count(const std::string& table) {
    return database_.query("SELECT count(*) FROM " + table).front().integer(0);
  }
  Kind commit(CommitUnit& unit) { return database_.commit(unit, soon()).kind; }

  test::FakeRandom random_;
  Uuid owner_ = random_.uuid();
  test::TestDatabase opened_ = test::open_test_database(GetParam());
  Database& database_ = *opened_.database;
};
INSTANTIATE_TEST_SUITE_P(Databases, Commit, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(Commit, ValuesComeBackAsTheyWere) {
  const Bytes all_bytes = [] {
    Bytes bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
    return bytes;
  }();
  CommitUnit unit;
  unit.insert(policies, {value(owner_), std::string("é\"'\\{},NULL"), all_bytes});
  unit.insert(policies, {value(owner_), std::string("NULL"), Bytes{}});
  unit.insert(tokens, {Bytes{0}, Bytes{}, std::string(), std::monostate{}, std::int64_t{-5},
                       std::numeric_limits<std::int64_t>::max(),
                       std::numeric_limits<std::int64_t>::min(), Bytes{0, 0}});
  ASSERT_EQ(commit(unit), Kind::stored);
  const Rows rows =
      database_.query("SELECT name, record, namespace FROM policies ORDER BY name COLLATE \"C\"");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].text(0), "NULL");
  EXPECT_TRUE(rows[0].bytes(1).empty());
  EXPECT_EQ(rows[1].text(0), "é\"'\\{},NULL");
  EXPECT_EQ(rows[1].bytes(1), all_bytes);
  EXPECT_EQ(rows[1].uuid(2), owner_);
  const Rows found =
      database_.query("SELECT accessor, parent, created_at, expires_at, uses, record FROM tokens");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].text(0), "");
  EXPECT_TRUE(found[0].is_null(1));
  EXPECT_EQ(found[0].integer(2), -5);
  EXPECT_EQ(found[0].integer(3), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(found[0].integer(4), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(found[0].bytes(5), (Bytes{0, 0}));
}

TEST_P(Commit, ParametersGoByNumberNotByAppearance) {
  CommitUnit unit;
  unit.insert(policies, policy("a", "A"));
  unit.insert(policies, policy("b", "B"));
  ASSERT_EQ(commit(unit), Kind::stored);
  const Rows rows = database_.query(
      "SELECT record FROM policies WHERE name = $2 AND namespace = $1", {value(owner_), "b"});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(as_text(rows[0].bytes(0)), "B");
}

TEST_P(Commit, TextSortsByBytes) {
  CommitUnit unit;
  for (const char* name : {"b", "B", "a/b", "a-b", "é", "a"}) unit.insert(policies, policy(name));
  ASSERT_EQ(commit(unit), Kind::stored);
  std::vector<std::string> names;
  database_.read([&](Transaction& transaction) {
    transaction.stream("SELECT name FROM policies ORDER BY name", {}, [&](const Row& row) {
      names.push_back(row.text(0));
      return true;
    });
  });
  EXPECT_EQ(names, (std::vector<std::string>{"B", "a", "a-b", "a/b", "b", "é"}));
}

TEST_P(Commit, AConflictIsWhatTheUnitSaysItMeans) {
  CommitUnit first;
  first.insert(policies, policy("taken"));
  ASSERT_EQ(commit(first), Kind::stored);

  CommitUnit second;
  second.insert(policies, policy("free"));
  second.insert(policies, policy("taken"), Error{ErrorCode::conflict, "already there", {}});
  const CommitOutcome outcome = database_.commit(second, soon());
  EXPECT_EQ(outcome.kind, Kind::refused);
  EXPECT_EQ(outcome.error.message, "already there");
  EXPECT_EQ(count("policies"), 1);

  CommitUnit third;
  third.insert(policies, policy("taken"));
  EXPECT_THROW(database_.commit(third, soon()), UniqueViolation);
}

TEST_P(Commit, StatementsMustChangeTheRowsTheySay) {
  CommitUnit made;
  made.insert(policies, policy("one"));
  ASSERT_EQ(commit(made), Kind::stored);
  struct Case {
    const char* name;
    const char* target;
    std::int64_t rows;
    Kind kind;
  };
  for (const Case& c :
       {Case{"exact", "one", 1, Kind::stored}, Case{"none", "two", 1, Kind::refused},
        Case{"any", "two", -1, Kind::stored}, Case{"zero", "two", 0, Kind::stored}}) {
    SCOPED_TRACE(c.name);
    CommitUnit unit;
    unit.execute("UPDATE policies SET record = $1 WHERE name = $2",
                 {Bytes{9}, std::string(c.target)}, c.rows, invalid("not so"));
    const CommitOutcome outcome = database_.commit(unit, soon());
    EXPECT_EQ(outcome.kind, c.kind);
    EXPECT_EQ(outcome.error.message, c.kind == Kind::refused ? "not so" : "");
  }
}

TEST_P(Commit, AStepRunsAmongTheStatementsAndIsUndoneWithThem) {
  const auto rename_all = [](Transaction& transaction, const Values& parameters) {
    for (const Row& row : transaction.query("SELECT name FROM policies ORDER BY name"))
      transaction.execute("UPDATE policies SET name = $1 WHERE name = $2",
                          {std::get<std::string>(parameters[0]) + row.text(0), row.text(0)});
  };
  for (const bool is_refused : {true, false}) {
    SCOPED_TRACE(is_refused);
    CommitUnit unit;
    unit.insert(policies, policy("a"));
    unit.insert(policies, policy("b"));
    unit.run(rename_all, {std::string("x-")});
    unit.execute("DELETE FROM policies WHERE name = $1", {std::string(is_refused ? "a" : "x-a")}, 1,
                 invalid("it is not there"));
    EXPECT_FALSE(unit.is_mergeable());
    EXPECT_EQ(commit(unit), is_refused ? Kind::refused : Kind::stored);
    EXPECT_EQ(count("policies"), is_refused ? 0 : 1);
  }
  EXPECT_EQ(database_.query("SELECT name FROM policies").front().text(0), "x-b");
}

TEST_P(Commit, HooksRunOnceAndOnlyWhenStored) {
  int runs = 0;
  CommitUnit unit;
  unit.insert(policies, policy("one"));
  unit.after_commit([&] { ++runs; });
  unit.after_commit([] { throw Fault("ignored"); });
  EXPECT_EQ(commit(unit), Kind::stored);
  EXPECT_EQ(runs, 1);
  CommitUnit refused;
  refused.insert(policies, policy("one"), invalid("taken"));
  refused.after_commit([&] { ++runs; });
  EXPECT_EQ(commit(refused), Kind::refused);
  EXPECT_EQ(runs, 1);
}

TEST_P(Commit, AnOldNumberIsStale) {
  Changes& changes = database_.changes();
  EXPECT_EQ(changes.number("roles", owner_), 0);
  CommitUnit raise;
  raise.insert(policies, policy("role"));
  raise.decided_on("roles", owner_, 0);
  raise.raise("roles", owner_);
  ASSERT_EQ(commit(raise), Kind::stored);
  EXPECT_EQ(changes.number("roles", owner_), 1) << "seen before commit() returns";

  for (const bool mergeable : {true, false}) {
    SCOPED_TRACE(mergeable);
    CommitUnit stale;
    stale.insert(policies, policy(mergeable ? "s" : "t"));
    if (!mergeable) stale.execute("DELETE FROM policies WHERE name = $1", {std::string("none")});
    stale.decided_on("roles", owner_, 1);
    stale.decided_on("roles", owner_, 0);
    EXPECT_EQ(commit(stale), Kind::stale);
    CommitUnit fresh;
    fresh.insert(policies, policy(mergeable ? "f" : "g"));
    fresh.decided_on("roles", owner_, 1);
    fresh.decided_on("mounts", owner_, 0);
    EXPECT_EQ(commit(fresh), Kind::stored);
  }
  EXPECT_EQ(count("policies"), 3);
}

TEST_P(Commit, OfTwoThatDecidedOnOneNumberAndRaiseItOneIsStale) {
  std::atomic<int> stored = 0;
  std::atomic<int> stale = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      CommitUnit unit;
      unit.insert(policies, policy("p" + std::to_string(i)));
      unit.decided_on("policies", owner_, 0);
      unit.raise("policies", owner_);
      const Kind kind = commit(unit);
      if (kind == Kind::stored) ++stored;
      if (kind == Kind::stale) ++stale;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored, 1);
  EXPECT_EQ(stale, 7);
  EXPECT_EQ(count("policies"), 1);
  EXPECT_EQ(database_.changes().number("policies", owner_), 1);
}

TEST_P(Commit, ATokenThatIsGoneStoresNothing) {
  const Bytes id_hash{1, 2, 3};
  CommitUnit login;
  login.insert(tokens, token(id_hash));
  ASSERT_EQ(commit(login), Kind::stored);
  for (const bool mergeable : {true, false}) {
    SCOPED_TRACE(mergeable);
    CommitUnit with;
    with.insert(policies, policy(mergeable ? "a" : "b"));
    if (!mergeable) with.raise("x", owner_);
    with.needs_token(id_hash);
    EXPECT_EQ(commit(with), Kind::stored);
    CommitUnit without;
    without.insert(policies, policy(mergeable ? "c" : "d"));
    if (!mergeable) without.raise("x", owner_);
    without.needs_token({1, 2, 4});
    EXPECT_EQ(commit(without), Kind::token_gone);
  }
  EXPECT_EQ(count("policies"), 2);
  EXPECT_EQ(database_.changes().number("x", owner_), 1);
}

TEST_P(Commit, FiftyThreadsStoreEachUnitWholeOrNotAtAll) {
  constexpr int threads_count = 50;
  constexpr int each = 20;
  std::atomic<int> stored = 0;
  std::atomic<int> refused = 0;
  CommitUnit taken;
  taken.insert(revocations, {std::int64_t{0}, Bytes{0}, value(owner_), std::int64_t{0},
                             std::int64_t{0}, std::int64_t{0}, std::int64_t{0}});
  ASSERT_EQ(commit(taken), Kind::stored);
  std::vector<std::thread> threads;
  for (int t = 0; t < threads_count; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        CommitUnit unit;
        unit.insert(policies, policy(std::to_string(t) + "." + std::to_string(i)));
        const bool is_guilty = i % 10 == 3;
        unit.insert(revocations,
                    {std::int64_t{is_guilty ? 0 : t + 1},
                     is_guilty ? Bytes{0} : Bytes{static_cast<std::uint8_t>(i)}, value(owner_),
                     std::int64_t{0}, std::int64_t{0}, std::int64_t{0}, std::int64_t{0}},
                    invalid("revoked before"));
        const Kind kind = commit(unit);
        if (kind == Kind::stored) ++stored;
        if (kind == Kind::refused) ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored, threads_count * each * 9 / 10);
  EXPECT_EQ(refused, threads_count * each / 10);
  EXPECT_EQ(count("policies"), stored);
  EXPECT_EQ(count("revocations"), stored + 1);
}

TEST_P(Commit, APassedDeadlineStoresNothing) {
  CommitUnit unit;
  unit.insert(policies, policy("late"));
  EXPECT_THROW(database_.commit(unit, std::chrono::steady_clock::now() - 1s), Unavailable);
  EXPECT_EQ(count("policies"), 0);
}

TEST_P(Commit, AUnitWhoseCallerLeftIsNotStored) {
  database_.write([&](Transaction& transaction) {
    if (GetParam() == "postgresql") transaction.execute("LOCK TABLE policies IN SHARE MODE");
    std::thread([&] {
      CommitUnit unit;
      unit.insert(policies, policy("left"));
      const auto before = std::chrono::steady_clock::now();
      EXPECT_THROW(database_.commit(unit, before + 100ms), Unavailable);
      EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
    }).join();
  });
  CommitUnit unit;
  unit.insert(policies, policy("stayed"));
  EXPECT_EQ(commit(unit), Kind::stored);
  EXPECT_EQ(count("policies"), 1);
}

TEST_P(Commit, WriteRollsBackWhenItsBodyThrows) {
  EXPECT_THROW(database_.write([&](Transaction& transaction) {
    transaction.execute("INSERT INTO policies (namespace, name, record) VALUES ($1, $2, $3)",
                        policy("gone"));
    raise_change(transaction, "policies", owner_);
    throw Fault("no");
  }),
               Fault);
  EXPECT_EQ(count("policies"), 0);
  EXPECT_EQ(database_.changes().number("policies", owner_), 0);
  database_.write([&](Transaction& transaction) { raise_change(transaction, "policies", owner_); });
  EXPECT_EQ(database_.changes().number("policies", owner_), 1);
}

TEST_P(Commit, ReadSeesOneSnapshot) {
  CommitUnit first;
  first.insert(policies, policy("one"));
  ASSERT_EQ(commit(first), Kind::stored);
  database_.read([&](Transaction& transaction) {
    EXPECT_EQ(transaction.query("SELECT count(*) FROM policies").front().integer(0), 1);
    CommitUnit second;
    second.insert(policies, policy("two"));
    EXPECT_EQ(commit(second), Kind::stored);
    EXPECT_EQ(transaction.query("SELECT count(*) FROM policies").front().integer(0), 1);
  });
  EXPECT_EQ(count("policies"), 2);
}

TEST_P(Commit, AStreamStopsWhenTold) {
  CommitUnit unit;
  for (int i = 0; i < 3000; ++i) unit.insert(policies, policy(std::to_string(i)));
  ASSERT_EQ(commit(unit), Kind::stored);
  int seen = 0;
  database_.read([&](Transaction& transaction) {
    transaction.stream("SELECT name FROM policies WHERE namespace = $1 ORDER BY name",
                       {value(owner_)}, [&](const Row&) { return ++seen < 1500; });
    EXPECT_EQ(seen, 1500);
    transaction.stream("SELECT name FROM policies WHERE namespace = $1 ORDER BY name",
                       {value(owner_)}, [&](const Row&) { return ++seen > 0; });
  });
  EXPECT_EQ(seen, 4500);
}

TEST_P(Commit, AQueryMayWrite) {
  const Rows rows = database_.query(
      "INSERT INTO policies (namespace, name, record) VALUES ($1, $2, $3) RETURNING name",
      policy("made"));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].text(0), "made");
  EXPECT_EQ(count("policies"), 1);
}

TEST_P(Commit, ListenersHearOfRises) {
  std::vector<Uuid> heard;
  database_.changes().on_change("roles", [&](const Uuid& owner) { heard.push_back(owner); });
  CommitUnit unit;
  unit.raise("roles", owner_);
  unit.raise("roles", owner_);
  unit.raise("mounts", owner_);
  ASSERT_EQ(commit(unit), Kind::stored);
  EXPECT_EQ(heard, std::vector<Uuid>{owner_});
}

TEST_P(Commit, ANodeIsEntered) {
  const Node node{random_.uuid(), "https://127.0.0.1:8200", "0.1.0"};
  database_.join(node);
  database_.join(node);
  const Rows rows = database_.query("SELECT id, address, version, seen FROM nodes");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].uuid(0), node.id);
  EXPECT_EQ(rows[0].text(1), node.address);
  EXPECT_GT(rows[0].integer(3), 0);
}

}  // namespace
}  // namespace signet::storage
