// SPDX-License-Identifier: Apache-2.0
#include "storage/heartbeat.hpp"

#include "base/log.hpp"

namespace signet::storage {
namespace {

using std::chrono::steady_clock;
constexpr std::chrono::milliseconds period{250};
constexpr std::chrono::seconds rare_period{5};
constexpr std::chrono::seconds patience{2};  // then the session counts as dead
constexpr std::chrono::seconds lately{3};

}  // namespace

void store_node(Transaction& transaction, const Node& node, UnixTime now) {
  transaction.execute(
      "INSERT INTO nodes (id, seen, address, version) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (id) DO UPDATE SET seen = $2, address = $3, version = $4",
      {value(node.id), value(now), node.address, node.version});
}

Heartbeat::Heartbeat(PostgresConnection::Settings settings, Watchdog& watchdog, Changes& changes,
                     Clock& clock)
    : settings_(std::move(settings)),
      watchdog_(watchdog),
      changes_(changes),
      clock_(clock),
      thread_([this] { work(); }) {}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stopping_.notify_one();
  thread_.join();
}

bool Heartbeat::is_answered() const { return steady_clock::now() - answered_.load() < lately; }

void Heartbeat::set_node(const Node& node) {
  const std::lock_guard lock(mutex_);
  node_ = node;
}

void Heartbeat::work() {
  std::optional<PostgresConnection> connection;
  bool was_failing = false;
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    lock.unlock();
    try {
      if (!connection) connection.emplace(settings_);
      beat(*connection);
      if (was_failing) log::info("the database answers again");
      was_failing = false;
    } catch (const std::exception& error) {
      connection.reset();
      if (!was_failing) {
        log::error("the database does not answer the heartbeat", {{"error", error.what()}});
      }
      was_failing = true;
    }
    lock.lock();
    stopping_.wait_for(lock, period, [&] { return is_stopping_; });
  }
}

void Heartbeat::beat(PostgresConnection& connection) {
  const Watchdog::Guard guard(watchdog_, connection.socket(), steady_clock::now() + patience);
  const Instant asked = steady_clock::now();
  changes_.learn_all(read_changes(connection), asked);
  answered_ = asked;
  if (asked < next_rare_) return;
  next_rare_ = asked + rare_period;
  measure_clock(connection);
  std::optional<Node> node;
  {
    const std::lock_guard lock(mutex_);
    node = node_;
  }
  if (node) store_node(connection, *node, clock_.now());
}

void Heartbeat::measure_clock(PostgresConnection& connection) {
  using std::chrono::milliseconds;
  const auto before = clock_.wall();
  const Rows rows =
      connection.query("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint", {});
  const auto middle = before + (clock_.wall() - before) / 2;
  const auto ours = std::chrono::duration_cast<milliseconds>(middle.time_since_epoch());
  clock_offset_ = (ours.count() - rows.front().integer(0)) / 1000;
}

}  // namespace signet::storage
