// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres_pool.hpp"

#include "base/waiting.hpp"

#include <algorithm>

namespace signet::storage {
namespace {

constexpr std::size_t reserved_for_commits = 4;
constexpr std::chrono::milliseconds pause_after_failure{100};
/// A worker is not held longer by a database that is gone, however late its deadline.
constexpr std::chrono::seconds most_patience{10};

}  // namespace

PostgresPool::PostgresPool(PostgresConnection::Settings settings, std::size_t size)
    : settings_(std::move(settings)), size_(size), opener_([this] { open_wanted(); }) {}

PostgresPool::~PostgresPool() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wanted_changed_.notify_one();
  opener_.join();
}

std::size_t PostgresPool::limit(Use use) const {
  return use == Use::commit ? size_ + reserved_for_commits : size_;
}

PostgresPool::Idle PostgresPool::take(Deadline deadline, Use use) {
  const Deadline patience = std::chrono::steady_clock::now() + most_patience;
  std::unique_lock lock(mutex_);
  const auto may_take = [&] { return !idle_.empty() && open_ - idle_.size() < limit(use); };
  if (!may_take()) {
    const WaitScope waits;
    ++waiting_;
    wanted_changed_.notify_one();
    const bool is_there = returned_.wait_until(lock, std::min(deadline, patience), may_take);
    --waiting_;
    if (!is_there) {
      throw Unavailable(last_error_.empty()
                            ? "no connection to the database became free by the deadline"
                            : "no connection to the database by the deadline: " + last_error_);
    }
  }
  Idle taken = std::move(idle_.back());  // the one used last: the others may rest
  idle_.pop_back();
  return taken;
}

void PostgresPool::give_back(Connection connection, std::uint64_t generation) {
  std::vector<Idle> dropped;  // closed outside the lock
  {
    const std::lock_guard lock(mutex_);
    if (connection->is_open() && generation == generation_) {
      idle_.push_back({std::move(connection), generation});
    } else {
      --open_;
      if (!connection->is_open() && generation == generation_) {
        // The server went away: the idle sessions most likely with it.
        ++generation_;
        open_ -= idle_.size();
        dropped.swap(idle_);
      }
      dropped.push_back({std::move(connection), generation});
      wanted_changed_.notify_one();
    }
  }
  returned_.notify_all();  // waiters differ in what they may take
}

void PostgresPool::open_wanted() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto is_wanted = [&] {
      return waiting_ > idle_.size() && open_ < size_ + reserved_for_commits;
    };
    wanted_changed_.wait(lock, [&] { return is_stopping_ || is_wanted(); });
    if (is_stopping_) return;
    ++open_;
    const std::uint64_t generation = generation_;
    lock.unlock();
    Connection connection;
    std::string error;
    try {
      connection = std::make_unique<PostgresConnection>(settings_);
    } catch (const std::exception& failure) {
      error = failure.what();
    }
    lock.lock();
    last_error_ = error;
    if (connection) {
      idle_.push_back({std::move(connection), generation});
      returned_.notify_all();
    } else {
      --open_;
      wanted_changed_.wait_for(lock, pause_after_failure, [&] { return is_stopping_; });
    }
  }
}

PostgresPool::Lease::Lease(PostgresPool& pool, Deadline deadline, Use use) : pool_(pool) {
  Idle taken = pool.take(deadline, use);
  connection_ = std::move(taken.connection);
  generation_ = taken.generation;
  guard_.emplace(pool.watchdog_, connection_->socket(), deadline);
}

PostgresPool::Lease::~Lease() {
  guard_.reset();
  pool_.give_back(std::move(connection_), generation_);
}

}  // namespace signet::storage
