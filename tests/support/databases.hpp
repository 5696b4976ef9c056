// SPDX-License-Identifier: Apache-2.0
// Databases for tests: a temporary SQLite file, and a schema of its own on the PostgreSQL that
// SIGNET_TEST_POSTGRES names (tests/support/postgres.sh starts one).
//
//   class Tokens : public testing::TestWithParam<std::string> {
//     test::TestDatabase opened_ = test::open_test_database(GetParam());
//     storage::Database& database_ = *opened_.database;
//   };
//   INSTANTIATE_TEST_SUITE_P(Databases, Tokens, testing::ValuesIn(test::database_kinds()),
//                            test::database_name);
#pragma once

#include "storage/database.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet::test {

/// "sqlite", and "postgresql" when SIGNET_TEST_POSTGRES is set.
std::vector<std::string> database_kinds();
inline std::string database_name(const testing::TestParamInfo<std::string>& kind) {
  return kind.param;
}

/// Calls a function when it goes.
class Cleanup {
 public:
  explicit Cleanup(std::function<void()> call = {}) : call_(std::move(call)) {}
  Cleanup(Cleanup&& other) noexcept : call_(std::exchange(other.call_, {})) {}
  Cleanup& operator=(Cleanup&& other) noexcept {
    std::swap(call_, other.call_);
    return *this;
  }
  ~Cleanup() {
    if (call_) call_();
  }

 private:
  std::function<void()> call_;
};

/// A folder of its own under the temporary folder, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  Cleanup remove_;
};

struct TestDatabase {
  Cleanup cleanup;  ///< declared first: the file or schema goes after the database is closed
  storage::Options options;  ///< open it once more with these (PostgreSQL), or after a reset
  std::unique_ptr<storage::Database> database;
};

/// Migrated and empty. @throws Fault when it cannot be opened
TestDatabase open_test_database(const std::string& kind, storage::Options options = {});
/// Opens what `options` name: a second node, or the same database again.
Result<std::unique_ptr<storage::Database>> open_database(const std::string& kind,
                                                         const storage::Options& options);

}  // namespace signet::test
