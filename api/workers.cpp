// SPDX-License-Identifier: Apache-2.0
#include "api/workers.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <system_error>

namespace signet::api {
namespace {

std::size_t cores_of_machine() { return std::max(std::thread::hardware_concurrency(), 1U); }

}  // namespace

Workers::Workers(int threads, std::size_t queue, std::size_t cores)
    : max_threads_(static_cast<std::size_t>(std::max(threads, 1))),
      max_queue_(queue),
      cores_(cores == 0 ? cores_of_machine() : cores) {
  threads_.reserve(max_threads_);
}

Workers::~Workers() { stop(); }

bool Workers::submit(Job& job) {
  std::unique_lock lock(mutex_);
  if (is_stopping_) return false;
  // A job that an idle or a new thread can take does not wait for long: only the rest is bounded.
  const std::size_t takers = idle_ + (max_threads_ - threads_.size());
  if (queued_ >= max_queue_ + takers) return false;
  job.next_ = nullptr;
  (last_ == nullptr ? first_ : last_->next_) = &job;
  last_ = &job;
  ++queued_;
  const bool wakes = running_ < cores_ + extra_ && lets_one_run();
  if (threads_.empty()) {
    first_ = last_ = nullptr;  // not one thread could be started
    queued_ = 0;
    return false;
  }
  lock.unlock();
  if (wakes) wake_.notify_one();
  return true;
}

bool Workers::lets_one_run() {
  if (idle_ > woken_) {
    ++woken_;
    ++running_;
    return true;
  }
  if (threads_.size() < max_threads_) {
    try {
      threads_.emplace_back([this] { loop(); });
      ++running_;
    } catch (const std::system_error& problem) {
      log::warn("worker thread not started", {{"error", problem.what()}});
    }
  }
  return false;
}

// With the lock held: the next job, or null when this thread is not to run now.
Job* Workers::take() {
  const bool is_one_too_many = running_ > cores_ + extra_ && !is_stopping_;
  if (first_ == nullptr || is_one_too_many) return nullptr;
  Job* const job = first_;
  first_ = job->next_;
  if (first_ == nullptr) last_ = nullptr;
  --queued_;
  was_taken_ = true;
  return job;
}

void Workers::loop() {
  WaitScope::tell(this);
  std::unique_lock lock(mutex_);
  for (;;) {
    if (Job* const job = take()) {
      lock.unlock();
      job->run();
      lock.lock();
      continue;
    }
    --running_;
    if (is_stopping_) return;
    ++idle_;
    wake_.wait(lock, [this] { return woken_ > 0 || is_stopping_; });
    --idle_;
    if (woken_ > 0)
      --woken_;
    else
      ++running_;
  }
}

void Workers::nudge() {
  std::unique_lock lock(mutex_);
  if (first_ == nullptr || was_taken_) {
    was_taken_ = false;
    extra_ = 0;
    return;
  }
  ++extra_;
  const bool wakes = lets_one_run();
  lock.unlock();
  if (wakes) wake_.notify_one();
}

void Workers::wait_begins() noexcept {
  std::unique_lock lock(mutex_);
  --running_;
  const bool wakes = first_ != nullptr && running_ < cores_ + extra_ && lets_one_run();
  lock.unlock();
  if (wakes) wake_.notify_one();
}

void Workers::wait_ends() noexcept {
  const std::lock_guard lock(mutex_);
  ++running_;
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
