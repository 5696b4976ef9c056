// SPDX-License-Identifier: Apache-2.0
#include "storage/watchdog.hpp"

#include <sys/socket.h>

namespace signet::storage {

namespace {
constexpr int already_shut = -1;
}

Watchdog::Watchdog() : thread_([this] { work(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Watchdog::Guard::Guard(Watchdog& dog, int socket, Instant deadline) : dog_(dog) {
  bool must_wake = false;
  {
    const std::lock_guard lock(dog_.mutex_);
    entry_ = dog_.watched_.emplace(deadline, socket);
    must_wake = deadline < dog_.wakes_at_;
  }
  if (must_wake) dog_.changed_.notify_one();
}

Watchdog::Guard::~Guard() {
  const std::lock_guard lock(dog_.mutex_);
  done_ = dog_.watched_.extract(entry_);  // its memory is freed after the lock
}

void Watchdog::work() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    const Instant now = std::chrono::steady_clock::now();
    wakes_at_ = Instant::max();
    for (auto& [deadline, socket] : watched_) {
      if (socket == already_shut) continue;
      if (deadline > now) {
        wakes_at_ = deadline;
        break;
      }
      ::shutdown(socket, SHUT_RDWR);
      socket = already_shut;
    }
    if (wakes_at_ == Instant::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, wakes_at_);
    }
  }
}

}  // namespace signet::storage
