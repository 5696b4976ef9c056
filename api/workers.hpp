// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/waiting.hpp"

#include <condition_variable>
#include <cstddef>
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

/// A bounded queue before a bounded number of threads. Only as many of them compute at once as
/// there are cores: waking more would cost a switch of threads for each request and finish nothing
/// sooner. A thread that waits for the database (a WaitScope) does not count, so another one takes
/// over. Threads start when they are first needed: most servers never need all of them.
class Workers final : private WaitListener {
 public:
  /// `cores`: how many compute at once; 0: as many as the machine has.
  Workers(int threads, std::size_t queue, std::size_t cores = 0);
  ~Workers() override;
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False when the queue is full or stopping: the caller sheds the request.
  [[nodiscard]] bool submit(Job& job);
  /// To be called a few times a second. Lets one more thread run when jobs wait and none was taken
  /// since the last call: threads wait where no WaitScope says so.
  void nudge();
  /// Runs what is queued, then joins. Nothing is taken any more.
  void stop();

 private:
  void wait_begins() noexcept override;
  void wait_ends() noexcept override;
  void loop();
  Job* take();
  /// With the lock held. @return whether an idle thread is to be woken, when the lock is let go: it
  /// would only queue for it before
  [[nodiscard]] bool lets_one_run();

  const std::size_t max_threads_, max_queue_, cores_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  std::size_t queued_ = 0;
  std::size_t running_ = 0;  ///< threads that compute, those woken but not yet there included
  std::size_t idle_ = 0;     ///< threads without work, those woken but not yet there included
  std::size_t woken_ = 0;    ///< of the idle ones: told to run
  std::size_t extra_ = 0;   ///< threads that may compute beyond the cores, for those that are stuck
  bool was_taken_ = false;  ///< a job, since the last nudge
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace signet::api
