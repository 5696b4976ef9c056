// SPDX-License-Identifier: Apache-2.0
#include "storage/crls.hpp"

#include <algorithm>

namespace signet::storage {
namespace {

/// Deltas will be another kind beside it.
constexpr std::string_view complete = "complete";

/// Key of the row of `jobs` whose fence is the last number reserved.
Bytes job_owner(const Uuid& mount, std::int64_t issuer) {
  Bytes owner = to_bytes(mount.view());
  for (int shift = 56; shift >= 0; shift -= 8)
    owner.push_back(static_cast<std::uint8_t>(issuer >> shift));
  return owner;
}

std::optional<CrlRow> read_row(const Rows& rows, std::int64_t issuer, std::int64_t shard) {
  if (rows.empty()) return std::nullopt;
  const Row& row = rows[0];
  return CrlRow{issuer,      shard,          row.integer(0), row.time(1),
                row.time(2), row.integer(3), row.bytes(4)};
}

constexpr std::string_view select_row =
    "SELECT number, this_update, next_update, size, hash FROM crls WHERE issuer = $1 AND shard = "
    "$2 AND kind = $3";

}  // namespace

std::int64_t CrlStore::reserve_number(const Uuid& mount, std::int64_t issuer, UnixTime now) {
  std::int64_t number = 0;
  database_.write([&](Transaction& transaction) {
    const Rows rows = transaction.query(
        "INSERT INTO jobs (name, owner, wanted, done, fence, claimed_until) VALUES ('crl', $1, 0, "
        "0, $2, 0) "
        "ON CONFLICT (name, owner) DO UPDATE SET fence = CASE WHEN jobs.fence >= excluded.fence "
        "THEN jobs.fence + 1 "
        "ELSE excluded.fence END RETURNING fence",
        {value(job_owner(mount, issuer)), value(now)});
    number = rows.at(0).integer(0);
  });
  return number;
}

bool CrlStore::publish(const CrlRow& row,
                       const std::function<Bytes(std::uint64_t, std::size_t)>& read) {
  bool is_published = false;
  database_.write([&](Transaction& transaction) {
    is_published =
        transaction.execute(
            "INSERT INTO crls (issuer, shard, kind, number, this_update, next_update, size, hash) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (issuer, shard, kind) DO UPDATE "
            "SET "
            "number = excluded.number, this_update = excluded.this_update, next_update = "
            "excluded.next_update, "
            "size = excluded.size, hash = excluded.hash WHERE crls.number < excluded.number",
            {row.issuer, row.shard, value(complete), row.number, value(row.this_update),
             value(row.next_update), row.size, row.hash}) == 1;
    if (!is_published) return;
    transaction.execute(
        "DELETE FROM crl_chunks WHERE issuer = $1 AND shard = $2 AND kind = $3 AND number < $4",
        {row.issuer, row.shard, value(complete), row.number});
    const auto size = static_cast<std::uint64_t>(row.size);
    for (std::uint64_t offset = 0; offset < size; offset += chunk_size) {
      transaction.execute(
          "INSERT INTO crl_chunks (issuer, shard, kind, number, chunk, content) VALUES ($1, $2, "
          "$3, $4, $5, $6)",
          {row.issuer, row.shard, value(complete), row.number,
           static_cast<std::int64_t>(offset / chunk_size),
           read(offset,
                static_cast<std::size_t>(std::min<std::uint64_t>(chunk_size, size - offset)))});
    }
  });
  return is_published;
}

std::optional<CrlRow> CrlStore::find(std::int64_t issuer, std::int64_t shard) const {
  return read_row(database_.query(select_row, {issuer, shard, value(complete)}), issuer, shard);
}

std::optional<CrlRow> CrlStore::load(std::int64_t issuer, std::int64_t shard,
                                     const std::function<void(BytesView)>& each) const {
  std::optional<CrlRow> found;
  database_.read([&](Transaction& transaction) {
    found =
        read_row(transaction.query(select_row, {issuer, shard, value(complete)}), issuer, shard);
    if (!found) return;
    transaction.stream(
        "SELECT content FROM crl_chunks WHERE issuer = $1 AND shard = $2 AND kind = $3 AND number "
        "= $4 ORDER BY chunk",
        {issuer, shard, value(complete), found->number}, [&](const Row& row) {
          each(row.bytes(0));
          return true;
        });
  });
  return found;
}

void CrlStore::remove_issuer(CommitUnit& unit, std::int64_t issuer) {
  unit.execute("DELETE FROM crl_chunks WHERE issuer = $1", {issuer});
  unit.execute("DELETE FROM crls WHERE issuer = $1", {issuer});
}

void CrlStore::remove_mount(CommitUnit& unit, const Uuid& mount) {
  unit.execute(
      "DELETE FROM crl_chunks WHERE issuer IN (SELECT number FROM authorities WHERE mount = $1)",
      {value(mount)});
  unit.execute("DELETE FROM crls WHERE issuer IN (SELECT number FROM authorities WHERE mount = $1)",
               {value(mount)});
}

}  // namespace signet::storage
