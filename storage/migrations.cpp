// SPDX-License-Identifier: Apache-2.0
#include "storage/migrations.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace signet::storage {
namespace {

using Version = std::array<int, 3>;

/// "1.2.3", a suffix like "-rc1" ignored.
Version parse_version(std::string_view text) {
  Version version{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int& part : version) {
    const auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc() || next == end || *next != '.') break;
    at = next + 1;
  }
  return version;
}

Result<void> check_recorded(const Rows& recorded, std::span<const Migration> migrations,
                            std::string_view dialect, std::string_view version) {
  for (const Row& row : recorded) {
    const std::int64_t number = row.integer(0);
    if (parse_version(version) < parse_version(row.text(3))) {
      return Error{
          ErrorCode::conflict,
          fmt::format("the database has migration {} ({}), which needs signet {} or newer; "
                      "this is signet {}: start a newer signet on it, or restore a snapshot taken "
                      "before the upgrade",
                      number, row.text(1), row.text(3), version),
          {}};
    }
    const auto known = std::find_if(migrations.begin(), migrations.end(), [&](const Migration& m) {
      return m.number == number && (m.dialect.empty() || m.dialect == dialect);
    });
    if (known != migrations.end() && known->hash != row.text(2)) {
      return Error{ErrorCode::conflict,
                   fmt::format("migration {} ({}) ran on the database in another form than this "
                               "binary carries: the database belongs to another build of signet; "
                               "use that build, or another database",
                               number, row.text(1)),
                   {}};
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> split_statements(std::string_view sql) {
  std::vector<std::string> statements;
  std::string current;
  for (const std::string& line : split(sql, '\n')) {
    const std::string_view text = trim(line);
    if (text.empty() || text.starts_with("--")) continue;
    current += line;
    current += '\n';
    if (!text.ends_with(';')) continue;
    current.resize(current.rfind(';'));
    statements.push_back(std::move(current));
    current.clear();
  }
  if (!trim(current).empty()) statements.push_back(std::move(current));
  return statements;
}

Result<void> migrate(Transaction& transaction, std::string_view dialect, UnixTime now,
                     std::span<const Migration> migrations, std::string_view version) {
  transaction.execute(
      "CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY, "
      "name TEXT COLLATE \"C\" NOT NULL, hash TEXT COLLATE \"C\" NOT NULL, "
      "oldest_binary TEXT COLLATE \"C\" NOT NULL, applied_at BIGINT NOT NULL)");
  const Rows recorded =
      transaction.query("SELECT number, name, hash, oldest_binary FROM migrations ORDER BY number");
  TRY(check_recorded(recorded, migrations, dialect, version));
  for (const Migration& migration : migrations) {
    if (!migration.dialect.empty() && migration.dialect != dialect) continue;
    const bool has_run = std::any_of(recorded.begin(), recorded.end(), [&](const Row& row) {
      return row.integer(0) == migration.number;
    });
    if (has_run) continue;
    for (const std::string& statement : split_statements(migration.sql)) {
      transaction.execute(statement);
    }
    transaction.execute(
        "INSERT INTO migrations (number, name, hash, oldest_binary, applied_at) "
        "VALUES ($1, $2, $3, $4, $5)",
        {std::int64_t{migration.number}, value(migration.name), value(migration.hash),
         value(migration.oldest_binary), value(now)});
    log::info("database migrated",
              {{"number", migration.number}, {"name", std::string(migration.name)}});
  }
  return {};
}

}  // namespace signet::storage
