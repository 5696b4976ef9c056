// SPDX-License-Identifier: Apache-2.0
#include "crl/feed.hpp"

#include "base/log.hpp"

namespace signet::crl {
namespace {

constexpr std::chrono::milliseconds period{250};
/// A revocation's time is set before its commit: the longest request (90 s) and half a minute of
/// clocks apart.
constexpr Seconds reach_back{120};
constexpr std::int64_t most_rows = 10'000;

}  // namespace

RevocationFeed::RevocationFeed(storage::Database& database, Clock& clock)
    : database_(database), clock_(clock), has_peers_(database.kind() != "sqlite") {}

RevocationFeed::~RevocationFeed() { stop(); }

void RevocationFeed::start() {
  if (has_peers_) thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void RevocationFeed::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void RevocationFeed::loop(const std::stop_token& stop) {
  bool was_answered = true;
  while (!stop.stop_requested()) {
    storage::Database::set_thread_deadline(clock_.steady() + std::chrono::seconds(5));
    try {
      poll();
      was_answered = true;
    } catch (const std::exception& failure) {
      if (was_answered)
        log::warn("revocations of other nodes cannot be read", {{"why", failure.what()}});
      was_answered = false;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, period, [] { return false; });
  }
}

void RevocationFeed::poll() {
  const auto asked_at = clock_.steady();
  const UnixTime asked = clock_.now();
  const UnixTime since = answered_.value_or(asked) - reach_back;
  const auto rows = storage::RevocationStore(database_).since(since, most_rows + 1);
  if (static_cast<std::int64_t>(rows.size()) > most_rows) {
    tell_all();
  } else {
    const std::lock_guard lock(mutex_);
    for (const auto& row : rows) {
      if (!seen_.emplace(std::pair(row.issuer, row.serial), row.revoked_at).second) continue;
      if (const auto listener = listeners_.find(row.mount); listener != listeners_.end())
        listener->second(&row);
    }
  }
  const std::lock_guard lock(mutex_);
  answered_ = asked;
  fresh_until_ = asked_at + std::chrono::seconds(1);
  std::erase_if(seen_,
                [&](const auto& item) { return item.second < asked - reach_back - reach_back; });
}

void RevocationFeed::tell_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [mount, listener] : listeners_) listener(nullptr);
}

void RevocationFeed::listen(const Uuid& mount, Listener listener) {
  const std::lock_guard lock(mutex_);
  listeners_[mount] = std::move(listener);
}

void RevocationFeed::forget(const Uuid& mount) {
  const std::lock_guard lock(mutex_);
  listeners_.erase(mount);
}

bool RevocationFeed::is_fresh() const {
  if (!has_peers_) return true;
  const std::lock_guard lock(mutex_);
  return clock_.steady() < fresh_until_;
}

}  // namespace signet::crl
