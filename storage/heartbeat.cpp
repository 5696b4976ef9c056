// SPDX-License-Identifier: Apache-2.0
#include "storage/heartbeat.hpp"

#include "base/log.hpp"

#include <limits>

namespace signet::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
constexpr milliseconds period{250};
constexpr std::chrono::seconds rare_period{5};
constexpr std::chrono::seconds patience{2};  // then the session counts as dead
constexpr std::chrono::seconds lately{3};
constexpr std::int64_t unmeasured = std::numeric_limits<std::int64_t>::min();
constexpr milliseconds jump{1000};  // clocks do not drift apart so far between two measurements

template <class TimePoint>
std::int64_t count_milliseconds(TimePoint at) {
  return std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count();
}

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
      database_ahead_of_steady_(unmeasured),
      thread_([this] { work(); }) {}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stopping_.notify_one();
  thread_.join();
}

bool Heartbeat::is_answered() const {
  const Instant last = answered_;
  return last > failed_.load() && steady_clock::now() - last < lately;
}

void Heartbeat::answered() { answered_ = steady_clock::now(); }

void Heartbeat::set_node(const Node& node) {
  const std::lock_guard lock(mutex_);
  node_ = node;
}

milliseconds Heartbeat::clock_offset() const {
  const std::int64_t ahead = database_ahead_of_steady_;
  if (ahead == unmeasured) return {};
  return milliseconds(count_milliseconds(clock_.wall()) - count_milliseconds(clock_.steady()) -
                      ahead);
}

void Heartbeat::work() {
  std::optional<PostgresConnection> connection;
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    lock.unlock();
    try {
      beat_on(connection);
      tell_failure(nullptr);
    } catch (const std::exception& error) {
      connection.reset();
      tell_failure(&error);
    }
    tell_clock();
    lock.lock();
    stopping_.wait_for(lock, period, [&] { return is_stopping_; });
  }
}

void Heartbeat::beat_on(std::optional<PostgresConnection>& connection) {
  try {
    if (!connection) connection.emplace(settings_);
    beat(*connection);
    return;
  } catch (const ConnectionLost& lost) {
    // The end of a session is not the end of the database: another one is tried at once.
    log::debug("the heartbeat's session ended", {{"error", lost.what()}});
  }
  connection.reset();
  connection.emplace(settings_);
  beat(*connection);
}

void Heartbeat::tell_failure(const std::exception* error) {
  const bool is_failing = error != nullptr;
  if (is_failing) failed_ = steady_clock::now();
  if (is_failing && !was_failing_)
    log::error("the database does not answer the heartbeat", {{"error", error->what()}});
  if (!is_failing && was_failing_) log::info("the database answers again");
  was_failing_ = is_failing;
}

void Heartbeat::tell_clock() {
  const milliseconds offset = clock_offset();
  const bool is_off = std::chrono::abs(offset) > most_clock_offset;
  if (is_off && !was_clock_off_)
    log::error("the clock differs from the database's: nothing is issued until both are right",
               {{"ahead_ms", offset.count()}});
  if (!is_off && was_clock_off_)
    log::info("the clock agrees with the database's again", {{"ahead_ms", offset.count()}});
  was_clock_off_ = is_off;
}

void Heartbeat::beat(PostgresConnection& connection) {
  const Watchdog::Guard guard(watchdog_, connection.socket(), steady_clock::now() + patience);
  const Instant asked = steady_clock::now();
  changes_.learn_all(read_changes(connection), asked);
  answered();
  const bool is_due = asked >= next_rare_;
  // A machine that slept has a wall clock ahead of its steady one: that is no fault, if measured.
  if (is_due || std::chrono::abs(clock_offset() - milliseconds(measured_offset_)) > jump)
    measure_clock(connection);
  if (!is_due) return;
  next_rare_ = asked + rare_period;
  std::optional<Node> node;
  {
    const std::lock_guard lock(mutex_);
    node = node_;
  }
  if (!node) return;
  try {
    store_node(connection, *node, clock_.now());
  } catch (const Explained& full) {
    // It answers; each request that would store something says why it cannot.
    log::debug("this node's last sign of life is not stored", {{"why", full.what()}});
  }
}

void Heartbeat::measure_clock(Transaction& connection) {
  const auto before = clock_.steady();
  const Rows rows =
      connection.query("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint", {});
  const auto middle = before + (clock_.steady() - before) / 2;
  database_ahead_of_steady_ = rows.front().integer(0) - count_milliseconds(middle);
  measured_offset_ = clock_offset().count();
}

}  // namespace signet::storage
