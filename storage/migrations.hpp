// SPDX-License-Identifier: Apache-2.0
// Numbered SQL files (storage/migrations/*.sql), built into the binary by embed_migrations.cmake.
// `0007_name.sql` serves both databases; `0007_name.sqlite.sql` and `0007_name.postgres.sql` are
// twins for one each. The line `-- oldest-binary: 0.1.0` names the oldest release that still works
// on a database where the file ran. A file that was released is never edited: its hash is recorded.
#pragma once

#include "storage/database.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

struct Migration {
  int number;
  std::string_view name;           ///< "init"
  std::string_view dialect;        ///< "", "sqlite" or "postgres"
  std::string_view hash;           ///< SHA-256 of the file, lower-case hex
  std::string_view oldest_binary;  ///< "0.1.0"
  std::string_view sql;
};

/// What is built in, by rising number (generated).
std::span<const Migration> built_in_migrations();
/// The release that this binary is, "0.1.0" (generated).
std::string_view binary_version();

/// The statements of a file: each ends with a ';' at the end of a line; comment lines are dropped.
std::vector<std::string> split_statements(std::string_view sql);

/// Brings the database up to date inside `transaction`, which the driver has opened under a lock
/// that keeps other nodes out.
/// @param dialect  "sqlite" or "postgres"
/// @return an Error that names the remedy: a migration demands a newer binary, or was edited since
///         it ran
Result<void> migrate(Transaction& transaction, std::string_view dialect, UnixTime now,
                     std::span<const Migration> migrations = built_in_migrations(),
                     std::string_view version = binary_version());

}  // namespace signet::storage
