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

  /// An answer came within the last three seconds.
  [[nodiscard]] bool is_answered() const;
  [[nodiscard]] Seconds clock_offset() const { return Seconds(clock_offset_); }
  /// Renews `seen` of this node from now on.
  void set_node(const Node& node);

 private:
  using Instant = std::chrono::steady_clock::time_point;
  void work();
  void beat(PostgresConnection& connection);
  void measure_clock(PostgresConnection& connection);

  const PostgresConnection::Settings settings_;
  Watchdog& watchdog_;
  Changes& changes_;
  Clock& clock_;
  std::atomic<Instant> answered_{std::chrono::steady_clock::now()};  // it was just opened
  std::atomic<std::int64_t> clock_offset_{0};

  std::mutex mutex_;
  std::condition_variable stopping_;
  std::optional<Node> node_;
  bool is_stopping_ = false;
  Instant next_rare_ = Instant::min();  // clock and `seen` are for every few seconds
  std::thread thread_;
};

/// Enters or renews the node's row.
void store_node(Transaction& transaction, const Node& node, UnixTime now);

}  // namespace signet::storage
