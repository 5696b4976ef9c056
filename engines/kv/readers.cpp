// SPDX-License-Identifier: Apache-2.0
#include "engines/kv/readers.hpp"

#include "base/log.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <utility>

namespace signet::kv {
namespace {

constexpr std::chrono::seconds flush_period{3};
constexpr Seconds forget_period{600};
/// Who has read nothing for so long is no consumer any more.
constexpr Seconds remembered_for{90 * 86'400};
/// Of each version. A secret that is read with short-lived tokens has a new consumer at each read:
/// without a bound its rows grow with the reads.
constexpr std::int64_t most_consumers = 1000;

}  // namespace

std::size_t Readers::KeyHash::operator()(const Key& key) const {
  const std::hash<std::string> text;
  std::size_t hash = text(key.path);
  for (const std::size_t more :
       {text(key.consumer), static_cast<std::size_t>(key.version), std::hash<Uuid>{}(key.mount)})
    hash = hash * 1000003 ^ more;
  return hash;
}

Readers::Readers(storage::Database& database, Clock& clock, std::size_t remembered)
    : store_(database),
      clock_(clock),
      remembered_(remembered),
      thread_([this](const std::stop_token& stop) { loop(stop); }) {}

Readers::~Readers() {
  thread_.request_stop();
  wake_.notify_all();
  thread_.join();
  try {
    flush();
  } catch (const std::exception& problem) {
    log::warn("reads of secrets were not counted", {{"problem", problem.what()}});
  }
}

void Readers::note(storage::CommitUnit& unit, storage::Consumption read) {
  Key key{read.mount, read.version, read.path, read.consumer};
  if (count(key, read.last_read)) return;
  if (store_.has(read)) {
    remember(key);
    static_cast<void>(count(key, read.last_read));
    return;
  }
  read.reads = 1;
  storage::ConsumerStore::stage_first(unit, read);
  unit.after_commit([this, key = std::move(key)]() mutable { remember(std::move(key)); });
}

bool Readers::count(const Key& key, UnixTime now) {
  const std::lock_guard lock(mutex_);
  auto found = young_.find(key);
  if (found == young_.end()) {
    const auto known = old_.find(key);
    if (known == old_.end()) return false;
    found = young_.insert(old_.extract(known)).position;
  }
  found->second.last_read = now;
  ++found->second.reads;
  has_pending_ = true;
  return true;
}

void Readers::remember(Key key) {
  const std::lock_guard lock(mutex_);
  young_.try_emplace(std::move(key));
  if (young_.size() < remembered_) return;
  make_due(old_);
  old_ = std::move(young_);
  young_ = Generation();
}

// Under the mutex.
void Readers::make_due(Generation& generation) {
  for (auto& [key, pending] : generation) {
    if (pending.reads == 0) continue;
    if (due_.size() < most_due)
      due_.push_back({key.mount, key.path, key.version, key.consumer, pending.last_read,
                      pending.last_read, pending.reads});
    pending.reads = 0;
  }
}

void Readers::flush() {
  std::vector<storage::Consumption> due;
  {
    const std::lock_guard lock(mutex_);
    if (!has_pending_ && due_.empty()) return;
    make_due(young_);
    make_due(old_);
    due.swap(due_);
    has_pending_ = false;
  }
  try {
    store_.add(due);
  } catch (const std::exception&) {
    // The database will be back: what was counted waits, as far as there is room.
    const std::lock_guard lock(mutex_);
    for (storage::Consumption& one : due)
      if (due_.size() < most_due) due_.push_back(std::move(one));
    throw;
  }
}

void Readers::loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, flush_period, [] { return false; });
    if (stop.stop_requested()) return;
    lock.unlock();
    try {
      flush();
      const UnixTime now = clock_.now();
      if (now - forgot_at_ >= forget_period) {
        forgot_at_ = now;
        store_.forget(now - remembered_for);
        store_.keep_latest(most_consumers);
      }
    } catch (const std::exception& problem) {
      log::warn("reads of secrets wait to be counted", {{"problem", problem.what()}});
    }
    lock.lock();
  }
}

}  // namespace signet::kv
