// SPDX-License-Identifier: Apache-2.0
#include "storage/migrations.hpp"

#include "tests/support/databases.hpp"

#include <gtest/gtest.h>

namespace signet::storage {
namespace {

TEST(Migrations, StatementsEndWithALine) {
  EXPECT_EQ(
      split_statements("-- a; comment\nCREATE TABLE a (\n  b TEXT DEFAULT ';' NOT NULL\n);\n\n"
                       "INSERT INTO a VALUES ('x');\nlast"),
      (std::vector<std::string>{"CREATE TABLE a (\n  b TEXT DEFAULT ';' NOT NULL\n)",
                                "INSERT INTO a VALUES ('x')", "last\n"}));
  EXPECT_TRUE(split_statements("").empty());
}

TEST(Migrations, TheBuiltInOnesRiseAndWorkWithThisBinary) {
  int last = 0;
  for (const Migration& migration : built_in_migrations()) {
    EXPECT_GE(migration.number, last) << migration.name;
    EXPECT_TRUE(!migration.dialect.empty() || migration.number > last) << migration.name;
    EXPECT_EQ(migration.hash.size(), 64u);
    last = migration.number;
  }
  EXPECT_GE(last, 1);
}

class Migrate : public testing::TestWithParam<std::string> {
 protected:
  Result<void> run(std::vector<Migration> more, std::string_view version) {
    std::vector<Migration> all(built_in_migrations().begin(), built_in_migrations().end());
    all.insert(all.end(), more.begin(), more.end());
    Result<void> result;
    const std::string_view dialect = GetParam() == "sqlite" ? "sqlite" : "postgres";
    opened_.database->write([&](Transaction& transaction) {
      result = migrate(transaction, dialect, {1}, all, version);
    });
    return result;
  }
  static Migration at(int number, std::string_view sql, std::string_view hash = "h",
                      std::string_view dialect = "", std::string_view oldest = "0.1.0") {
    return {number, "test", dialect, hash, oldest, sql};
  }

  test::TestDatabase opened_ = test::open_test_database(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Databases, Migrate, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(Migrate, EachRunsOnceAndTwinsGoByDialect) {
  const std::vector<Migration> more{
      at(9001, "CREATE TABLE once (a BIGINT);\nINSERT INTO once (a) VALUES (1);"),
      at(9002, "INSERT INTO once (a) VALUES (2);", "s", "sqlite"),
      at(9002, "INSERT INTO once (a) VALUES (3);", "p", "postgres")};
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(more, "0.1.0"));
  const Rows rows = opened_.database->query("SELECT a FROM once ORDER BY a");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].integer(0), GetParam() == "sqlite" ? 2 : 3);
}

TEST_P(Migrate, AnOlderBinaryIsRefused) {
  ASSERT_TRUE(run({at(9001, "CREATE TABLE later (a BIGINT);", "h", "", "0.9.0")}, "0.9.1"));
  const Result<void> refused = run({}, "0.8.12");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("needs signet 0.9.0 or newer; this is signet 0.8.12"),
            std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(run({}, "0.10.0")) << "a migration unknown here, but said to be harmless";
}

TEST_P(Migrate, AnEditedMigrationIsRefused) {
  ASSERT_TRUE(run({at(9001, "CREATE TABLE edited (a BIGINT);", "one")}, "0.1.0"));
  const Result<void> refused = run({at(9001, "CREATE TABLE edited (b BIGINT);", "two")}, "0.1.0");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("migration 9001 (test) ran on the database in another"),
            std::string::npos);
}

TEST_P(Migrate, AFailingOneLeavesNothing) {
  EXPECT_THROW(
      run({at(9001, "CREATE TABLE half (a BIGINT);\nINSERT INTO nowhere VALUES (1);")}, "0.1.0")
          .has_value(),
      Fault);
  EXPECT_THROW(opened_.database->query("SELECT a FROM half"), Fault);
}

}  // namespace
}  // namespace signet::storage
