// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres_batch.hpp"

#include "storage/postgres_transaction.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_set>

#include <fmt/format.h>

namespace signet::storage {
namespace {

using Kind = CommitOutcome::Kind;
using Key = std::pair<std::string, Uuid>;

BinaryArray to_array(ColumnType type, const std::vector<Value>& values) {
  BinaryArray array(type, values.size());
  for (const Value& value : values) array.add(value);
  return array;
}

/// The change numbers that the batch decided on, as they are now: one statement.
std::map<Key, std::int64_t> read_numbers(PostgresConnection& connection, const Batch& batch) {
  std::map<Key, std::int64_t> numbers;
  for (const auto& pending : batch) {
    for (const CommitUnit::Number& number : pending->unit.numbers()) {
      numbers.emplace(Key(number.kind, number.owner), 0);
    }
  }
  if (numbers.empty()) return numbers;
  std::vector<Value> kinds;
  std::vector<Value> owners;
  for (const auto& [key, ignored] : numbers) {
    kinds.emplace_back(key.first);
    owners.push_back(value(key.second));
  }
  const Rows rows = connection.query_arrays(
      "SELECT c.kind, c.owner, c.number FROM UNNEST($1::text[], $2::bytea[]) AS u(kind, owner) "
      "JOIN changes c ON c.kind = u.kind COLLATE \"C\" AND c.owner = u.owner",
      {to_array(ColumnType::text, kinds), to_array(ColumnType::bytes, owners)});
  for (const Row& row : rows) numbers[Key(row.text(0), row.uuid(1))] = row.integer(2);
  return numbers;
}

/// Those of the batch's tokens that are still there: one statement.
std::set<std::string> read_tokens(PostgresConnection& connection, const Batch& batch) {
  std::set<std::string> wanted;
  for (const auto& pending : batch) {
    if (pending->unit.token()) wanted.emplace(as_text(*pending->unit.token()));
  }
  std::set<std::string> there;
  if (wanted.empty()) return there;
  BinaryArray ids(ColumnType::bytes, wanted.size());
  for (const std::string& id : wanted) ids.add(to_bytes(std::string_view(id)));
  for (const Row& row :
       connection.query_arrays("SELECT t.id_hash FROM UNNEST($1::bytea[]) AS u(id_hash) "
                               "JOIN tokens t ON t.id_hash = u.id_hash",
                               {std::move(ids)})) {
    there.emplace(as_text(row.bytes(0)));
  }
  return there;
}

/// Takes out of the batch what was decided on an old number or under a token that is gone.
void refuse_outdated(PostgresConnection& connection, Batch& batch) {
  const std::set<std::string> tokens = read_tokens(connection, batch);
  const std::map<Key, std::int64_t> numbers = read_numbers(connection, batch);
  std::erase_if(batch, [&](const std::shared_ptr<Pending>& pending) {
    const CommitUnit& unit = pending->unit;
    if (unit.token() && !tokens.contains(std::string(as_text(*unit.token())))) {
      pending->outcome = {Kind::token_gone, {}};
      return true;
    }
    const bool is_stale =
        std::any_of(unit.numbers().begin(), unit.numbers().end(), [&](const auto& decided) {
          return numbers.at(Key(decided.kind, decided.owner)) > decided.number;
        });
    if (is_stale) pending->outcome = {Kind::stale, {}};
    return is_stale;
  });
}

struct Parted {
  Batch now;
  Batch later;  ///< units with a key that an earlier unit of the batch has too
};

/// The unique key of a row as one string; unequal for unequal keys.
std::string key_of(std::string_view name, std::size_t columns, const Values& row) {
  std::string key(name);
  for (std::size_t i = 0; i < columns; ++i) {
    const Value& part = row[i];
    if (const auto* number = std::get_if<std::int64_t>(&part)) {
      key += fmt::format("|{}", *number);
    } else if (const auto* text = std::get_if<std::string>(&part)) {
      key += fmt::format("|{}:{}", text->size(), *text);
    } else if (const auto* bytes = std::get_if<Bytes>(&part)) {
      key += fmt::format("|{}:{}", bytes->size(), as_text(*bytes));
    }
  }
  return key;
}

Parted part_equal_keys(const Batch& batch) {
  std::unordered_set<std::string> seen;
  Parted parted;
  for (const auto& pending : batch) {
    std::vector<std::string> keys;
    for (const CommitUnit::Insert& insert : pending->unit.inserts()) {
      if (insert.table->key > 0)
        keys.push_back(key_of(insert.table->name, insert.table->key, insert.row));
    }
    for (const CommitUnit::Write& write : pending->unit.writes())
      keys.push_back(key_of(write.write->name, write.write->key, write.row));
    const bool is_repeated = std::any_of(
        keys.begin(), keys.end(), [&](const std::string& key) { return seen.contains(key); });
    (is_repeated ? parted.later : parted.now).push_back(pending);
    if (!is_repeated) {
      seen.insert(std::make_move_iterator(keys.begin()), std::make_move_iterator(keys.end()));
    }
  }
  return parted;
}

std::string insert_arrays_sql(const Table& table) {
  std::string columns;
  std::string arrays;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string_view separator = i == 0 ? "" : ", ";
    columns += fmt::format("{}{}", separator, table.columns[i].name);
    arrays +=
        fmt::format("{}${}::{}", separator, i + 1, BinaryArray::type_name(table.columns[i].type));
  }
  return fmt::format("INSERT INTO {} ({}) SELECT * FROM UNNEST({}){}", table.name, columns, arrays,
                     table.keeps_present ? " ON CONFLICT DO NOTHING" : "");
}

/// One statement a table, tables in the order of their names, so that batches of several nodes do
/// not deadlock.
void insert_all(PostgresConnection& connection, const Batch& batch) {
  struct ByName {
    bool operator()(const Table* a, const Table* b) const { return a->name < b->name; }
  };
  std::map<const Table*, std::vector<const Values*>, ByName> rows;
  for (const auto& pending : batch) {
    for (const CommitUnit::Insert& insert : pending->unit.inserts()) {
      rows[insert.table].push_back(&insert.row);
    }
  }
  for (const auto& [table, values] : rows) {
    std::vector<BinaryArray> arrays;
    for (std::size_t i = 0; i < table->columns.size(); ++i) {
      BinaryArray array(table->columns[i].type, values.size());
      for (const Values* row : values) array.add((*row)[i]);
      arrays.push_back(std::move(array));
    }
    connection.query_arrays(insert_arrays_sql(*table), arrays);
  }
}

/// One statement a kind of checked write, rows in the order of their keys, for the same reason.
/// Units whose condition did not hold get their outcome; they have changed nothing.
void write_all(PostgresConnection& connection, const Batch& batch) {
  std::map<const CheckedWrite*, std::map<std::string, Pending*>> by_kind;
  for (const auto& pending : batch) {
    for (const CommitUnit::Write& write : pending->unit.writes())
      by_kind[write.write].emplace(key_of({}, write.write->key, write.row), pending.get());
  }
  for (const auto& [kind, pendings] : by_kind) {
    std::vector<BinaryArray> arrays;
    for (std::size_t i = 0; i < kind->columns.size(); ++i) {
      BinaryArray array(kind->columns[i].type, pendings.size());
      for (const auto& [key, pending] : pendings) array.add(pending->unit.writes().front().row[i]);
      arrays.push_back(std::move(array));
    }
    BinaryArray ordinals(ColumnType::integer, pendings.size());
    for (std::size_t i = 0; i < pendings.size(); ++i) ordinals.add(static_cast<std::int64_t>(i));
    arrays.push_back(std::move(ordinals));
    std::set<std::int64_t> held;
    for (const Row& row : connection.query_arrays(kind->many, arrays)) held.insert(row.integer(0));
    std::int64_t ordinal = 0;
    for (const auto& [key, pending] : pendings) {
      if (held.contains(ordinal++)) continue;
      const std::optional<Error>& otherwise = pending->unit.writes().front().otherwise;
      pending->outcome =
          otherwise ? CommitOutcome{Kind::refused, *otherwise} : CommitOutcome{Kind::stale, {}};
    }
  }
}

/// Commits what `run` staged and leaves `left` in the batch, or, if a caller of `run` left
/// meanwhile, stores nothing and leaves the batch without that caller's unit.
void commit_or_drop(PostgresTransaction& transaction, Batch& batch, const Batch& run, Batch left) {
  if (!Committer::begin_commit(run)) {
    Committer::drop_abandoned(batch);
    return;
  }
  transaction.commit();
  batch = std::move(left);
}

void run_merged(PostgresConnection& connection, Batch& batch) {
  PostgresTransaction transaction(connection);
  refuse_outdated(connection, batch);
  if (batch.empty()) return;
  Parted parted = part_equal_keys(batch);
  insert_all(connection, parted.now);
  for (const auto& pending : parted.now) pending->outcome = {};
  write_all(connection, parted.now);
  commit_or_drop(transaction, batch, parted.now, std::move(parted.later));
}

/// @return false if the unit is not to be committed; its outcome or fault says why
bool run_under_savepoint(PostgresConnection& connection, Pending& pending) {
  pending.fault = nullptr;
  connection.run("SAVEPOINT unit");
  try {
    std::vector<Change> raised;  // mergeable units raise nothing
    pending.outcome = run_unit(connection, pending.unit, Run::first, raised).outcome;
    if (pending.outcome.kind == Kind::stored) {
      connection.run("RELEASE unit");
      return true;
    }
  } catch (const TryAgain&) {
    throw;
  } catch (const Fault&) {
    if (!connection.is_open()) throw;
    pending.fault = std::current_exception();
  }
  connection.run("ROLLBACK TO unit; RELEASE unit");
  return false;
}

void run_one_by_one(PostgresConnection& connection, Batch& batch) {
  PostgresTransaction transaction(connection);
  Batch good;
  for (const auto& pending : batch) {
    if (run_under_savepoint(connection, *pending)) good.push_back(pending);
  }
  batch = good;
  if (!good.empty()) commit_or_drop(transaction, batch, good, {});
}

}  // namespace

void run_batch_once(PostgresConnection& connection, Batch& batch) {
  try {
    run_merged(connection, batch);
  } catch (const Unavailable&) {
    throw;
  } catch (const Fault&) {  // a conflict, or a value that the server refuses: whose is it?
    run_one_by_one(connection, batch);
  }
}

}  // namespace signet::storage
