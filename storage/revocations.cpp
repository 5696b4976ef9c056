// SPDX-License-Identifier: Apache-2.0
#include "storage/revocations.hpp"

namespace signet::storage {
namespace {

Table table(bool keeps_present) {
  return {"revocations",
          {{"issuer", ColumnType::integer},
           {"serial", ColumnType::bytes},
           {"mount", ColumnType::bytes},
           {"revoked_at", ColumnType::integer},
           {"reason", ColumnType::integer},
           {"not_after", ColumnType::integer},
           {"shard", ColumnType::integer}},
          keeps_present ? std::size_t{2} : std::size_t{0},
          keeps_present};
}
const Table revocations = table(false);
const Table revocations_kept = table(true);

Values values(RevocationRow row) {
  return {row.issuer, std::move(row.serial), value(row.mount), row.revoked_at.seconds,
          row.reason, row.not_after.seconds, row.shard};
}

RevocationRow from(const Row& row) {
  return {row.integer(0), row.bytes(1), row.uuid(2),   row.time(3),
          row.integer(4), row.time(5),  row.integer(6)};
}

}  // namespace

void RevocationStore::stage(CommitUnit& unit, RevocationRow row, Error already) {
  // A lost COMMIT is not settled by this row alone: another request may have put it there.
  if (unit.inserts().empty()) unit.cannot_settle();
  unit.insert(revocations, values(std::move(row)), std::move(already));
}

void RevocationStore::stage_unless_revoked(CommitUnit& unit, RevocationRow row) {
  if (unit.inserts().empty()) unit.cannot_settle();
  unit.insert(revocations_kept, values(std::move(row)));
}

std::optional<RevocationRow> RevocationStore::find(std::int64_t issuer, BytesView serial) const {
  const Rows rows = database_.query(
      "SELECT issuer, serial, mount, revoked_at, reason, not_after, shard FROM revocations "
      "WHERE issuer = $1 AND serial = $2",
      {issuer, value(serial)});
  if (rows.empty()) return std::nullopt;
  return from(rows.front());
}

std::vector<Bytes> RevocationStore::serials(const Uuid& mount, BytesView after,
                                            std::int64_t limit) const {
  std::vector<Bytes> found;
  for (const Row& row :
       database_.query("SELECT serial FROM revocations WHERE mount = $1 AND serial > $2 "
                       "ORDER BY serial LIMIT $3",
                       {value(mount), value(after), row_limit(limit)}))
    found.push_back(row.bytes(0));
  return found;
}

std::vector<RevocationRow> RevocationStore::since(UnixTime since, std::int64_t limit) const {
  std::vector<RevocationRow> found;
  for (const Row& row : database_.query(
           "SELECT issuer, serial, mount, revoked_at, reason, not_after, shard FROM revocations "
           "WHERE revoked_at >= $1 ORDER BY revoked_at LIMIT $2",
           {value(since), row_limit(limit)}))
    found.push_back(from(row));
  return found;
}

void RevocationStore::stream(Transaction& transaction, std::int64_t issuer, std::int64_t shard,
                             const std::function<bool(const RevocationRow&)>& each) {
  transaction.stream(
      "SELECT issuer, serial, mount, revoked_at, reason, not_after, shard FROM revocations "
      "WHERE issuer = $1 AND shard = $2 ORDER BY serial",
      {issuer, shard}, [&](const Row& row) { return each(from(row)); });
}

std::int64_t RevocationStore::count(std::int64_t issuer, std::int64_t shard) const {
  return database_
      .query("SELECT COUNT(*) FROM revocations WHERE issuer = $1 AND shard = $2", {issuer, shard})
      .front()
      .integer(0);
}

void RevocationStore::remove_mount(CommitUnit& unit, const Uuid& mount) {
  unit.execute("DELETE FROM revocations WHERE mount = $1", {value(mount)});
}

}  // namespace signet::storage
