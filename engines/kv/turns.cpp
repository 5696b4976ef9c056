// SPDX-License-Identifier: Apache-2.0
#include "engines/kv/turns.hpp"

#include "base/waiting.hpp"

#include <functional>

namespace signet::kv {
namespace {

std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>{}(key); }

}  // namespace

std::uint64_t Turns::number(std::string_view key) {
  const std::size_t hash = hash_of(key);
  Shard& shard = this->shard(hash);
  const std::lock_guard lock(shard.mutex);
  return shard.number[hash / shards % numbers];
}

bool Turns::Turn::begin(Turns& turns, std::string_view key, Deadline deadline) {
  Shard& shard = turns.shard(hash_of(key));
  std::string name(key);
  std::unique_lock lock(shard.mutex);
  if (shard.taken.contains(name)) {
    const WaitScope waits;
    if (!shard.ended.wait_until(lock, deadline, [&] { return !shard.taken.contains(name); }))
      return false;
  }
  key_ = name;
  shard.taken.insert(std::move(name));
  turns_ = &turns;
  return true;
}

void Turns::Turn::end() {
  if (turns_ == nullptr) return;
  const std::size_t hash = hash_of(key_);
  Shard& shard = turns_->shard(hash);
  {
    const std::lock_guard lock(shard.mutex);
    shard.taken.erase(key_);
    ++shard.number[hash / shards % numbers];
  }
  shard.ended.notify_all();
  turns_ = nullptr;
}

}  // namespace signet::kv
