// SPDX-License-Identifier: Apache-2.0
// Rows of `mounts`: where each module hangs. What a mount is stands in the sealed record.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <string>
#include <vector>

namespace signet::storage {

struct MountRow {
  Uuid id;
  Uuid name_space;
  std::string mount_class;  ///< "secret" or "auth"
  std::string path;         ///< "pki/", "token/"
  SealedBytes record;
};

class MountStore {
 public:
  explicit MountStore(Database& database) : database_(database) {}

  /// All of them, by class and path.
  [[nodiscard]] std::vector<MountRow> all() const;
  /// `taken`: what a mount already at that path means.
  static void stage_insert(CommitUnit& unit, const MountRow& row, Error taken);
  /// Replaces path and record of the mount with that id; `gone`: it is no longer there.
  static void stage_replace(CommitUnit& unit, const MountRow& row, Error gone);
  static void stage_delete(CommitUnit& unit, const Uuid& id);

 private:
  Database& database_;
};

}  // namespace signet::storage
