// SPDX-License-Identifier: Apache-2.0
// Changes of kv beside new versions: settings, deletion, upgrade.
#include "storage/kv_rows.hpp"

#include <algorithm>

namespace signet::storage {
namespace {

constexpr std::int64_t stragglers_a_round = 100;

}  // namespace

void KvStore::stage_config(CommitUnit& unit, const Uuid& mount, const KvConfig& config) {
  unit.execute(
      "INSERT INTO kv_configs (mount, max_versions, cas_required, metadata_cas_required, "
      "delete_version_after, leak_check) VALUES ($1, $2, $3, $4, $5, $6) "
      "ON CONFLICT (mount) DO UPDATE SET max_versions = $2, cas_required = $3, "
      "metadata_cas_required = $4, delete_version_after = $5, leak_check = $6",
      {value(mount), config.max_versions, kv_value(config.cas_required),
       kv_value(config.metadata_cas_required), config.delete_version_after.count(),
       kv_value(config.leak_check)});
}

void KvStore::stage_metadata(CommitUnit& unit, std::string_view path,
                             const std::optional<KvKey>& before, const KvKey& key,
                             std::optional<Error> otherwise) const {
  const KvSettings& settings = key.settings;
  Values values{value(mount_),
                value(path),
                key.metadata_version,
                settings.max_versions,
                kv_value(settings.cas_required),
                kv_value(settings.metadata_cas_required),
                settings.delete_version_after.count(),
                kv_text(key.custom_metadata),
                kv_value(key.updated_at)};
  std::string sql =
      "INSERT INTO kv_paths (mount, path, current_version, oldest_version, metadata_version, "
      "max_versions, cas_required, metadata_cas_required, delete_version_after, custom_metadata, "
      "created_at, updated_at) VALUES ($1, $2, 0, 0, $3, $4, $5, $6, $7, $8, $9, $9) "
      "ON CONFLICT (mount, path) DO NOTHING";
  if (before) {
    sql =
        "UPDATE kv_paths SET metadata_version = $3, max_versions = $4, cas_required = $5, "
        "metadata_cas_required = $6, delete_version_after = $7, custom_metadata = $8, "
        "updated_at = $9 WHERE mount = $1 AND path = $2 AND metadata_version = $10";
    values.emplace_back(before->metadata_version);
  }
  if (otherwise)
    unit.execute(std::move(sql), std::move(values), 1, *std::move(otherwise));
  else
    unit.execute_if_true(std::move(sql), std::move(values), 1);
}

void KvStore::stage_touch(CommitUnit& unit, std::string_view path, KvTime now) const {
  unit.execute("UPDATE kv_paths SET updated_at = $3 WHERE mount = $1 AND path = $2",
               {value(mount_), value(path), kv_value(now)});
}

void KvStore::stage_delete_current(CommitUnit& unit, std::string_view path, KvTime now) const {
  unit.execute(
      "UPDATE kv_versions SET deleted_at = $3 WHERE mount = $1 AND path = $2 AND destroyed = 0 "
      "AND (deleted_at IS NULL OR deleted_at > $3) AND version = "
      "(SELECT k.current_version FROM kv_paths k WHERE k.mount = $1 AND k.path = $2)",
      {value(mount_), value(path), kv_value(now)});
  stage_touch(unit, path, now);
}

std::vector<KvStore::Range> KvStore::present(std::string_view path, const Numbers& versions) const {
  Numbers wanted = versions;
  std::sort(wanted.begin(), wanted.end());
  std::vector<Range> ranges;
  for (const Row& row :
       database_.query("SELECT version FROM kv_versions WHERE mount = $1 AND path = $2 AND "
                       "destroyed = 0 ORDER BY version",
                       {value(mount_), value(path)})) {
    const std::int64_t version = row.integer(0);
    if (!std::binary_search(wanted.begin(), wanted.end(), version)) continue;
    if (!ranges.empty() && ranges.back().last + 1 == version)
      ranges.back().last = version;
    else
      ranges.push_back({version, version});
  }
  return ranges;
}

void KvStore::stage_delete(CommitUnit& unit, std::string_view path, const Numbers& versions,
                           KvTime now) const {
  for (const Range& range : present(path, versions)) {
    unit.execute(
        "UPDATE kv_versions SET deleted_at = $5 WHERE mount = $1 AND path = $2 AND version >= $3 "
        "AND version <= $4 AND destroyed = 0 AND (deleted_at IS NULL OR deleted_at > $5)",
        {value(mount_), value(path), range.first, range.last, kv_value(now)});
  }
  if (!unit.is_empty()) stage_touch(unit, path, now);
}

void KvStore::stage_undelete(CommitUnit& unit, std::string_view path, const Numbers& versions,
                             std::optional<KvTime> deleted_at, KvTime now) const {
  for (const Range& range : present(path, versions)) {
    unit.execute(
        "UPDATE kv_versions SET deleted_at = $5 WHERE mount = $1 AND path = $2 AND version >= $3 "
        "AND version <= $4 AND destroyed = 0",
        {value(mount_), value(path), range.first, range.last, kv_value(deleted_at)});
  }
  if (!unit.is_empty()) stage_touch(unit, path, now);
}

void KvStore::stage_destroy(CommitUnit& unit, std::string_view path, const Numbers& versions,
                            KvTime now) const {
  for (const Range& range : present(path, versions)) {
    const Values values{value(mount_), value(path), range.first, range.last};
    unit.execute(
        "UPDATE kv_versions SET destroyed = 1, value = NULL, origin = 0 "
        "WHERE mount = $1 AND path = $2 AND version >= $3 AND version <= $4",
        values);
    unit.execute(
        "DELETE FROM kv_value_hashes WHERE mount = $1 AND path = $2 AND version >= $3 "
        "AND version <= $4",
        values);
  }
  if (!unit.is_empty()) stage_touch(unit, path, now);
}

void KvStore::stage_remove(CommitUnit& unit, std::string_view path) const {
  // The key's row first: its lock makes a write under way end before its versions are looked for.
  for (const char* sql : {"DELETE FROM kv_paths WHERE mount = $1 AND path = $2",
                          "DELETE FROM kv_versions WHERE mount = $1 AND path = $2",
                          "DELETE FROM kv_value_hashes WHERE mount = $1 AND path = $2",
                          "DELETE FROM consumers WHERE mount = $1 AND path = $2"})
    unit.execute(sql, {value(mount_), value(path)});
}

void KvStore::stage_remove_all(CommitUnit& unit) const {
  for (const char* sql :
       {"DELETE FROM kv_configs WHERE mount = $1", "DELETE FROM kv_paths WHERE mount = $1",
        "DELETE FROM kv_versions WHERE mount = $1", "DELETE FROM kv_value_hashes WHERE mount = $1",
        "DELETE FROM consumers WHERE mount = $1"})
    unit.execute(sql, {value(mount_)});
}

void KvStore::stage_upgrade(CommitUnit& unit, KvTime now) const {
  unit.execute(
      "INSERT INTO kv_paths (mount, path, current_version, oldest_version, metadata_version, "
      "max_versions, cas_required, metadata_cas_required, delete_version_after, created_at, "
      "updated_at) SELECT s.mount, s.path, 1, 0, 0, 0, 0, 0, 0, $2, $2 FROM secrets s "
      "WHERE s.mount = $1",
      {value(mount_), kv_value(now)});
  unit.execute(
      "INSERT INTO kv_versions (mount, path, version, created_at, destroyed, value, origin) "
      "SELECT s.mount, s.path, 1, $2, 0, s.value, 1 FROM secrets s JOIN kv_paths k "
      "ON k.mount = s.mount AND k.path = s.path WHERE s.mount = $1",
      {value(mount_), kv_value(now)});
  // Only what was copied: a write that comes between the statements stays, and is moved later.
  unit.execute(
      "DELETE FROM secrets WHERE mount = $1 AND EXISTS (SELECT 1 FROM kv_versions v "
      "WHERE v.mount = secrets.mount AND v.path = secrets.path AND v.value = secrets.value)",
      {value(mount_)});
}

std::int64_t KvStore::move_stragglers(KvTime now) const {
  const Rows found =
      database_.query("SELECT path, value FROM secrets WHERE mount = $1 ORDER BY path LIMIT $2",
                      {value(mount_), stragglers_a_round});
  for (const Row& row : found) {
    const std::string& path = row.text(0);
    const SecretBytes plain =
        sealer_.open({"secrets", "value", mount_.view(), as_bytes(path)}, row.bytes(1));
    database_.write([&](Transaction& transaction) {
      const Rows key =
          transaction.query("SELECT current_version FROM kv_paths WHERE mount = $1 AND path = $2",
                            {value(mount_), value(std::string_view(path))});
      const std::int64_t number = key.empty() ? 1 : key[0].integer(0) + 1;
      const bool is_moved =
          kv_write.one(transaction, {value(mount_), path, number, kv_value(key.empty()),
                                     kv_value(now), std::monostate{},
                                     value(seal(path, number, plain.reveal())), std::int64_t{0}});
      if (is_moved)
        transaction.execute("DELETE FROM secrets WHERE mount = $1 AND path = $2 AND value = $3",
                            {value(mount_), path, row.bytes(1)});
    });
  }
  return static_cast<std::int64_t>(found.size());
}

}  // namespace signet::storage
