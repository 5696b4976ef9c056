// SPDX-License-Identifier: Apache-2.0
#include "storage/leases.hpp"

#include "storage/path_tree.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace signet::storage {
namespace {

const Table leases_table{"leases",
                         {{"namespace", ColumnType::bytes},
                          {"id", ColumnType::text},
                          {"mount", ColumnType::bytes},
                          {"token", ColumnType::bytes},
                          {"issued_at", ColumnType::integer},
                          {"expires_at", ColumnType::integer},
                          {"due_at", ColumnType::integer},
                          {"state", ColumnType::integer},
                          {"attempts", ColumnType::integer},
                          {"problem", ColumnType::text},
                          {"record", ColumnType::bytes}}};

void append_time(Bytes& to, UnixTime time) {
  for (int shift = 56; shift >= 0; shift -= 8)
    to.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(time.seconds) >> shift));
}

/// The columns that the record is bound to, beside namespace and id. All but the token have a fixed
/// length, so that different rows do not meet in one encoding.
Bytes bound_columns(const LeaseRow& row) {
  Bytes out = to_bytes(row.mount.view());
  append_time(out, row.issued_at);
  append_time(out, row.expires_at);
  out.push_back(row.token ? 1 : 0);
  if (row.token) append(out, *row.token);
  return out;
}

SealedAt lease_at(const LeaseRow& row, const Bytes& bound) {
  return {"leases", "record", row.name_space.view(), as_bytes(row.id), bound};
}

/// What rows_of() reads of each row.
LeaseRow lease_row(const Row& row) {
  LeaseRow out;
  out.name_space = row.uuid(0);
  out.id = row.text(1);
  out.mount = row.uuid(2);
  if (!row.is_null(3)) out.token = row.bytes(3);
  out.issued_at = row.time(4);
  out.expires_at = row.time(5);
  out.state = static_cast<LeaseState>(row.integer(6));
  out.attempts = row.integer(7);
  out.problem = row.text(8);
  out.record = row.bytes(9);
  return out;
}

}  // namespace

std::vector<LeaseRow> LeaseStore::rows_of(const Rows& rows) {
  std::vector<LeaseRow> out;
  out.reserve(rows.size());
  std::transform(rows.begin(), rows.end(), std::back_inserter(out), lease_row);
  return out;
}

Deadline LeaseStore::deadline() {
  constexpr std::chrono::seconds patience{30};
  return Database::thread_deadline().value_or(std::chrono::steady_clock::now() + patience);
}

void LeaseStore::insert(CommitUnit& unit, const LeaseRow& row, BytesView plain) const {
  unit.insert(leases_table,
              {value(row.name_space), row.id, value(row.mount),
               row.token ? Value(*row.token) : Value(), value(row.issued_at), value(row.expires_at),
               value(row.expires_at), static_cast<std::int64_t>(row.state), row.attempts,
               row.problem, value(sealer_.seal(lease_at(row, bound_columns(row)), plain))});
}

void LeaseStore::prolong(CommitUnit& unit, const LeaseRow& row, UnixTime expires_at,
                         BytesView plain) const {
  LeaseRow after = row;
  after.expires_at = expires_at;
  unit.execute_if_true(
      "UPDATE leases SET expires_at = $3, due_at = $3, record = $4 "
      "WHERE namespace = $1 AND id = $2 AND record = $5 AND state = 0",
      {value(row.name_space), row.id, value(expires_at),
       value(sealer_.seal(lease_at(after, bound_columns(after)), plain)), row.record},
      1);
}

std::optional<LeaseRow> LeaseStore::find(const Uuid& name_space, std::string_view id) const {
  const Rows rows = database_.query(
      "SELECT namespace, id, mount, token, issued_at, expires_at, state, attempts, problem, record "
      "FROM leases WHERE namespace = $1 AND id = $2",
      {value(name_space), value(id)});
  if (rows.empty()) return std::nullopt;
  return lease_row(rows.front());
}

SecretBytes LeaseStore::open(const LeaseRow& row) const {
  return sealer_.open(lease_at(row, bound_columns(row)), row.record);
}

std::vector<std::string> LeaseStore::list(const Uuid& name_space, std::string_view folder,
                                          std::string_view after, std::int64_t limit) const {
  return PathTree(database_, PathTable{"leases", "namespace", "id"}, name_space.view())
      .list({folder, after, limit});
}

std::vector<LeaseRow> LeaseStore::below(const Uuid& name_space, std::string_view folder,
                                        std::string_view after, std::int64_t limit) const {
  return rows_of(database_.query(
      "SELECT namespace, id, mount, token, issued_at, expires_at, state, attempts, problem, record "
      "FROM leases WHERE namespace = $1 AND id >= $2 AND id < $3 AND id > $4 ORDER BY id LIMIT $5",
      {value(name_space), value(folder), range_end(folder), value(after), row_limit(limit)}));
}

std::vector<LeaseRow> LeaseStore::irrevocable(const Uuid& name_space, std::int64_t limit) const {
  return rows_of(database_.query(
      "SELECT namespace, id, mount, token, issued_at, expires_at, state, attempts, problem, record "
      "FROM leases WHERE state = 2 AND namespace = $1 ORDER BY id LIMIT $2",
      {value(name_space), row_limit(limit)}));
}

std::map<Uuid, std::int64_t> LeaseStore::count_irrevocable(const Uuid& name_space) const {
  std::map<Uuid, std::int64_t> counts;
  for (const Row& row : database_.query("SELECT mount, COUNT(*) FROM leases "
                                        "WHERE state = 2 AND namespace = $1 GROUP BY mount",
                                        {value(name_space)}))
    counts[row.uuid(0)] = row.integer(1);
  return counts;
}

void LeaseStore::stage_remove(CommitUnit& unit, const LeaseRow& row) {
  unit.execute("DELETE FROM leases WHERE namespace = $1 AND id = $2",
               {value(row.name_space), row.id});
}

void LeaseStore::stage_remove_mount(CommitUnit& unit, const Uuid& mount) {
  unit.execute("DELETE FROM leases WHERE mount = $1", {value(mount)});
}

}  // namespace signet::storage
