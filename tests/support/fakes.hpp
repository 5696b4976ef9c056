// SPDX-License-Identifier: Apache-2.0
// Time and chance under a test's control.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>

namespace signet::test {

/// A clock that stands still until it is set or moved. Safe from many threads.
class FakeClock final : public Clock {
 public:
  /// 2026-01-01T00:00:00Z unless told otherwise.
  explicit FakeClock(UnixTime start = {1'767'225'600}) { set(start); }

  [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
    const std::lock_guard lock(mutex_);
    return wall_;
  }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
    const std::lock_guard lock(mutex_);
    return steady_;
  }

  void set(UnixTime at) {
    set_wall(std::chrono::system_clock::time_point(std::chrono::seconds(at.seconds)));
  }
  void set_wall(std::chrono::system_clock::time_point at) {
    const std::lock_guard lock(mutex_);
    wall_ = at;
  }
  void set_steady(std::chrono::steady_clock::time_point at) {
    const std::lock_guard lock(mutex_);
    steady_ = at;
  }
  /// Moves both hands, as time does.
  void advance(std::chrono::nanoseconds by) {
    const std::lock_guard lock(mutex_);
    wall_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
    steady_ += std::chrono::duration_cast<std::chrono::steady_clock::duration>(by);
  }

 private:
  mutable std::mutex mutex_;
  std::chrono::system_clock::time_point wall_;
  std::chrono::steady_clock::time_point steady_{std::chrono::hours(1)};
};

/// A repeatable stream (splitmix64): equal seeds give equal bytes. Safe from many threads, where
/// only the order of draws varies.
class FakeRandom final : public Random {
 public:
  explicit FakeRandom(std::uint64_t seed = 1) : state_(seed) {}

  void fill(std::span<std::uint8_t> out) override {
    const std::lock_guard lock(mutex_);
    for (std::uint8_t& byte : out) {
      if (left_ == 0) {
        word_ = next();
        left_ = 8;
      }
      byte = static_cast<std::uint8_t>(word_);
      word_ >>= 8;
      --left_;
    }
  }
  void seed(std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    state_ = seed;
    left_ = 0;
  }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31);
  }

  std::mutex mutex_;
  std::uint64_t state_;
  std::uint64_t word_ = 0;
  int left_ = 0;
};

}  // namespace signet::test
