// SPDX-License-Identifier: Apache-2.0
#include "storage/committer.hpp"

#include "base/waiting.hpp"

#include <chrono>

namespace signet::storage {
namespace {

using State = Pending::State;
constexpr std::size_t most_queued = 8192;
constexpr std::size_t most_bytes = std::size_t{16} << 20;
/// The driver's own deadline is the unit's: it gets this long to say what became of the unit.
constexpr std::chrono::milliseconds grace{100};

std::exception_ptr unavailable(const char* what) {
  return std::make_exception_ptr(Unavailable(what));
}

std::size_t size_of(const Values& row) {
  std::size_t size = 0;
  for (const Value& field : row) {
    if (const auto* bytes = std::get_if<Bytes>(&field)) size += bytes->size();
    if (const auto* text = std::get_if<std::string>(&field)) size += text->size();
  }
  return size;
}

std::size_t size_of(const CommitUnit& unit) {
  std::size_t size = 0;
  for (const CommitUnit::Insert& insert : unit.inserts()) size += size_of(insert.row);
  for (const CommitUnit::Write& write : unit.writes()) size += size_of(write.row);
  return size;
}

void finish(Pending& pending) {
  {
    const std::lock_guard lock(pending.mutex);
    if (pending.state != State::abandoned) pending.state = State::done;
  }
  pending.changed.notify_one();
}

}  // namespace

Committer::Committer(std::size_t most_units, std::function<void(Batch&)> run_batch)
    : most_units_(most_units), run_batch_(std::move(run_batch)), thread_([this] { work(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

CommitOutcome Committer::submit(CommitUnit& unit, Deadline deadline, Run run) {
  const auto pending = std::make_shared<Pending>();
  pending->unit = std::move(unit);
  pending->deadline = deadline;
  pending->run = run;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_ || queue_.size() >= most_queued) {
      unit = std::move(pending->unit);
      throw Unavailable(is_stopping_ ? "the database is being closed" : "too many commits wait");
    }
    queue_.push_back(pending);
  }
  filled_.notify_one();

  const WaitScope waits;
  std::unique_lock lock(pending->mutex);
  const auto is_done = [&] { return pending->state == State::done; };
  if (!pending->changed.wait_until(lock, deadline + grace, is_done)) {
    if (pending->state == State::committing) return {CommitOutcome::Kind::unknown, {}};
    pending->state = State::abandoned;
    throw Unavailable("the database did not take the commit by the deadline");
  }
  unit = std::move(pending->unit);
  if (pending->fault) std::rethrow_exception(pending->fault);
  if (pending->is_lost) return {CommitOutcome::Kind::unknown, {}};
  return std::move(pending->outcome);
}

bool Committer::begin_commit(const Batch& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::lock_guard lock(batch[i]->mutex);
    if (batch[i]->state != State::abandoned) {
      batch[i]->state = State::committing;
      continue;
    }
    for (std::size_t j = 0; j < i; ++j) {
      const std::lock_guard back(batch[j]->mutex);
      batch[j]->state = State::running;
    }
    return false;
  }
  return true;
}

void Committer::drop_abandoned(Batch& batch) {
  std::erase_if(batch, [](const std::shared_ptr<Pending>& pending) {
    const std::lock_guard lock(pending->mutex);
    return pending->state == State::abandoned;
  });
}

Batch Committer::take() {
  Batch batch;
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [&] { return is_stopping_ || !queue_.empty(); });
  std::size_t bytes = 0;
  while (!queue_.empty() && batch.size() < most_units_ && bytes < most_bytes) {
    bytes += size_of(queue_.front()->unit);
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void Committer::work() {
  for (;;) {
    const Batch batch = take();
    if (batch.empty()) return;  // stopping, and nothing waits
    const bool is_stopping = [&] {
      const std::lock_guard lock(mutex_);
      return is_stopping_;
    }();
    const auto now = std::chrono::steady_clock::now();
    Batch runnable;
    for (const std::shared_ptr<Pending>& pending : batch) {
      {
        const std::lock_guard lock(pending->mutex);
        if (pending->state == State::abandoned) continue;
        pending->state = State::running;
      }
      if (is_stopping) {
        pending->fault = unavailable("the database is being closed");
      } else if (pending->deadline <= now) {
        pending->fault = unavailable("the deadline passed before the commit began");
      } else {
        runnable.push_back(pending);
      }
    }
    if (!runnable.empty()) run_batch_(runnable);
    for (const std::shared_ptr<Pending>& pending : batch) finish(*pending);
  }
}

}  // namespace signet::storage
