// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace signet::api {

/// Something to do on a worker. It lives in the session that waits for it.
class Job {
 public:
  virtual ~Job() = default;
  /// Must not throw. The job may be gone once it has told its session that it is done.
  virtual void run() noexcept = 0;

 private:
  friend class Workers;
  Job* next_ = nullptr;
};

/// A bounded queue before a bounded number of threads. Threads start when they are first needed:
/// most servers never need all of them.
class Workers {
 public:
  Workers(int threads, std::size_t queue);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False when the queue is full or stopping: the caller sheds the request.
  [[nodiscard]] bool submit(Job& job);
  /// Runs what is queued, then joins. Nothing is taken any more.
  void stop();

 private:
  void loop();

  const std::size_t max_threads_, max_queue_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  std::size_t queued_ = 0, idle_ = 0;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace signet::api
