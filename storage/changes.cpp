// SPDX-License-Identifier: Apache-2.0
#include "storage/changes.hpp"

#include "base/waiting.hpp"
#include "storage/database.hpp"

#include <algorithm>

namespace signet::storage {

std::vector<Change> read_changes(Transaction& transaction) {
  std::vector<Change> changes;
  for (const Row& row : transaction.query("SELECT kind, owner, number FROM changes")) {
    changes.push_back({row.text(0), row.uuid(1), row.integer(2)});
  }
  return changes;
}

std::int64_t Changes::number(std::string_view kind, const Uuid& owner) {
  {
    const std::lock_guard lock(mutex_);
    if (is_trusted()) {
      const auto at = numbers_.find(Key(kind, owner));
      return at == numbers_.end() ? 0 : at->second;
    }
  }
  read_now();
  const std::lock_guard lock(mutex_);
  const auto at = numbers_.find(Key(kind, owner));
  return at == numbers_.end() ? 0 : at->second;
}

void Changes::refresh() {
  if (trust_) read_now();
}

void Changes::on_change(std::string_view kind, Listener call) {
  const std::lock_guard lock(mutex_);
  listeners_.emplace_back(kind, std::move(call));
}

void Changes::learn(const std::vector<Change>& changes) {
  std::vector<std::pair<Listener, Uuid>> calls;
  {
    const std::lock_guard lock(mutex_);
    for (const Change& change : changes) {
      std::int64_t& held = numbers_[Key(change.kind, change.owner)];
      if (change.number <= held) continue;
      held = change.number;
      for (const auto& [kind, listener] : listeners_) {
        if (kind.empty() || kind == change.kind) calls.emplace_back(listener, change.owner);
      }
    }
  }
  for (const auto& [listener, owner] : calls) listener(owner);
}

void Changes::learn_all(const std::vector<Change>& changes, Instant asked) {
  learn(changes);
  const std::lock_guard lock(mutex_);
  if (asked >= distrusted_at_) asked_ = asked_ ? std::max(*asked_, asked) : asked;
}

void Changes::distrust() {
  const std::lock_guard lock(mutex_);
  asked_.reset();
  distrusted_at_ = std::chrono::steady_clock::now();
}

bool Changes::is_trusted() const {
  if (!trust_) return true;
  return asked_ && std::chrono::steady_clock::now() - *asked_ < *trust_;
}

void Changes::read_now() {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = begun_ + 1;
  for (;;) {
    if (succeeded_ >= wanted) return;
    if (!is_reading_) break;
    const WaitScope waits;
    // The one that reads may have more time than this caller.
    const auto deadline = Database::thread_deadline();
    if (!deadline)
      read_done_.wait(lock);
    else if (read_done_.wait_until(lock, *deadline) == std::cv_status::timeout)
      throw Unavailable("the database did not answer by the deadline");
  }
  is_reading_ = true;
  const std::uint64_t mine = ++begun_;
  lock.unlock();
  const auto finish = [&](bool succeeded) {
    lock.lock();
    is_reading_ = false;
    if (succeeded) succeeded_ = mine;
    lock.unlock();
    read_done_.notify_all();
  };
  try {
    const Instant asked = std::chrono::steady_clock::now();
    learn_all(read_(), asked);
  } catch (...) {
    finish(false);  // those who waited read for themselves, each under its own deadline
    throw;
  }
  finish(true);
}

}  // namespace signet::storage
