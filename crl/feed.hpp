// SPDX-License-Identifier: Apache-2.0
// How this node learns of revocations that others committed: a poll of `revocations` by time.
#pragma once

#include "base/clock.hpp"
#include "storage/database.hpp"
#include "storage/revocations.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace signet::crl {

/// One a process. On SQLite nobody else writes, so there it does nothing. On PostgreSQL it asks
/// every 250 ms for rows revoked since the last answered question, reaching back by the request
/// limit and half a minute (commit order is not time order), and tells each mount of those it had
/// not seen.
class RevocationFeed {
 public:
  /// Called on the feed's thread: short, no SQL, must not throw.
  /// `row` null: too many at once, or the feed was blind for a while: drop everything that says
  /// "good".
  using Listener = std::function<void(const storage::RevocationRow* row)>;

  RevocationFeed(storage::Database& database, Clock& clock);
  ~RevocationFeed();
  RevocationFeed(const RevocationFeed&) = delete;
  RevocationFeed& operator=(const RevocationFeed&) = delete;

  void start();
  void stop();
  /// One question on the calling thread (tests).
  void poll();

  void listen(const Uuid& mount, Listener listener);
  void forget(const Uuid& mount);
  /// Whether what this node serves from memory is at most a second behind the database.
  [[nodiscard]] bool is_fresh() const;

 private:
  void loop(const std::stop_token& stop);
  void tell_all();

  storage::Database& database_;
  Clock& clock_;
  const bool has_peers_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<Uuid, Listener> listeners_;
  std::map<std::pair<std::int64_t, Bytes>, UnixTime> seen_;
  std::optional<UnixTime> answered_;  ///< when the last answered question was asked
  std::chrono::steady_clock::time_point fresh_until_{};
  std::jthread thread_;
};

}  // namespace signet::crl
