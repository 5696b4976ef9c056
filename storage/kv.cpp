// SPDX-License-Identifier: Apache-2.0
// What version 2 of kv reads. What it writes is in kv_write.cpp and kv_stage.cpp.
#include "storage/kv.hpp"

#include "storage/kv_rows.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace signet::storage {
namespace {

constexpr std::size_t paths_a_query = 32;

#define SIGNET_KV_KEY_COLUMNS                                                                 \
  "k.current_version, k.oldest_version, k.metadata_version, k.max_versions, k.cas_required, " \
  "k.metadata_cas_required, k.delete_version_after, k.custom_metadata, k.created_at, k.updated_at"
constexpr std::size_t key_columns = 10;

KvTime time_of(const Row& row, std::size_t column) {
  return KvTime(std::chrono::microseconds(row.integer(column)));
}

KvKey key_of(const Row& row, std::size_t first) {
  KvKey key;
  key.current_version = row.integer(first);
  key.oldest_version = row.integer(first + 1);
  key.metadata_version = row.integer(first + 2);
  key.settings.max_versions = row.integer(first + 3);
  key.settings.cas_required = row.integer(first + 4) != 0;
  key.settings.metadata_cas_required = row.integer(first + 5) != 0;
  key.settings.delete_version_after = Seconds(row.integer(first + 6));
  if (!row.is_null(first + 7)) key.custom_metadata = row.text(first + 7);
  key.created_at = time_of(row, first + 8);
  key.updated_at = time_of(row, first + 9);
  return key;
}

// version, created_at, deleted_at, destroyed
KvVersion version_of(const Row& row, std::size_t first) {
  KvVersion version;
  version.version = row.integer(first);
  version.created_at = time_of(row, first + 1);
  if (!row.is_null(first + 2)) version.deleted_at = time_of(row, first + 2);
  version.is_destroyed = row.integer(first + 3) != 0;
  return version;
}

// max_versions, cas_required, metadata_cas_required, delete_version_after, leak_check
KvConfig config_of(const Row& row, std::size_t first) {
  KvConfig config;
  if (row.is_null(first)) return config;
  config.max_versions = row.integer(first);
  config.cas_required = row.integer(first + 1) != 0;
  config.metadata_cas_required = row.integer(first + 2) != 0;
  config.delete_version_after = Seconds(row.integer(first + 3));
  config.leak_check = row.integer(first + 4) != 0;
  return config;
}
constexpr std::size_t config_columns = 5;

#define SIGNET_KV_VERSION                                                          \
  "SELECT v.version, v.created_at, v.deleted_at, v.destroyed, v.value, v.origin, " \
  "k.custom_metadata, k.current_version"
// Mount, path, version (0: the current one).
const PointRead point_read{
    {ColumnType::bytes, ColumnType::text, ColumnType::integer},
    8,
    SIGNET_KV_VERSION
    " FROM kv_paths k JOIN kv_versions v ON v.mount = k.mount AND v.path = k.path "
    "AND v.version = CASE WHEN CAST($3 AS BIGINT) > 0 THEN CAST($3 AS BIGINT) ELSE "
    "k.current_version END "
    "WHERE k.mount = $1 AND k.path = $2",
    SIGNET_KV_VERSION
    ", i.n FROM UNNEST($1::bytea[], $2::text[], $3::int8[], $4::int8[]) AS i(mount, path, version, "
    "n) "
    "JOIN kv_paths k ON k.mount = i.mount AND k.path = i.path COLLATE \"C\" "
    "JOIN kv_versions v ON v.mount = k.mount AND v.path = k.path "
    "AND v.version = CASE WHEN i.version > 0 THEN i.version ELSE k.current_version END"};
#undef SIGNET_KV_VERSION

}  // namespace

KvConfig KvStore::config() const {
  const Rows rows = database_.query(
      "SELECT max_versions, cas_required, metadata_cas_required, delete_version_after, leak_check "
      "FROM kv_configs WHERE mount = $1",
      {value(mount_)});
  return rows.empty() ? KvConfig() : config_of(rows.front(), 0);
}

KvState KvStore::state(std::string_view path) const {
  const Rows rows = database_.query(
      "SELECT c.max_versions, c.cas_required, c.metadata_cas_required, c.delete_version_after, "
      "c.leak_check, " SIGNET_KV_KEY_COLUMNS
      " FROM (SELECT 1 AS one) o LEFT JOIN kv_configs c ON c.mount = $1 "
      "LEFT JOIN kv_paths k ON k.mount = $1 AND k.path = $2",
      {value(mount_), value(path)});
  const Row& row = rows.at(0);
  KvState state{config_of(row, 0), std::nullopt};
  if (!row.is_null(config_columns)) state.key = key_of(row, config_columns);
  return state;
}

std::optional<KvStore::Found> KvStore::read(std::string_view path, std::int64_t version,
                                            KvTime now) const {
  const Rows rows = database_.read_point(point_read, {value(mount_), value(path), version});
  if (rows.empty()) return std::nullopt;
  const Row& row = rows.front();
  Found found;
  found.version = version_of(row, 0);
  if (!row.is_null(6)) found.custom_metadata = row.text(6);
  found.current_version = row.integer(7);
  if (!found.version.is_readable(now)) return found;
  found.is_value_missing = row.is_null(4);
  if (!found.is_value_missing)
    found.value = open(path, found.version.version, row.integer(5) != 0, row.bytes(4));
  return found;
}

std::optional<KvStore::Described> KvStore::describe(std::string_view path) const {
  std::vector<Described> found = describe_paths({std::string(path)});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<KvStore::Described> KvStore::describe_all(std::string_view folder,
                                                      const std::vector<std::string>& names) const {
  std::vector<Described> all;
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names[i].ends_with('/')) paths.push_back(std::string(folder) + names[i]);
    if (paths.empty() || (paths.size() < paths_a_query && i + 1 < names.size())) continue;
    for (Described& described : describe_paths(paths)) all.push_back(std::move(described));
    paths.clear();
  }
  return all;
}

std::vector<KvStore::Described> KvStore::describe_paths(
    const std::vector<std::string>& paths) const {
  // Two texts, so that both stay prepared; short lists repeat their last path.
  static const auto sql_for = [](std::size_t count) {
    std::string text = "SELECT k.path, " SIGNET_KV_KEY_COLUMNS
                       ", v.version, v.created_at, v.deleted_at, v.destroyed FROM kv_paths k "
                       "LEFT JOIN kv_versions v ON v.mount = k.mount AND v.path = k.path "
                       "WHERE k.mount = $1 AND k.path IN ($2";
    for (std::size_t i = 1; i < count; ++i) text += ", $" + std::to_string(i + 2);
    return text + ") ORDER BY k.path, v.version";
  };
  static const std::string of_one = sql_for(1);
  static const std::string of_many = sql_for(paths_a_query);
  if (paths.empty()) return {};
  Values parameters{value(mount_)};
  const std::size_t count = paths.size() == 1 ? 1 : paths_a_query;
  for (std::size_t i = 0; i < count; ++i)
    parameters.push_back(paths[std::min(i, paths.size() - 1)]);

  std::vector<Described> all;
  for (const Row& row : database_.query(count == 1 ? of_one : of_many, parameters)) {
    if (all.empty() || all.back().path != row.text(0))
      all.push_back({row.text(0), key_of(row, 1), {}});
    if (!row.is_null(1 + key_columns))
      all.back().versions.push_back(version_of(row, 1 + key_columns));
  }
  return all;
}

std::vector<KvStore::Match> KvStore::search(const Search& search) const {
  CHECK(search.texts.size() <= most_search_texts);
  // A text contains another if taking it out changes it: both databases have replace(), and neither
  // it nor `=` knows of patterns or letter case. In JSON a quote inside a string is escaped, so
  // that "name":"text" stands for a member and nothing else.
  static const std::string conditions = [] {
    std::string sql = " AND ($4 = '' OR replace(k.path, $4, '') <> k.path)";
    for (std::size_t i = 0; i < most_search_texts; ++i)
      sql += fmt::format(
          " AND (${0} = '' OR replace(k.custom_metadata, ${0}, '') <> k.custom_metadata)", i + 6);
    return sql + " ORDER BY k.path LIMIT $5";
  }();
  static const std::string lead =
      "SELECT k.path, " SIGNET_KV_KEY_COLUMNS " FROM kv_paths k WHERE k.mount = $1 AND k.path < $3";
  static const std::string above = lead + " AND k.path > $2" + conditions;
  static const std::string at_least = lead + " AND k.path >= $2" + conditions;
  Values parameters{value(mount_), value(search.from), value(search.to), value(search.name),
                    search.limit};
  for (std::size_t i = 0; i < most_search_texts; ++i)
    parameters.emplace_back(i < search.texts.size() ? search.texts[i] : std::string());
  std::vector<Match> found;
  for (const Row& row : database_.query(search.from_itself ? at_least : above, parameters))
    found.push_back({row.text(0), key_of(row, 1)});
  return found;
}

SealedBytes KvStore::seal(std::string_view path, std::int64_t version, BytesView plain) const {
  const Bytes key = kv_version_key(path, version);
  return sealer_.seal({"kv_versions", "value", mount_.view(), key}, plain);
}

SecretBytes KvStore::open(std::string_view path, std::int64_t version, bool is_of_version_1,
                          BytesView sealed) const {
  // Values that version 1 sealed are bound to their path alone: they may stand for one version
  // only.
  if (is_of_version_1) {
    if (version != 1) throw Fault("a value of version 1 stands where it was never stored");
    return sealer_.open({"secrets", "value", mount_.view(), as_bytes(path)}, sealed);
  }
  const Bytes key = kv_version_key(path, version);
  return sealer_.open({"kv_versions", "value", mount_.view(), key}, sealed);
}

}  // namespace signet::storage
