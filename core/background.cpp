// SPDX-License-Identifier: Apache-2.0
#include "core/background.hpp"

#include "base/log.hpp"
#include "core/mounts.hpp"
#include "core/seal/seal.hpp"
#include "core/services.hpp"
#include "core/token/tokens.hpp"

#include <exception>
#include <functional>
#include <string_view>

namespace signet::core {
namespace {

// One part's fault must not keep the others from their turn.
void attempt(std::string_view what, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& problem) {
    log::warn("background work failed", {{"work", what}, {"problem", problem.what()}});
  }
}

}  // namespace

Background::Background(Services& services, std::chrono::milliseconds period)
    : services_(services), period_(period) {}

Background::~Background() { stop(); }

void Background::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Background::stop() {
  thread_.request_stop();
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Background::loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    // Woken by the stop only: the condition never holds.
    wake_.wait_for(lock, stop, period_, [] { return false; });
    if (stop.stop_requested()) break;
    lock.unlock();
    tick();
    lock.lock();
  }
}

void Background::tick() {
  attempt("seal", [this] { services_.seal.tick(); });
  if (services_.seal.is_sealed()) return;
  attempt("tokens", [this] { services_.tokens.remove_expired(); });
  attempt("modules", [this] {
    const auto table = services_.mounts.table();
    for (const auto& [path, mounted] : table->all()) {
      if (services_.seal.is_sealed() || thread_.get_stop_token().stop_requested()) return;
      attempt(mounted.mount->type, [&engine = *mounted.engine] { engine.tick(); });
    }
  });
}

}  // namespace signet::core
