// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

namespace signet::storage {
namespace {

Error cannot(const std::string& path, std::string_view what) {
  return {ErrorCode::unavailable, fmt::format("database file {}: {}", path, what), {}};
}

/// Words for errno after opening `path`, and what to do.
Error explain_errno(const std::string& path, int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return cannot(path, fmt::format("permission denied: let user id {} read and write the file "
                                      "and its folder",
                                      ::geteuid()));
    case EROFS:
      return cannot(path, "the file system is read-only: mount it writable or move the database");
    case ENOSPC:
    case EDQUOT:
      return cannot(path, "the disk is full: free some space");
    case EISDIR:
      return cannot(path, "is a folder: name a file in it");
    default:
      return cannot(
          path,
          std::strerror(error));  // NOLINT(concurrency-mt-unsafe): glibc's is safe for known codes
  }
}

}  // namespace

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<FileLock> prepare_sqlite_file(const std::string& path) {
  if (path.empty())
    return cannot("(none)", "no path is configured: set storage \"sqlite\" { path }");
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return cannot(path, fmt::format("folder {} does not exist: create it, or correct the path",
                                    folder.string()));
  }
  if (::access(folder.c_str(), W_OK) != 0) return explain_errno(path, errno);

  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return explain_errno(path, errno);
  ::close(file);

  const std::string lock_path = path + ".lock";
  const int descriptor = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return explain_errno(lock_path, errno);
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return explain_errno(lock_path, errno);
    return cannot(path,
                  "is in use by another signet server: stop that one, or give this one a file of "
                  "its own (several servers share a PostgreSQL, not a file)");
  }
  return lock;
}

Error explain_sqlite(const std::string& path, const SqliteFault& fault) {
  switch (fault.code() & 0xff) {
    case SQLITE_FULL:
      return cannot(path, "the disk is full: free some space");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return cannot(path, fmt::format("cannot be written ({}): let user id {} read and write the "
                                      "file and its folder",
                                      fault.what(), ::geteuid()));
    case SQLITE_NOTADB:
      return cannot(path, "is not a SQLite database: correct the path, or move that file away");
    case SQLITE_CORRUPT:
      return cannot(path, "is damaged: restore it from a snapshot");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return cannot(path, "is locked by another program: stop that program (sqlite3, a backup)");
    default:
      return cannot(path, fault.what());
  }
}

}  // namespace signet::storage
