// SPDX-License-Identifier: Apache-2.0
// The file of a SQLite database before SQLite sees it: made with narrow rights, locked against a
// second server, and its errors put into words that name the remedy.
#pragma once

#include "base/result.hpp"
#include "storage/sqlite_connection.hpp"

#include <string>
#include <utility>

namespace signet::storage {

/// An exclusive lock on `<path>.lock`, held until destroyed (also by kill -9).
class FileLock {
 public:
  FileLock() = default;
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileLock();

 private:
  int descriptor_ = -1;
};

/// Checks folder and file, makes the file (mode 0600) if it is absent, and takes the lock.
Result<FileLock> prepare_sqlite_file(const std::string& path);

/// What a failure to open means to the operator.
Error explain_sqlite(const std::string& path, const SqliteFault& fault);

}  // namespace signet::storage
