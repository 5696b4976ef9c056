// SPDX-License-Identifier: Apache-2.0
// Folders of a table whose rows are found by (mount, path): listings that step along the index, a
// page costs the names on it and not the rows below them.
#pragma once

#include "base/bytes.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

/// A folder and what to show of it. `folder` is "" or ends in '/'.
struct PathPage {
  std::string_view folder;
  std::string_view after = {};  ///< only names above this one, which need not exist
  std::int64_t limit = 0;       ///< at most so many; 0 or less: all
};

/// The last name that paths of a folder can lie below, exclusive: a range [folder, range_end).
std::string range_end(std::string_view folder);

/// Names of ours, never a caller's text.
struct PathTable {
  std::string_view name;
  std::string_view owner_column = "mount";
  std::string_view path_column = "path";
};

class PathTree {
 public:
  PathTree(Database& database, PathTable table, BytesView owner)
      : database_(database), table_(table), owner_(to_bytes(owner)) {}
  PathTree(Database& database, std::string_view table, const Uuid& mount)
      : PathTree(database, PathTable{table}, mount.view()) {}

  /// Names right below the folder, sorted by bytes; deeper ones show as "name/".
  [[nodiscard]] std::vector<std::string> list(const PathPage& page) const;
  /// Paths below the folder, relative to it, sorted: every leaf, however deep.
  [[nodiscard]] std::vector<std::string> scan(const PathPage& page) const;

 private:
  Database& database_;
  PathTable table_;
  Bytes owner_;
};

}  // namespace signet::storage
