// SPDX-License-Identifier: Apache-2.0
// What the server asks of the operating system: signals, limits, memory that is not swapped.
#pragma once

#include "base/result.hpp"

#include <string>
#include <utility>

namespace signet::cli {

/// umask 077, no core dumps, no debugger by the same user, as many files as allowed, SIGPIPE
/// ignored. Before any thread starts.
void harden_process();
/// Keeps memory out of swap. False, with a warning in the log, when the system does not allow it.
bool lock_memory();

/// Blocks SIGINT, SIGTERM and SIGHUP for this thread and all it starts; wait() takes them.
class Signals {
 public:
  Signals();
  enum class Kind { stop, reload };
  [[nodiscard]] Kind wait() const;
  /// From now on a further SIGINT or SIGTERM ends the process at once.
  void let_next_kill() const;
};

/// A file with the process id, removed at the end. Error: it cannot be written.
class PidFile {
 public:
  static Result<PidFile> write(const std::string& path);
  PidFile() = default;
  PidFile(PidFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PidFile& operator=(PidFile&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~PidFile();

 private:
  std::string path_;
};

}  // namespace signet::cli
