// SPDX-License-Identifier: Apache-2.0
// Sessions shared by threads. A thread of its own opens them, so that no caller is held beyond its
// deadline by a server that does not answer a connection attempt.
#pragma once

#include "storage/postgres_connection.hpp"
#include "storage/watchdog.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace signet::storage {

class PostgresPool {
 public:
  PostgresPool(PostgresConnection::Settings settings, std::size_t size);
  ~PostgresPool();
  PostgresPool(const PostgresPool&) = delete;
  PostgresPool& operator=(const PostgresPool&) = delete;

  enum class Use {
    ordinary,
    commit,  ///< the committer and settling runs: they go on when all ordinary sessions are taken
  };

  /// A session, watched until `deadline`; given back (or dropped, when broken) at the end.
  class Lease {
   public:
    /// @throws Unavailable when none is to be had by the deadline
    Lease(PostgresPool& pool, Deadline deadline, Use use = Use::ordinary);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    PostgresConnection& operator*() { return *connection_; }
    PostgresConnection* operator->() { return connection_.get(); }

   private:
    PostgresPool& pool_;
    std::uint64_t generation_ = 0;
    std::unique_ptr<PostgresConnection> connection_;
    std::optional<Watchdog::Guard> guard_;
  };

  Watchdog& watchdog() { return watchdog_; }
  [[nodiscard]] const PostgresConnection::Settings& settings() const { return settings_; }

 private:
  using Connection = std::unique_ptr<PostgresConnection>;
  struct Idle {
    Connection connection;
    std::uint64_t generation;
  };

  [[nodiscard]] std::size_t limit(Use use) const;
  Idle take(Deadline deadline, Use use);
  void give_back(Connection connection, std::uint64_t generation);
  void open_wanted();

  const PostgresConnection::Settings settings_;
  const std::size_t size_;
  Watchdog watchdog_;

  std::mutex mutex_;
  std::condition_variable returned_;
  std::condition_variable wanted_changed_;
  std::vector<Idle> idle_;
  std::size_t open_ = 0;  // idle or leased
  std::size_t waiting_ = 0;
  std::uint64_t generation_ = 0;  // rises when a session broke: older ones are suspect
  std::string last_error_;
  bool is_stopping_ = false;
  std::thread opener_;
};

}  // namespace signet::storage
