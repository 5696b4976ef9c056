// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace signet::core {

struct Services;

/// One thread for what happens without a request: ticks of the modules, expired tokens, use counts
/// of the barrier. Its faults are logged and tried again at the next round.
class Background {
 public:
  explicit Background(Services& services,
                      std::chrono::milliseconds period = std::chrono::seconds(15));
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void start();
  /// Waits for the work under way; safe to call twice.
  void stop();
  /// One round on the calling thread (tests).
  void tick();

 private:
  void loop(const std::stop_token& stop);

  Services& services_;
  const std::chrono::milliseconds period_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace signet::core
