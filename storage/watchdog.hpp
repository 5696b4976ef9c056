// SPDX-License-Identifier: Apache-2.0
// Deadlines for blocking calls on a socket: libpqxx waits without limit for a server that is
// stopped, and nothing but the end of its socket makes it return.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace signet::storage {

class Watchdog {
  using Instant = std::chrono::steady_clock::time_point;
  using Watched = std::multimap<Instant, int>;

 public:
  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// While it lives, `socket` is shut down (not closed) when `deadline` passes.
  class Guard {
   public:
    Guard(Watchdog& dog, int socket, Instant deadline);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Watchdog& dog_;
    Watched::node_type done_;
    Watched::iterator entry_;
  };

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  Watched watched_;
  Instant wakes_at_ = Instant::max();  // a later deadline need not wake the thread: that is cheap
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace signet::storage
