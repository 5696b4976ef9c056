// SPDX-License-Identifier: Apache-2.0
#include "storage/consumers.hpp"

#include "storage/path_tree.hpp"

#include <algorithm>
#include <limits>

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
  return !database_
              .query(
                  "SELECT 1 FROM consumers WHERE mount = $1 AND path = $2 AND version = $3 "
                  "AND consumer = $4",
                  {value(consumption.mount), consumption.path, consumption.version,
                   consumption.consumer})
              .empty();
}

void ConsumerStore::stage_first(CommitUnit& unit, const Consumption& consumption) {
  unit.insert(consumers, {value(consumption.mount), consumption.path, consumption.version,
                          consumption.consumer, value(consumption.first_read),
                          value(consumption.last_read), consumption.reads});
}

void ConsumerStore::add(const std::vector<Consumption>& more) const {
  for (std::size_t begin = 0; begin < more.size(); begin += rows_a_transaction) {
    const std::size_t end = std::min(more.size(), begin + rows_a_transaction);
    database_.write([&](Transaction& transaction) {
      for (std::size_t i = begin; i < end; ++i) {
        const Consumption& one = more[i];
        const std::int64_t changed = transaction.execute(
            "UPDATE consumers SET reads = reads + $5, "
            "last_read = CASE WHEN last_read < $6 THEN $6 ELSE last_read END "
            "WHERE mount = $1 AND path = $2 AND version = $3 AND consumer = $4",
            {value(one.mount), one.path, one.version, one.consumer, one.reads,
             value(one.last_read)});
        if (changed > 0) continue;
        transaction.execute(
            "INSERT INTO consumers (mount, path, version, consumer, first_read, last_read, reads) "
            "SELECT v.mount, v.path, v.version, $4, $6, $6, $5 FROM kv_versions v "
            "WHERE v.mount = $1 AND v.path = $2 AND v.version = $3 "
            "ON CONFLICT (mount, path, version, consumer) DO NOTHING",
            {value(one.mount), one.path, one.version, one.consumer, one.reads,
             value(one.last_read)});
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

std::vector<Consumption> ConsumerStore::of_key(const Uuid& mount, std::string_view path) const {
  std::vector<Consumption> all;
  for (const Row& row :
       database_.query("SELECT version, consumer, first_read, last_read, reads FROM consumers "
                       "WHERE mount = $1 AND path = $2 ORDER BY version, consumer",
                       {value(mount), value(path)}))
    all.push_back({mount, std::string(path), row.integer(0), row.text(1), row.time(2), row.time(3),
                   row.integer(4)});
  return all;
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
      all.push_back({{page.mount, row.text(0), row.integer(1), row.text(2), row.time(3),
                      row.time(4), row.integer(5)},
                     row.integer(6)});
  };
  take(database_.query(of_folder, range_of(page)));
  // The next page begins above a path: a key is not cut in two.
  if (page.limit <= 0 || static_cast<std::int64_t>(all.size()) < page.limit) return all;
  const Consumption last = all.back().newest;
  take(database_.query(rest_of_key, {value(page.mount), last.path, last.version, last.consumer}));
  return all;
}

std::vector<ConsumerStore::Unread> ConsumerStore::unread(const Page& page) const {
  std::vector<Unread> all;
  for (const Row& row : database_.query(
           "SELECT k.path, k.current_version, (SELECT max(o.last_read) FROM consumers o "
           "WHERE o.mount = k.mount AND o.path = k.path) FROM kv_paths k "
           "WHERE k.mount = $1 AND k.path > $2 AND k.path < $3 AND k.current_version > 0 "
           "AND NOT EXISTS (SELECT 1 FROM consumers c WHERE c.mount = k.mount AND "
           "c.path = k.path AND c.version = k.current_version) ORDER BY k.path LIMIT $4",
           range_of(page)))
    all.push_back({row.text(0), row.integer(1), optional_time(row, 2)});
  return all;
}

std::vector<ConsumerStore::LastRead> ConsumerStore::last_reads(const Page& page) const {
  std::vector<LastRead> all;
  for (const Row& row : database_.query(
           "SELECT k.path, k.current_version, count(DISTINCT c.consumer), "
           "coalesce(sum(c.reads), 0), max(c.last_read) FROM "
           "(SELECT p.mount, p.path, p.current_version FROM kv_paths p WHERE p.mount = $1 AND "
           "p.path > $2 AND p.path < $3 ORDER BY p.path LIMIT $4) k "
           "LEFT JOIN consumers c ON c.mount = k.mount AND c.path = k.path "
           "GROUP BY k.path, k.current_version ORDER BY k.path",
           range_of(page)))
    all.push_back(
        {row.text(0), row.integer(1), row.integer(2), row.integer(3), optional_time(row, 4)});
  return all;
}

}  // namespace signet::storage
