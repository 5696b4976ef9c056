// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace signet {

/// Something that happens once. Who must wait for it leaves a function instead of a thread.
class Gate {
 public:
  Gate() = default;
  virtual ~Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    for (const auto& [listener, call] : calls_) call();
    calls_.clear();
  }
  [[nodiscard]] bool is_open() const {
    const std::lock_guard lock(mutex_);
    return is_open_;
  }

  /// For as long as it lives, `call` waits for the gate to open: it then runs once, on the thread
  /// that opens it, or at once if that has happened. It must be short, must not throw and must not
  /// touch the gate. Nothing runs any more when the destructor has returned.
  class Listener {
   public:
    Listener(std::shared_ptr<Gate> gate, std::function<void()> call) : gate_(std::move(gate)) {
      const std::lock_guard lock(gate_->mutex_);
      if (gate_->is_open_)
        call();
      else
        gate_->calls_.emplace(this, std::move(call));
    }
    ~Listener() {
      const std::lock_guard lock(gate_->mutex_);
      gate_->calls_.erase(this);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

   private:
    std::shared_ptr<Gate> gate_;  // shared with who opens it
  };

 private:
  mutable std::mutex mutex_;
  bool is_open_ = false;
  std::map<const Listener*, std::function<void()>> calls_;
};

}  // namespace signet
