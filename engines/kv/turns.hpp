// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace signet::kv {

/// Writers of one key take turns, each until its commit is known, so that within this process none
/// loses the check-and-set that stores a version. Other nodes' writers still may win.
class Turns {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// A number that rises when a turn at the key ends (now and then also for another key's): what
  /// was read under an older one may have changed.
  [[nodiscard]] std::uint64_t number(std::string_view key);

  class Turn {
   public:
    Turn() = default;
    ~Turn() { end(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    /// Waits for the key's turn. @return false: not to be had by the deadline
    [[nodiscard]] bool begin(Turns& turns, std::string_view key, Deadline deadline);

   private:
    void end();
    Turns* turns_ = nullptr;
    std::string key_;
  };

 private:
  static constexpr std::size_t shards = 32;
  static constexpr std::size_t numbers = 64;  // of each shard
  struct Shard {
    std::mutex mutex;
    std::condition_variable ended;
    std::unordered_set<std::string> taken;
    std::array<std::uint64_t, numbers> number{};
  };
  [[nodiscard]] Shard& shard(std::size_t hash) { return shards_[hash % shards]; }

  std::array<Shard, shards> shards_;
};

}  // namespace signet::kv
