// SPDX-License-Identifier: Apache-2.0
// Version 2 of kv: keys with their settings, numbered versions with sealed values.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/sealed.hpp"
#include "base/secret.hpp"
#include "storage/database.hpp"
#include "storage/path_tree.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

/// UTC, as versions are stamped.
using KvTime = std::chrono::sys_time<std::chrono::microseconds>;

/// What a mount and a key both can say; a key's zero or false leaves it to the mount.
struct KvSettings {
  std::int64_t max_versions = 0;
  bool cas_required = false;
  bool metadata_cas_required = false;
  Seconds delete_version_after{0};  ///< -1 (mounts only): never, whatever a key says
};

struct KvConfig : KvSettings {
  bool leak_check = false;  ///< keyed hashes of values are kept (value_hashes.hpp)
};

/// A key without its versions.
struct KvKey {
  std::int64_t current_version = 0;  ///< 0: only metadata was written so far
  std::int64_t oldest_version = 0;   ///< 0 until as many versions were written as are kept
  std::int64_t metadata_version = 0;
  KvSettings settings;
  std::string custom_metadata;  ///< JSON object; empty: none
  KvTime created_at{}, updated_at{};
};

struct KvVersion {
  std::int64_t version = 0;
  KvTime created_at{};
  std::optional<KvTime> deleted_at;  ///< may lie ahead
  bool is_destroyed = false;

  [[nodiscard]] bool is_readable(KvTime now) const {
    return !is_destroyed && (!deleted_at || *deleted_at > now);
  }
};

/// What a write is decided on, read by one statement.
struct KvState {
  KvConfig config;
  std::optional<KvKey> key;
};

class KvStore {
 public:
  KvStore(Database& database, Sealer& sealer, const Uuid& mount)
      : database_(database), sealer_(sealer), mount_(mount) {}

  [[nodiscard]] KvConfig config() const;
  static void stage_config(CommitUnit& unit, const Uuid& mount, const KvConfig& config);

  [[nodiscard]] KvState state(std::string_view path) const;

  struct Found {
    KvVersion version;
    std::int64_t current_version = 0;
    std::string custom_metadata;
    std::optional<SecretBytes> value;  ///< only where the version is readable
    bool is_value_missing = false;     ///< readable, but its value is not there
  };
  /// `version` 0: the current one. nullopt: no such key or version.
  /// @throws Fault when the value was forged or moved
  [[nodiscard]] std::optional<Found> read(std::string_view path, std::int64_t version,
                                          KvTime now) const;

  struct Described {
    std::string path;
    KvKey key;
    std::vector<KvVersion> versions;  ///< rising
  };
  [[nodiscard]] std::optional<Described> describe(std::string_view path) const;
  /// The same for a page of a folder's own keys, in order of path; its subfolders are passed over.
  /// @param names  what PathTree::list said of the page
  [[nodiscard]] std::vector<Described> describe_all(std::string_view folder,
                                                    const std::vector<std::string>& names) const;

  struct Write {
    BytesView plain;
    std::int64_t limit = 0;  ///< how many versions are kept, this one included
    KvTime now{};
    std::optional<KvTime> deleted_at;
  };
  /// Stages the version after that of `before`, as state() said. If another came meanwhile the unit
  /// is refused with `otherwise`; without it, it is stale. @return the version's number
  std::int64_t stage_write(CommitUnit& unit, std::string_view path,
                           const std::optional<KvKey>& before, const Write& write,
                           std::optional<Error> otherwise) const;

  /// Stages `key` as what stands under `path` if nothing has changed since `before` was read, else
  /// as stage_write(). Versions are not touched.
  void stage_metadata(CommitUnit& unit, std::string_view path, const std::optional<KvKey>& before,
                      const KvKey& key, std::optional<Error> otherwise) const;

  /// Stages a soft deletion of the current version.
  void stage_delete_current(CommitUnit& unit, std::string_view path, KvTime now) const;
  /// Stages for each of `versions` that is there (see the API for what is passed over).
  using Numbers = std::vector<std::int64_t>;
  void stage_delete(CommitUnit& unit, std::string_view path, const Numbers& versions,
                    KvTime now) const;
  void stage_undelete(CommitUnit& unit, std::string_view path, const Numbers& versions,
                      std::optional<KvTime> deleted_at, KvTime now) const;
  void stage_destroy(CommitUnit& unit, std::string_view path, const Numbers& versions,
                     KvTime now) const;
  /// Stages the removal of a key with all that hangs on it.
  void stage_remove(CommitUnit& unit, std::string_view path) const;
  /// Stages the removal of all that the mount holds.
  void stage_remove_all(CommitUnit& unit) const;

  /// Stages the move of all secrets of version 1 (secrets.hpp): each becomes version 1 of its key.
  /// Values stay sealed as they are.
  void stage_upgrade(CommitUnit& unit, KvTime now) const;
  /// Moves what was written under version 1 while the upgrade was committed; each becomes the next
  /// version of its key. @return how many
  std::int64_t move_stragglers(KvTime now) const;

  /// Keys of a range of paths (from, to], whose path contains `name` and whose custom metadata has
  /// all of `texts`; in order of path.
  struct Search {
    std::string_view from;  ///< exclusive, unless `from_itself`
    std::string_view to;    ///< exclusive
    bool from_itself = false;
    std::string_view name = {};           ///< empty: any
    std::vector<std::string> texts = {};  ///< members as JSON has them ("name":"text"); at most 4
    std::int64_t limit = 0;
  };
  static constexpr std::size_t most_search_texts = 4;
  struct Match {
    std::string path;
    KvKey key;
  };
  [[nodiscard]] std::vector<Match> search(const Search& search) const;

  [[nodiscard]] PathTree tree() const { return {database_, "kv_paths", mount_}; }

 private:
  struct Range {
    std::int64_t first, last;
  };
  [[nodiscard]] std::vector<Range> present(std::string_view path, const Numbers& versions) const;
  void stage_touch(CommitUnit& unit, std::string_view path, KvTime now) const;
  [[nodiscard]] std::vector<Described> describe_paths(const std::vector<std::string>& paths) const;
  [[nodiscard]] SealedBytes seal(std::string_view path, std::int64_t version,
                                 BytesView plain) const;
  [[nodiscard]] SecretBytes open(std::string_view path, std::int64_t version, bool is_of_version_1,
                                 BytesView sealed) const;

  Database& database_;
  Sealer& sealer_;
  Uuid mount_;
};

}  // namespace signet::storage
