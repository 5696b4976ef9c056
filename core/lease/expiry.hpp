// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/lease/leases.hpp"
#include "core/seal/seal.hpp"
#include "storage/changes.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace signet::core {

/// One thread that ends leases: those whose time is over and those that were marked. It asks the
/// index once a second, and at once when tokens were taken away; while sealed it does nothing.
class LeaseExpiry {
 public:
  LeaseExpiry(Leases& leases, Seal& seal, storage::Changes& changes);
  ~LeaseExpiry();
  LeaseExpiry(const LeaseExpiry&) = delete;
  LeaseExpiry& operator=(const LeaseExpiry&) = delete;

  void start();
  /// Waits for the batch under way; safe to call twice.
  void stop();
  /// A batch of what is due, on the calling thread. @return how many were taken up
  std::int64_t turn();
  /// The next part of the walk for leases without token or mount. @return how many were found
  std::int64_t walk();

 private:
  void loop(const std::stop_token& stop);
  void round(const std::stop_token& stop);
  /// Both: @return false when it is the end. wait() also ends when the signal is raised.
  bool pause(const std::stop_token& stop, std::chrono::milliseconds length);
  bool wait(const std::stop_token& stop, std::chrono::milliseconds most);

  /// Raised by whoever learns that tokens were taken away, also when this is gone.
  struct Signal {
    std::mutex mutex;
    std::condition_variable_any wake;
    bool is_raised = false;
  };

  Leases& leases_;
  Seal& seal_;
  std::shared_ptr<Signal> signal_;  // shared with the listener at `changes`
  storage::LeaseStore::Position walked_;
  int rounds_ = 0;
  bool was_sealed_ = true;
  std::jthread thread_;
};

}  // namespace signet::core
