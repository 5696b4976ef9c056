// SPDX-License-Identifier: Apache-2.0
#include "core/lease/expiry.hpp"

#include "base/log.hpp"
#include "core/token/tokens.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace signet::core {
namespace {

using namespace std::chrono_literals;

constexpr auto round_period = 1s;
/// After a full batch as long as it took, within these: requests that wait for the database get
/// their turn, and a hundred thousand leases still end within a minute.
constexpr auto least_pause = 5ms;
constexpr auto most_pause = 25ms;
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
  return seal_.is_sealed() ? 0 : leases_.revoke_due(leases_.store().batch());
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
  auto began = leases_.clock().steady();
  while (turn() == leases_.store().batch()) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(leases_.clock().steady() - began);
    if (!pause(stop, std::clamp<std::chrono::milliseconds>(took, least_pause, most_pause))) return;
    began = leases_.clock().steady();
  }
  if (rounds_++ % rounds_a_step == 0) walk();
}

bool LeaseExpiry::pause(const std::stop_token& stop, std::chrono::milliseconds length) {
  std::unique_lock lock(signal_->mutex);
  signal_->wake.wait_for(lock, stop, length, [] { return false; });
  return !stop.stop_requested();
}

bool LeaseExpiry::wait(const std::stop_token& stop, std::chrono::milliseconds most) {
  std::unique_lock lock(signal_->mutex);
  signal_->wake.wait_for(lock, stop, most, [this] { return signal_->is_raised; });
  signal_->is_raised = false;
  return !stop.stop_requested();
}

}  // namespace signet::core
