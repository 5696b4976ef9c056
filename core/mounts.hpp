// SPDX-License-Identifier: Apache-2.0
// Which module answers under which path (core.md sections 3.4 and 3.5).
#pragma once

#include "base/result.hpp"
#include "base/snapshot.hpp"
#include "core/engine.hpp"
#include "core/mount.hpp"
#include "storage/changes.hpp"
#include "storage/database.hpp"
#include "storage/mounts.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace signet::core {

/// A mount with the module that runs it. Both are shared with requests under way, which keep what
/// they began with.
struct MountedEngine {
  std::shared_ptr<const Mount> mount;
  std::shared_ptr<Engine> engine;
};

/// All mounts as of one change number; immutable.
class MountTable {
 public:
  MountTable(std::vector<MountedEngine> mounts, std::int64_t number);

  struct Found {
    const MountedEngine* mounted = nullptr;  ///< null: no mount answers here
    std::string_view rest;                   ///< below the mount, no leading slash
  };
  /// The longest mount path that `path` begins with; "pki" alone finds "pki/".
  [[nodiscard]] Found find(std::string_view path) const;
  /// By the path that requests use, with its final slash ("pki/", "auth/token/").
  [[nodiscard]] const MountedEngine* at(std::string_view full_path) const;
  [[nodiscard]] const MountedEngine* by_accessor(std::string_view accessor) const;
  [[nodiscard]] const MountedEngine* by_id(const Uuid& id) const;
  /// By full path, sorted.
  [[nodiscard]] const std::map<std::string, MountedEngine, std::less<>>& all() const {
    return by_path_;
  }
  /// The number of kind "mounts" that was read before the rows.
  [[nodiscard]] std::int64_t number() const { return number_; }

 private:
  std::map<std::string, MountedEngine, std::less<>> by_path_;
  std::int64_t number_;
};

class Mounts {
 public:
  static constexpr std::string_view change_kind = "mounts";  ///< owner: root_namespace

  /// @param registry  is filled before the first unseal
  Mounts(storage::Database& database, storage::Changes& changes, Sealer& sealer, Clock& clock,
         Random& random, const Registry& registry);

  /// The current table; reads the rows anew when the change number rose. Only while unsealed.
  /// @throws Unavailable, Fault
  [[nodiscard]] std::shared_ptr<const MountTable> table();
  /// The table as last read, without SQL; null before the first unseal (for the I/O thread).
  [[nodiscard]] std::shared_ptr<const MountTable> known_table() const { return table_.get(); }
  /// On sealing: forgets everything, modules included.
  void drop();

  /// Stages the rows of `sys/ identity/ cubbyhole/ auth/token/`.
  void stage_builtin(storage::CommitUnit& unit);

  /// Each of these decides on `table`, stages into `unit` and raises the change number.
  /// `mount` has class, path, type, description, options and config as asked; id and accessor are
  /// drawn here.
  Result<void> enable(const MountTable& table, Mount mount, storage::CommitUnit& unit);
  /// Absent: nothing happens. Built-in: 400.
  Result<void> disable(const MountTable& table, std::string_view full_path,
                       storage::CommitUnit& unit);
  /// Replaces description, options and config of an existing mount.
  Result<void> update(const MountTable& table, const Mount& changed, storage::CommitUnit& unit);
  /// Full paths, both with their final slash.
  Result<void> remount(const MountTable& table, std::string_view from, std::string_view to,
                       storage::CommitUnit& unit);

  [[nodiscard]] const ModuleType* module_type(MountClass mount_class, std::string_view type) const;

 private:
  MountedEngine make(Mount mount, const MountTable* previous) const;
  [[nodiscard]] EngineContext context_of(const Mount& mount) const;
  [[nodiscard]] std::shared_ptr<const MountTable> read(std::int64_t number) const;
  [[nodiscard]] SealedBytes seal_record(const Mount& mount) const;
  Result<void> check_path(const MountTable& table, MountClass mount_class, std::string_view path,
                          const Uuid& itself) const;

  storage::Database& database_;
  storage::Changes& changes_;
  Sealer& sealer_;
  Clock& clock_;
  Random& random_;
  const Registry& registry_;
  storage::MountStore store_;
  Snapshot<MountTable> table_;
  std::mutex reload_;  // one reader at a time, so that a mount gets one module
};

/// True for the mounts that are always there and cannot be disabled or moved.
bool is_builtin(const Mount& mount);

/// The mount object of `sys/mounts`.
nlohmann::json to_json(const Mount& mount);

}  // namespace signet::core
