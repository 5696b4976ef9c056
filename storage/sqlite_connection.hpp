// SPDX-License-Identifier: Apache-2.0
// One connection to a SQLite file. Used by sqlite.cpp only.
#pragma once

#include "storage/database.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace signet::storage {

/// The file or its medium failed (full, I/O error, read-only, corrupt): `code` is SQLite's.
class SqliteFault : public Explained {
 public:
  SqliteFault(int code, const std::string& what);
  [[nodiscard]] int code() const { return code_; }
  /// Nothing of the statement happened, COMMIT included: its last frame is what commits (WAL).
  [[nodiscard]] bool is_disk_full() const;

 private:
  int code_;
};

/// Used by one thread at a time. Statements are prepared once and kept.
class SqliteConnection final : public Transaction {
 public:
  enum class Mode { writer, reader };
  /// @throws SqliteFault
  SqliteConnection(const std::string& path, Mode mode);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  Rows query(std::string_view sql, const Values& parameters) override;
  std::int64_t execute(std::string_view sql, const Values& parameters) override;
  void stream(std::string_view sql, const Values& parameters,
              const std::function<bool(const Row&)>& each) override;

  void run(std::string_view sql) { execute(sql, {}); }
  [[nodiscard]] bool is_read_only(std::string_view sql);
  /// False after SQLite rolled back by itself (disk full, I/O error): then no savepoint is left.
  [[nodiscard]] bool is_in_transaction() const;
  /// Ends a transaction that may be open; never throws.
  void roll_back() noexcept;
  /// Statements fail as Unavailable after this; nullopt: never.
  void set_deadline(std::optional<Deadline> deadline) { deadline_ = deadline; }
  /// True if the table `changes` was written since the last call.
  [[nodiscard]] bool take_changes_written() { return std::exchange(is_changes_written_, false); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  sqlite3_stmt* prepare(std::string_view sql);
  void bind(sqlite3_stmt* statement, const Values& parameters);
  bool step(sqlite3_stmt* statement);
  [[noreturn]] void fail(int code, std::string_view doing);

  std::unique_ptr<sqlite3, Close> database_;
  std::unordered_map<std::string, Statement> statements_;
  std::optional<Deadline> deadline_;
  bool is_changes_written_ = false;
};

}  // namespace signet::storage
