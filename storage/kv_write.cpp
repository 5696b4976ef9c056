// SPDX-License-Identifier: Apache-2.0
// The check-and-set that stores a version: a few statements where a unit has its transaction to
// itself, one for many units on PostgreSQL.
#include "storage/kv_rows.hpp"

#include <limits>

namespace signet::storage {
namespace {

// Columns of a row, in the order of kv_write.columns.
enum : std::size_t { mount, path, version, is_new, created_at, deleted_at, sealed, oldest };

bool write_one(Transaction& transaction, const Values& row) {
  const bool creates = std::get<std::int64_t>(row[is_new]) != 0;
  const std::int64_t changed =
      creates ? transaction.execute(
                    "INSERT INTO kv_paths (mount, path, current_version, oldest_version, "
                    "metadata_version, max_versions, cas_required, metadata_cas_required, "
                    "delete_version_after, created_at, updated_at) "
                    "VALUES ($1, $2, $3, $4, 0, 0, 0, 0, 0, $5, $5) ON CONFLICT (mount, path) DO "
                    "NOTHING",
                    {row[mount], row[path], row[version], row[oldest], row[created_at]})
              : transaction.execute(
                    "UPDATE kv_paths SET current_version = $3, updated_at = $5, oldest_version = "
                    "CASE WHEN oldest_version < $4 THEN $4 ELSE oldest_version END "
                    "WHERE mount = $1 AND path = $2 AND current_version + 1 = $3",
                    {row[mount], row[path], row[version], row[oldest], row[created_at]});
  if (changed != 1) return false;
  transaction.execute(
      "INSERT INTO kv_versions (mount, path, version, created_at, deleted_at, destroyed, value, "
      "origin) VALUES ($1, $2, $3, $4, $5, 0, $6, 0)",
      {row[mount], row[path], row[version], row[created_at], row[deleted_at], row[sealed]});
  if (std::get<std::int64_t>(row[oldest]) <= 1) return true;
  for (const char* prune :
       {"DELETE FROM kv_versions WHERE mount = $1 AND path = $2 AND version < $3",
        "DELETE FROM kv_value_hashes WHERE mount = $1 AND path = $2 AND version < $3"})
    transaction.execute(prune, {row[mount], row[path], row[oldest]});
  return true;
}

// A sealed value has a nonce of its own: the same bytes are the same write.
bool is_made(Transaction& transaction, const Values& row) {
  const Rows rows = transaction.query(
      "SELECT k.current_version, v.version, v.value FROM kv_paths k LEFT JOIN kv_versions v "
      "ON v.mount = k.mount AND v.path = k.path AND v.version = $3 "
      "WHERE k.mount = $1 AND k.path = $2",
      {row[mount], row[path], row[version]});
  if (rows.empty() || rows[0].integer(0) < std::get<std::int64_t>(row[version])) return false;
  if (rows[0].is_null(1) || rows[0].is_null(2))
    throw Unavailable("the version was destroyed or pruned before it could be confirmed");
  return rows[0].bytes(2) == std::get<Bytes>(row[sealed]);
}

constexpr std::string_view write_many =
    "WITH w AS ("
    " SELECT mount, path COLLATE \"C\" AS path, version, is_new, created_at, deleted_at, value,"
    "  oldest, n"
    " FROM UNNEST($1::bytea[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::int8[],"
    "  $7::bytea[], $8::int8[], $9::int8[])"
    "  AS a (mount, path, version, is_new, created_at, deleted_at, value, oldest, n)),"
    "updated AS ("
    " UPDATE kv_paths k SET current_version = w.version, updated_at = w.created_at,"
    "  oldest_version = GREATEST(k.oldest_version, w.oldest)"
    " FROM w WHERE w.is_new = 0 AND k.mount = w.mount AND k.path = w.path"
    "  AND k.current_version + 1 = w.version RETURNING w.n),"
    "inserted AS ("
    " INSERT INTO kv_paths (mount, path, current_version, oldest_version, metadata_version,"
    "  max_versions, cas_required, metadata_cas_required, delete_version_after, created_at,"
    "  updated_at)"
    " SELECT mount, path, version, oldest, 0, 0, 0, 0, 0, created_at, created_at"
    " FROM w WHERE is_new = 1 ON CONFLICT (mount, path) DO NOTHING RETURNING mount, path),"
    "held AS ("
    " SELECT n FROM updated UNION ALL"
    " SELECT w.n FROM w JOIN inserted i ON i.mount = w.mount AND i.path = w.path),"
    "stored AS ("
    " INSERT INTO kv_versions (mount, path, version, created_at, deleted_at, destroyed, value,"
    "  origin)"
    " SELECT w.mount, w.path, w.version, w.created_at, w.deleted_at, 0, w.value, 0"
    " FROM w JOIN held ON held.n = w.n),"
    "pruned AS ("
    " DELETE FROM kv_versions v USING w, held WHERE held.n = w.n AND w.oldest > 1"
    "  AND v.mount = w.mount AND v.path = w.path AND v.version < w.oldest),"
    "forgotten AS ("
    " DELETE FROM kv_value_hashes h USING w, held WHERE held.n = w.n AND w.oldest > 1"
    "  AND h.mount = w.mount AND h.path = w.path AND h.version < w.oldest) "
    "SELECT n FROM held";

}  // namespace

const CheckedWrite kv_write{"kv",
                            {{"mount", ColumnType::bytes},
                             {"path", ColumnType::text},
                             {"version", ColumnType::integer},
                             {"is_new", ColumnType::integer},
                             {"created_at", ColumnType::integer},
                             {"deleted_at", ColumnType::integer},
                             {"value", ColumnType::bytes},
                             {"oldest", ColumnType::integer}},
                            2,
                            write_one,
                            is_made,
                            write_many};

std::int64_t KvStore::stage_write(CommitUnit& unit, std::string_view path_,
                                  const std::optional<KvKey>& before, const Write& write,
                                  std::optional<Error> otherwise) const {
  const std::int64_t number = before ? before->current_version + 1 : 1;
  const std::int64_t first_kept = number >= write.limit ? number - write.limit + 1 : 0;
  unit.write(kv_write,
             {value(mount_), value(path_), number, kv_value(!before), kv_value(write.now),
              kv_value(write.deleted_at), value(seal(path_, number, write.plain)), first_kept},
             std::move(otherwise));
  return number;
}

}  // namespace signet::storage
