// SPDX-License-Identifier: Apache-2.0
#include "api/workers.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <system_error>

namespace signet::api {

Workers::Workers(int threads, std::size_t queue)
    : max_threads_(static_cast<std::size_t>(std::max(threads, 1))), max_queue_(queue) {
  threads_.reserve(max_threads_);
}

Workers::~Workers() { stop(); }

bool Workers::submit(Job& job) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return false;
    // A job that an idle or a new thread takes at once does not wait: only the rest is bounded.
    const std::size_t takers = idle_ + (max_threads_ - threads_.size());
    if (queued_ >= max_queue_ + takers) return false;
    if (queued_ >= idle_ && threads_.size() < max_threads_) {
      try {
        threads_.emplace_back([this] { loop(); });
      } catch (const std::system_error& problem) {
        if (threads_.empty()) return false;
        log::warn("worker thread not started", {{"error", problem.what()}});
      }
    }
    job.next_ = nullptr;
    (last_ == nullptr ? first_ : last_->next_) = &job;
    last_ = &job;
    ++queued_;
    wakes = idle_ > 0;
  }
  if (wakes) wake_.notify_one();
  return true;
}

void Workers::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (first_ == nullptr) {
      if (is_stopping_) return;
      ++idle_;
      wake_.wait(lock, [this] { return first_ != nullptr || is_stopping_; });
      --idle_;
      continue;
    }
    Job* const job = first_;
    first_ = job->next_;
    if (first_ == nullptr) last_ = nullptr;
    --queued_;
    lock.unlock();
    job->run();
    lock.lock();
  }
}

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

}  // namespace signet::api
