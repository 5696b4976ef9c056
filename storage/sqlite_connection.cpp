// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite_connection.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <sqlite3.h>

namespace signet::storage {
namespace {

constexpr std::size_t most_statements = 500;
constexpr int steps_between_deadline_checks = 2000;

/// PostgreSQL's "C" collation: bytes by value.
int compare_bytes(void*, int a_size, const void* a, int b_size, const void* b) {
  const int order = std::memcmp(a, b, static_cast<std::size_t>(std::min(a_size, b_size)));
  return order != 0 ? order : a_size - b_size;
}

Value column_value(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return std::monostate{};
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, column));
      const int size = sqlite3_column_bytes(statement, column);
      return size == 0 ? Bytes{} : Bytes(bytes, bytes + size);
    }
    default:
      throw Fault("a result column is a floating-point number");
  }
}

Row current_row(sqlite3_stmt* statement) {
  Values values;
  const int columns = sqlite3_column_count(statement);
  values.reserve(static_cast<std::size_t>(columns));
  for (int i = 0; i < columns; ++i) values.push_back(column_value(statement, i));
  return Row(std::move(values));
}

int bind_value(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *number);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  if (const auto* bytes = std::get_if<Bytes>(&value)) {
    // A null pointer would bind NULL, and data() of an empty vector may be one.
    if (bytes->empty()) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, bytes->data(), bytes->size(), SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, index);
}

/// Leaves a cached statement ready for its next use, however this one ended.
class Reset {
 public:
  explicit Reset(sqlite3_stmt* statement) : statement_(statement) {}
  ~Reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Reset(const Reset&) = delete;
  Reset& operator=(const Reset&) = delete;

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

SqliteFault::SqliteFault(int code, const std::string& what)
    : Explained(what, (code & 0xff) == SQLITE_FULL ? std::string(disk_full_explanation) : ""),
      code_(code) {}

bool SqliteFault::is_disk_full() const { return (code_ & 0xff) == SQLITE_FULL; }

void SqliteConnection::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

void SqliteConnection::Close::operator()(sqlite3* database) const noexcept {
  sqlite3_close_v2(database);
}

SqliteConnection::SqliteConnection(const std::string& path, Mode mode) {
  sqlite3* database = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(database);
  if (opened != SQLITE_OK) fail(opened, "open");
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, 5000);  // only other programs can hold it: see sqlite.cpp's lock
  sqlite3_create_collation(database, "C", SQLITE_UTF8, nullptr, compare_bytes);
  sqlite3_progress_handler(
      database, steps_between_deadline_checks,
      [](void* self) {
        const auto& deadline = static_cast<SqliteConnection*>(self)->deadline_;
        return deadline && std::chrono::steady_clock::now() > *deadline ? 1 : 0;
      },
      this);
  run("PRAGMA journal_mode = WAL");
  run("PRAGMA synchronous = FULL");
  run("PRAGMA trusted_schema = OFF");
  run("PRAGMA temp_store = MEMORY");
  run("PRAGMA foreign_keys = ON");  // as in PostgreSQL
  if (mode == Mode::reader) {
    run("PRAGMA query_only = ON");
    return;
  }
  run("PRAGMA journal_size_limit = 67108864");
  run("PRAGMA cache_size = -16000");
  sqlite3_update_hook(
      database,
      [](void* self, int, const char*, const char* table, sqlite3_int64) {
        if (std::strcmp(table, "changes") == 0) {
          static_cast<SqliteConnection*>(self)->is_changes_written_ = true;
        }
      },
      this);
}

SqliteConnection::~SqliteConnection() = default;

Rows SqliteConnection::query(std::string_view sql, const Values& parameters) {
  sqlite3_stmt* statement = prepare(sql);
  const Reset reset(statement);
  bind(statement, parameters);
  Rows rows;
  while (step(statement)) rows.push_back(current_row(statement));
  return rows;
}

std::int64_t SqliteConnection::execute(std::string_view sql, const Values& parameters) {
  sqlite3_stmt* statement = prepare(sql);
  const Reset reset(statement);
  bind(statement, parameters);
  const std::int64_t before = sqlite3_total_changes64(database_.get());
  std::int64_t rows = 0;
  while (step(statement)) ++rows;
  // As PostgreSQL counts: rows returned by a SELECT, rows changed by all else.
  if (sqlite3_stmt_readonly(statement) != 0) return rows;
  return sqlite3_total_changes64(database_.get()) == before ? 0
                                                            : sqlite3_changes64(database_.get());
}

void SqliteConnection::stream(std::string_view sql, const Values& parameters,
                              const std::function<bool(const Row&)>& each) {
  sqlite3_stmt* statement = prepare(sql);
  const Reset reset(statement);
  bind(statement, parameters);
  while (step(statement)) {
    if (!each(current_row(statement))) return;
  }
}

bool SqliteConnection::is_read_only(std::string_view sql) {
  return sqlite3_stmt_readonly(prepare(sql)) != 0;
}

bool SqliteConnection::is_in_transaction() const {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

void SqliteConnection::roll_back() noexcept {
  if (is_in_transaction()) sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

sqlite3_stmt* SqliteConnection::prepare(std::string_view sql) {
  std::string text(sql);
  const auto known = statements_.find(text);
  // One that is under way (a stream whose callback runs the same text) must not be disturbed.
  if (known != statements_.end()) {
    if (sqlite3_stmt_busy(known->second.get()) != 0) throw Fault("a statement is already running");
    return known->second.get();
  }
  if (statements_.size() >= most_statements) {
    std::erase_if(statements_,
                  [](const auto& entry) { return sqlite3_stmt_busy(entry.second.get()) == 0; });
  }
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  Statement statement(made);
  if (code != SQLITE_OK) fail(code, "prepare a statement");
  if (made == nullptr) throw Fault("a statement is empty");
  return statements_.emplace(std::move(text), std::move(statement)).first->second.get();
}

void SqliteConnection::bind(sqlite3_stmt* statement, const Values& parameters) {
  // By name: SQLite numbers `$2, $1` by appearance.
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(parameters.size())) {
    throw Fault(fmt::format("a statement has {} parameters, not {}",
                            sqlite3_bind_parameter_count(statement), parameters.size()));
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string name = fmt::format("${}", i + 1);
    const int index = sqlite3_bind_parameter_index(statement, name.c_str());
    if (index == 0) throw Fault("a statement has no parameter " + name);
    const int code = bind_value(statement, index, parameters[i]);
    if (code != SQLITE_OK) fail(code, "bind a parameter");
  }
}

bool SqliteConnection::step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(code, "run a statement");
}

void SqliteConnection::fail(int code, std::string_view doing) {
  const std::string what =
      fmt::format("SQLite could not {}: {}", doing,
                  database_ ? sqlite3_errmsg(database_.get()) : sqlite3_errstr(code));
  const int extended = database_ ? sqlite3_extended_errcode(database_.get()) : code;
  if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
      extended == SQLITE_CONSTRAINT_ROWID) {
    throw UniqueViolation(what);
  }
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
      throw Unavailable("the database did not answer by the deadline");
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
      throw Fault(what);
    default:
      throw SqliteFault(code, what);
  }
}

}  // namespace signet::storage
