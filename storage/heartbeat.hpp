// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL session of its own that reads `changes` four times a second, measures the database's
// clock against ours and renews this node's `seen`.
#pragma once

#include "storage/changes.hpp"
#include "storage/postgres_connection.hpp"
#include "storage/watchdog.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace signet::storage {

class Heartbeat {
 public:
  Heartbeat(PostgresConnection::Settings settings, Watchdog& watchdog, Changes& changes,
            Clock& clock);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// An answer came within the last three seconds, to this session or to another, and no heartbeat
  /// failed since.
  [[nodiscard]] bool is_answered() const;
  /// The database just answered. From any thread.
  void answered();
  /// How far our clock is ahead of the database's at this moment: a jump of ours shows at once, one
  /// of the database's (or of a new primary) within five seconds. 0 before the first
  /// measure_clock().
  [[nodiscard]] std::chrono::milliseconds clock_offset() const;
  /// Asks for the database's time. From any thread.
  void measure_clock(Transaction& connection);
  /// Renews `seen` of this node from now on.
  void set_node(const Node& node);

 private:
  using Instant = std::chrono::steady_clock::time_point;
  void work();
  void beat(PostgresConnection& connection);
  void beat_on(std::optional<PostgresConnection>& connection);
  void tell_clock();
  void tell_failure(const std::exception* error);

  const PostgresConnection::Settings settings_;
  Watchdog& watchdog_;
  Changes& changes_;
  Clock& clock_;
  std::atomic<Instant> answered_{std::chrono::steady_clock::now()};  // it was just opened
  /// The database's time less our steady clock's, in milliseconds; the lowest number: not measured.
  std::atomic<std::int64_t> database_ahead_of_steady_;
  std::atomic<std::int64_t> measured_offset_{0};
  std::atomic<Instant> failed_{Instant::min()};

  std::mutex mutex_;
  std::condition_variable stopping_;
  std::optional<Node> node_;
  bool is_stopping_ = false;
  Instant next_rare_ = Instant::min();  // clock and `seen` are for every few seconds
  bool was_failing_ = false;
  bool was_clock_off_ = false;
  std::thread thread_;
};

/// Enters or renews the node's row.
void store_node(Transaction& transaction, const Node& node, UnixTime now);

}  // namespace signet::storage
