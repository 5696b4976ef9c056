// SPDX-License-Identifier: Apache-2.0
#include "cli/process.hpp"

#include "base/log.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace signet::cli {
namespace {

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void harden_process() {
  umask(077);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_DUMPABLE, 0);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  std::signal(SIGPIPE, SIG_IGN);
}

bool lock_memory() {
  rlimit locked{};
  getrlimit(RLIMIT_MEMLOCK, &locked);
  if (locked.rlim_cur != RLIM_INFINITY) {
    // Under a limit, locking would succeed now and later allocations would fail.
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0) {
      log::warn(
          "memory can be swapped out: raise the limit of locked memory (LimitMEMLOCK=infinity), or "
          "set disable_mlock = true");
      return false;
    }
  }
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) return true;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe for known codes
  log::warn("memory can be swapped out", {{"error", std::strerror(errno)}});
  return false;
}

Signals::Signals() {
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Signals::Kind Signals::wait() const {
  const sigset_t set = handled_signals();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  return signal == SIGHUP ? Kind::reload : Kind::stop;
}

void Signals::let_next_kill() const {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM}) {
    std::signal(signal, SIG_DFL);
    sigaddset(&set, signal);
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

Result<PidFile> PidFile::write(const std::string& path) {
  std::ofstream out(path, std::ios::trunc);
  out << getpid() << '\n';
  out.flush();
  if (!out) return invalid(fmt::format("pid_file \"{}\" cannot be written", path));
  PidFile file;
  file.path_ = path;
  return file;
}

PidFile::~PidFile() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

}  // namespace signet::cli
