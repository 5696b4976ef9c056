// SPDX-License-Identifier: Apache-2.0
#include "storage/consumers.hpp"

#include "storage/path_tree.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace signet::storage {
namespace {

constexpr std::size_t rows_a_transaction = 500;

const Table consumers{"consumers",
                      {{"mount", ColumnType::bytes},
                       {"path", ColumnType::text},
                       {"version", ColumnType::integer},
                       {"consumer", ColumnType::text},
                       {"first_read", ColumnType::integer},
                       {"last_read", ColumnType::integer},
                       {"reads", ColumnType::integer}},
                      4,
                      true};

/// Where one row is; its values are $1 to $4.
constexpr std::string_view one_row =
    " WHERE mount = $1 AND path = $2 AND version = $3 AND consumer = $4";

Values key_of(const Consumption& one) {
  return {value(one.mount), one.path, one.version, one.consumer};
}

/// The four columns that follow the version of a row.
Consumption consumption_of(const Uuid& mount, std::string path, const Row& row,
                           std::size_t version) {
  return {mount,
          std::move(path),
          row.integer(version),
          row.text(version + 1),
          row.time(version + 2),
          row.time(version + 3),
          row.integer(version + 4)};
}

template <class Read>
auto all_of(const Rows& rows, const Read& read) {
  std::vector<decltype(read(rows.front()))> all;
  all.reserve(rows.size());
  for (const Row& row : rows) all.push_back(read(row));
  return all;
}

// $1 to $4 of every question about a folder.
Values range_of(const ConsumerStore::Page& page) {
  const std::string from = std::string(page.folder) + std::string(page.after);
  return {value(page.mount), value(std::string_view(from)),
          value(std::string_view(range_end(page.folder))),
          page.limit > 0 ? page.limit : std::numeric_limits<std::int64_t>::max()};
}

std::optional<UnixTime> optional_time(const Row& row, std::size_t column) {
  if (row.is_null(column)) return std::nullopt;
  return row.time(column);
}

}  // namespace

bool ConsumerStore::has(const Consumption& consumption) const {
  static const std::string sql = "SELECT 1 FROM consumers" + std::string(one_row);
  return !database_.query(sql, key_of(consumption)).empty();
}

void ConsumerStore::stage_first(CommitUnit& unit, const Consumption& consumption) {
  Values row = key_of(consumption);
  row.insert(row.end(), {value(consumption.first_read), value(consumption.last_read),
                         Value(consumption.reads)});
  unit.insert(consumers, std::move(row));
}

void ConsumerStore::add(const std::vector<Consumption>& more) const {
  static const std::string update =
      "UPDATE consumers SET reads = reads + $5, "
      "last_read = CASE WHEN last_read < $6 THEN $6 ELSE last_read END" +
      std::string(one_row);
  static constexpr std::string_view insert =
      "INSERT INTO consumers (mount, path, version, consumer, first_read, last_read, reads) "
      "SELECT v.mount, v.path, v.version, $4, $6, $6, $5 FROM kv_versions v "
      "WHERE v.mount = $1 AND v.path = $2 AND v.version = $3 "
      "ON CONFLICT (mount, path, version, consumer) DO NOTHING";
  for (std::size_t begin = 0; begin < more.size(); begin += rows_a_transaction) {
    const std::size_t end = std::min(more.size(), begin + rows_a_transaction);
    database_.write([&](Transaction& transaction) {
      for (std::size_t i = begin; i < end; ++i) {
        Values values = key_of(more[i]);
        values.insert(values.end(), {Value(more[i].reads), value(more[i].last_read)});
        if (transaction.execute(update, values) == 0) transaction.execute(insert, values);
      }
    });
  }
}

std::int64_t ConsumerStore::forget(UnixTime before) const {
  std::int64_t removed = 0;
  database_.write([&](Transaction& transaction) {
    removed = transaction.execute("DELETE FROM consumers WHERE last_read < $1", {value(before)});
  });
  return removed;
}

std::int64_t ConsumerStore::keep_latest(std::int64_t most) const {
  // The primary key is in this order: counting needs no sorting.
  const Rows crowded = database_.query(
      "SELECT mount, path, version FROM consumers GROUP BY mount, path, version "
      "HAVING count(*) > $1",
      {most});
  std::int64_t removed = 0;
  for (const Row& row : crowded) {
    const Values values{value(row.uuid(0)), row.text(1), row.integer(2), most};
    database_.write([&](Transaction& transaction) {
      removed += transaction.execute(
          "DELETE FROM consumers WHERE mount = $1 AND path = $2 AND version = $3 "
          "AND consumer NOT IN (SELECT consumer FROM consumers WHERE mount = $1 AND path = $2 "
          "AND version = $3 ORDER BY last_read DESC, consumer LIMIT $4)",
          values);
    });
  }
  return removed;
}

std::vector<Consumption> ConsumerStore::of_key(const Uuid& mount, std::string_view path) const {
  return all_of(
      database_.query("SELECT version, consumer, first_read, last_read, reads FROM consumers "
                      "WHERE mount = $1 AND path = $2 ORDER BY version, consumer",
                      {value(mount), value(path)}),
      [&](const Row& row) { return consumption_of(mount, std::string(path), row, 0); });
}

std::vector<ConsumerStore::Outdated> ConsumerStore::outdated(const Page& page) const {
  static const std::string lead =
      "SELECT c.path, c.version, c.consumer, c.first_read, c.last_read, c.reads, k.current_version "
      "FROM consumers c JOIN kv_paths k ON k.mount = c.mount AND k.path = c.path "
      "WHERE c.mount = $1 AND c.version < k.current_version "
      "AND NOT EXISTS (SELECT 1 FROM consumers n WHERE n.mount = c.mount AND n.path = c.path "
      "AND n.consumer = c.consumer AND n.version > c.version) AND ";
  static const std::string order = " ORDER BY c.path, c.version, c.consumer";
  static const std::string of_folder = lead + "c.path > $2 AND c.path < $3" + order + " LIMIT $4";
  static const std::string rest_of_key =
      lead + "c.path = $2 AND (c.version > $3 OR (c.version = $3 AND c.consumer > $4))" + order;
  std::vector<Outdated> all;
  const auto take = [&](const Rows& rows) {
    for (const Row& row : rows)
      all.push_back({consumption_of(page.mount, row.text(0), row, 1), row.integer(6)});
  };
  take(database_.query(of_folder, range_of(page)));
  // The next page begins above a path: a key is not cut in two.
  if (page.limit <= 0 || static_cast<std::int64_t>(all.size()) < page.limit) return all;
  const Consumption last = all.back().newest;
  take(database_.query(rest_of_key, {value(page.mount), last.path, last.version, last.consumer}));
  return all;
}

std::vector<ConsumerStore::Unread> ConsumerStore::unread(const Page& page) const {
  return all_of(
      database_.query(
          "SELECT k.path, k.current_version, (SELECT max(o.last_read) FROM consumers o "
          "WHERE o.mount = k.mount AND o.path = k.path) FROM kv_paths k "
          "WHERE k.mount = $1 AND k.path > $2 AND k.path < $3 AND k.current_version > 0 "
          "AND NOT EXISTS (SELECT 1 FROM consumers c WHERE c.mount = k.mount AND "
          "c.path = k.path AND c.version = k.current_version) ORDER BY k.path LIMIT $4",
          range_of(page)),
      [](const Row& row) { return Unread{row.text(0), row.integer(1), optional_time(row, 2)}; });
}

std::vector<ConsumerStore::LastRead> ConsumerStore::last_reads(const Page& page) const {
  return all_of(
      database_.query(
          "SELECT k.path, k.current_version, count(DISTINCT c.consumer), "
          "coalesce(sum(c.reads), 0), max(c.last_read) FROM "
          "(SELECT p.mount, p.path, p.current_version FROM kv_paths p WHERE p.mount = $1 AND "
          "p.path > $2 AND p.path < $3 ORDER BY p.path LIMIT $4) k "
          "LEFT JOIN consumers c ON c.mount = k.mount AND c.path = k.path "
          "GROUP BY k.path, k.current_version ORDER BY k.path",
          range_of(page)),
      [](const Row& row) {
        return LastRead{row.text(0), row.integer(1), row.integer(2), row.integer(3),
                        optional_time(row, 4)};
      });
}

}  // namespace signet::storage
