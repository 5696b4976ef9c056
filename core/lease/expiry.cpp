// SPDX-License-Identifier: Apache-2.0
#include "core/lease/expiry.hpp"

#include "base/log.hpp"
#include "core/token/tokens.hpp"

#include <chrono>
#include <exception>

namespace signet::core {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t most_at_once = 100;
constexpr auto round_period = 1s;
/// Between full batches: requests that wait for the database get their turn.
constexpr auto pause_between = 5ms;
/// The walk goes on every so many rounds.
constexpr int rounds_a_step = 15;
constexpr std::int64_t walk_step = 5000;

}  // namespace

LeaseExpiry::LeaseExpiry(Leases& leases, Seal& seal, storage::Changes& changes)
    : leases_(leases), seal_(seal), signal_(std::make_shared<Signal>()) {
  changes.on_change(tokens_changed, [signal = signal_](const Uuid&) {
    const std::lock_guard lock(signal->mutex);
    signal->is_raised = true;
    signal->wake.notify_all();
  });
}

LeaseExpiry::~LeaseExpiry() { stop(); }

void LeaseExpiry::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void LeaseExpiry::stop() {
  thread_.request_stop();
  signal_->wake.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::int64_t LeaseExpiry::turn() {
  return seal_.is_sealed() ? 0 : leases_.revoke_due(most_at_once);
}

std::int64_t LeaseExpiry::walk() {
  return seal_.is_sealed() ? 0 : leases_.store().end_strays(walked_, walk_step);
}

void LeaseExpiry::loop(const std::stop_token& stop) {
  while (wait(stop, round_period)) {
    try {
      round(stop);
    } catch (const std::exception& problem) {
      // What was claimed comes due again. A seal that came in between is no problem.
      if (!seal_.is_sealed()) log::warn("leases could not end", {{"problem", problem.what()}});
    }
  }
}

void LeaseExpiry::round(const std::stop_token& stop) {
  if (seal_.is_sealed()) {
    was_sealed_ = true;
    return;
  }
  if (was_sealed_) {
    was_sealed_ = false;
    leases_.store().retry_irrevocable();
  }
  while (turn() == most_at_once)
    if (!wait(stop, pause_between)) return;
  if (rounds_++ % rounds_a_step == 0) walk();
}

bool LeaseExpiry::wait(const std::stop_token& stop, std::chrono::milliseconds most) {
  std::unique_lock lock(signal_->mutex);
  signal_->wake.wait_for(lock, stop, most, [this] { return signal_->is_raised; });
  signal_->is_raised = false;
  return !stop.stop_requested();
}

}  // namespace signet::core
