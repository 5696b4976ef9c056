// SPDX-License-Identifier: Apache-2.0
// How leases end: marked by requests, claimed by workers, tried again where that fails.
#include "storage/leases.hpp"
#include "storage/path_tree.hpp"

#include <algorithm>
#include <tuple>

namespace signet::storage {
namespace {

/// What is not irrevocable anyway ends; due since ever, so that it comes before what merely
/// expired.
constexpr std::string_view end_running =
    "UPDATE leases SET state = 1, due_at = 0 WHERE state = 0 AND ";

std::string ending(std::string_view condition) {
  return std::string(end_running) + std::string(condition);
}

/// PostgreSQL: few, since requests wait for the same commits. SQLite syncs its file for every one,
/// while nobody else writes: many.
constexpr std::int64_t postgres_batch = 20;
constexpr std::int64_t sqlite_batch = 100;

/// So many tokens a statement.
constexpr std::size_t tokens_at_once = 16;

}  // namespace

void LeaseStore::stage_end(CommitUnit& unit, const Uuid& name_space, std::string_view id) {
  static const std::string sql = ending("namespace = $1 AND id = $2");
  unit.execute(sql, {value(name_space), value(id)});
}

void LeaseStore::stage_end_below(CommitUnit& unit, const Uuid& name_space,
                                 std::string_view folder) {
  static const std::string sql = ending("namespace = $1 AND id >= $2 AND id < $3");
  unit.execute(sql, {value(name_space), value(folder), range_end(folder)});
}

void LeaseStore::stage_end_of_token(CommitUnit& unit, BytesView token) {
  static const std::string sql = ending("token = $1");
  unit.execute(sql, {value(token)});
}

void LeaseStore::end_of_tokens(Transaction& transaction, const std::vector<Bytes>& tokens) {
  static const std::string sql =
      ending("token IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)");
  for (std::size_t begin = 0; begin < tokens.size(); begin += tokens_at_once) {
    // What is left over is filled up with the last one.
    Values some;
    for (std::size_t i = 0; i < tokens_at_once; ++i)
      some.emplace_back(tokens[std::min(begin + i, tokens.size() - 1)]);
    transaction.execute(sql, some);
  }
}

std::int64_t LeaseStore::batch() const {
  return database_.kind() == "postgresql" ? postgres_batch : sqlite_batch;
}

std::vector<LeaseRow> LeaseStore::claim(UnixTime now, std::int64_t limit, UnixTime until) const {
  // One statement, durable when it returns. Workers of other servers pass over what this one has
  // locked; SQLite has one server.
  static constexpr std::string_view due =
      "WITH due AS (SELECT namespace, id FROM leases WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
  static constexpr std::string_view take =
      ") UPDATE leases SET due_at = $3, state = CASE WHEN state = 0 THEN 1 ELSE state END "
      "WHERE (namespace, id) IN (SELECT namespace, id FROM due) "
      "RETURNING namespace, id, mount, token, issued_at, expires_at, state, attempts, problem, "
      "record";
  static const std::string sql = std::string(due) + std::string(take);
  static const std::string skipping =
      std::string(due) + " FOR UPDATE SKIP LOCKED" + std::string(take);
  const Rows rows = database_.query(database_.kind() == "postgresql" ? skipping : sql,
                                    {value(now), limit, value(until)});
  std::vector<LeaseRow> out = rows_of(rows);
  // Always in one order, so that two that end the same leases do not deadlock.
  std::sort(out.begin(), out.end(), [](const LeaseRow& left, const LeaseRow& right) {
    return std::tie(left.name_space, left.id) < std::tie(right.name_space, right.id);
  });
  return out;
}

void LeaseStore::note_failure(const LeaseRow& row, std::string_view problem,
                              std::optional<UnixTime> due_at) const {
  database_.write([&](Transaction& transaction) {
    transaction.execute(
        "UPDATE leases SET attempts = $3, problem = $4, due_at = $5, state = $6 "
        "WHERE namespace = $1 AND id = $2",
        {value(row.name_space), row.id, row.attempts + 1, value(problem),
         due_at ? value(*due_at) : Value(),
         static_cast<std::int64_t>(due_at ? row.state : LeaseState::irrevocable)});
  });
}

std::int64_t LeaseStore::retry_irrevocable() const {
  std::int64_t woken = 0;
  database_.write([&](Transaction& transaction) {
    woken = transaction.execute("UPDATE leases SET due_at = 0 WHERE due_at IS NULL AND state = 2");
  });
  return woken;
}

std::int64_t LeaseStore::end_strays(Position& position, std::int64_t limit) const {
  static const std::string end = ending("namespace = $1 AND id = $2");
  const Rows rows = database_.query(
      "SELECT l.namespace, l.id, "
      "CASE WHEN l.state <> 0 OR l.token IS NULL OR t.id_hash IS NOT NULL THEN 0 ELSE 1 END, "
      "CASE WHEN m.id IS NOT NULL THEN 0 ELSE 1 END "
      "FROM (SELECT namespace, id, token, mount, state FROM leases "
      "WHERE (namespace, id) > ($1, $2) ORDER BY namespace, id LIMIT $3) AS l "
      "LEFT JOIN tokens t ON t.id_hash = l.token LEFT JOIN mounts m ON m.id = l.mount "
      "ORDER BY l.namespace, l.id",
      {value(position.name_space), position.id, limit});
  std::int64_t strays = 0;
  for (const Row& row : rows) {
    const bool lacks_token = row.integer(2) != 0;
    const bool lacks_mount = row.integer(3) != 0;
    if (!lacks_token && !lacks_mount) continue;
    ++strays;
    database_.write([&](Transaction& transaction) {
      transaction.execute(lacks_mount ? "DELETE FROM leases WHERE namespace = $1 AND id = $2" : end,
                          {value(row.uuid(0)), row.text(1)});
    });
  }
  const bool is_last = static_cast<std::int64_t>(rows.size()) < limit;
  position = is_last ? Position{} : Position{rows.back().uuid(0), rows.back().text(1)};
  return strays;
}

}  // namespace signet::storage
