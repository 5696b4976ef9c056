// SPDX-License-Identifier: Apache-2.0
#include "storage/run_unit.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace signet::storage {
namespace {

using Kind = CommitOutcome::Kind;

/// Raises first: the row lock that this takes makes two units which decided on one number, and both
/// raise it, run one after the other. Always in the same order, so that they do not deadlock.
void raise_numbers(Transaction& transaction, const CommitUnit& unit, std::vector<Change>& raised) {
  std::vector<CommitUnit::Number> raises = unit.raises();
  std::sort(raises.begin(), raises.end(), [](const auto& a, const auto& b) {
    return std::tie(a.kind, a.owner) < std::tie(b.kind, b.owner);
  });
  for (const CommitUnit::Number& raise : raises) {
    const std::int64_t number = raise_change(transaction, raise.kind, raise.owner);
    raised.push_back({raise.kind, raise.owner, number});
  }
}

bool is_stale(Transaction& transaction, const CommitUnit& unit, const std::vector<Change>& raised) {
  return std::any_of(unit.numbers().begin(), unit.numbers().end(), [&](const auto& decided) {
    const auto own = std::find_if(raised.begin(), raised.end(), [&](const Change& change) {
      return change.kind == decided.kind && change.owner == decided.owner;
    });
    if (own != raised.end()) return own->number - 1 > decided.number;
    const Rows rows =
        transaction.query("SELECT number FROM changes WHERE kind = $1 AND owner = $2",
                          {value(std::string_view(decided.kind)), value(decided.owner)});
    return !rows.empty() && rows.front().integer(0) > decided.number;
  });
}

bool is_token_gone(Transaction& transaction, const CommitUnit& unit) {
  return unit.token() &&
         transaction.query("SELECT 1 FROM tokens WHERE id_hash = $1", {*unit.token()}).empty();
}

/// @return what the conflict means, if there was one
std::optional<CommitOutcome> insert_row(Transaction& transaction,
                                        const CommitUnit::Insert& insert) {
  try {
    transaction.execute(insert_sql(*insert.table), insert.row);
    return std::nullopt;
  } catch (const UniqueViolation&) {
    if (!insert.on_conflict) throw;
    return CommitOutcome{Kind::refused, *insert.on_conflict};
  }
}

CommitOutcome unmet(const std::optional<Error>& otherwise) {
  if (!otherwise) return {Kind::stale, {}};
  return {Kind::refused, *otherwise};
}

std::optional<CommitOutcome> run_statement(Transaction& transaction,
                                           const CommitUnit::Statement& statement) {
  if (statement.step != nullptr) {
    statement.step(transaction, statement.parameters);
    return std::nullopt;
  }
  try {
    const std::int64_t rows = transaction.execute(statement.sql, statement.parameters);
    if (statement.rows < 0 || rows == statement.rows) return std::nullopt;
  } catch (const UniqueViolation&) {
    if (statement.rows < 0) throw;
  }
  return unmet(statement.otherwise);
}

/// Whether the run before this one held. `insert` steps over what this found out by storing it.
bool was_made(Transaction& transaction, const CommitUnit& unit,
              std::vector<CommitUnit::Insert>::const_iterator& insert) {
  if (!unit.writes().empty()) {
    const CommitUnit::Write& first = unit.writes().front();
    return first.write->is_made(transaction, first.row);
  }
  try {
    transaction.execute(insert_sql(*insert->table), insert->row);
  } catch (const UniqueViolation&) {
    return true;
  }
  ++insert;
  return false;
}

}  // namespace

std::string insert_sql(const Table& table) {
  std::string columns;
  std::string parameters;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string_view separator = i == 0 ? "" : ", ";
    columns += fmt::format("{}{}", separator, table.columns[i].name);
    parameters += fmt::format("{}${}", separator, i + 1);
  }
  return fmt::format("INSERT INTO {} ({}) VALUES ({}){}", table.name, columns, parameters,
                     table.keeps_present ? " ON CONFLICT DO NOTHING" : "");
}

UnitResult run_unit(Transaction& transaction, const CommitUnit& unit, Run run,
                    std::vector<Change>& raised) {
  auto insert = unit.inserts().begin();
  if (run == Run::settling) {
    CHECK(unit.can_settle());
    if (was_made(transaction, unit, insert)) return {{}, true};
  }
  raise_numbers(transaction, unit, raised);
  if (is_token_gone(transaction, unit)) return {{Kind::token_gone, {}}};
  if (is_stale(transaction, unit, raised)) return {{Kind::stale, {}}};
  for (; insert != unit.inserts().end(); ++insert) {
    if (auto outcome = insert_row(transaction, *insert)) return {std::move(*outcome)};
  }
  for (const CommitUnit::Write& write : unit.writes()) {
    if (!write.write->one(transaction, write.row)) return {unmet(write.otherwise)};
  }
  for (const CommitUnit::Statement& statement : unit.statements()) {
    if (auto outcome = run_statement(transaction, statement)) return {std::move(*outcome)};
  }
  return {};
}

}  // namespace signet::storage
