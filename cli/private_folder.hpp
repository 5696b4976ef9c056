// SPDX-License-Identifier: Apache-2.0
// Where `server -dev` keeps its database and keys.
#pragma once

#include <string>

namespace signet::cli {

/// A private folder below TMPDIR that goes with its object. While it lives, its file `lock` is
/// locked, also against other processes; kill -9 frees it.
class PrivateFolder {
 public:
  /// @throws Fault when it cannot be made
  PrivateFolder();
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Removes what servers that were killed left below TMPDIR: folders of this name, of this user,
  /// private, whose lock is free. Follows no links. What cannot be removed stays, with a warning.
  static void remove_abandoned();

 private:
  std::string path_;
  int lock_ = -1;
};

}  // namespace signet::cli
