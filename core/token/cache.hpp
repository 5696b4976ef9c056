// SPDX-License-Identifier: Apache-2.0
// Recently used tokens, by their hash.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "core/token/tokens.hpp"

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace signet::core {

/// Bounded and sharded. An item holds while the change number it was read under does, and until the
/// token or one of its parents expires (what is renewed meanwhile is read again then). Each shard
/// keeps two generations: when the younger is full it becomes the older one, whose unused rest
/// goes.
class Tokens::Cache {
 public:
  TokenPointer get(BytesView id_hash, std::int64_t number, UnixTime now) {
    const std::string key(as_text(id_hash));
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    auto found = shard.young.find(key);
    if (found == shard.young.end()) {
      const auto old = shard.old.find(key);
      if (old == shard.old.end()) return nullptr;
      Item item = std::move(old->second);
      shard.old.erase(old);
      found = put_into(shard, key, std::move(item));
    }
    const Item& item = found->second;
    if (item.number != number || (item.until && *item.until <= now)) {
      shard.young.erase(found);
      return nullptr;
    }
    return item.token;
  }

  void put(TokenPointer token, std::int64_t number, std::optional<UnixTime> until) {
    const std::string key(as_text(token->id_hash));
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    put_into(shard, key, {std::move(token), number, until});
  }

  void forget(BytesView id_hash) {
    const std::string key(as_text(id_hash));
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    shard.young.erase(key);
    shard.old.erase(key);
  }

 private:
  static constexpr std::size_t shard_count = 16;
  static constexpr std::size_t generation_size = 1024;

  struct Item {
    TokenPointer token;
    std::int64_t number = 0;
    std::optional<UnixTime> until;
  };
  using Map = std::unordered_map<std::string, Item>;
  struct Shard {
    std::mutex mutex;
    Map young, old;
  };

  /// The hash is keyed and uniform: its first byte spreads well.
  Shard& shard_of(const std::string& key) {
    return shards_[key.empty() ? 0 : static_cast<unsigned char>(key[0]) % shard_count];
  }

  static Map::iterator put_into(Shard& shard, const std::string& key, Item item) {
    if (shard.young.size() >= generation_size && !shard.young.contains(key)) {
      shard.old = std::move(shard.young);
      shard.young = Map{};
    }
    return shard.young.insert_or_assign(key, std::move(item)).first;
  }

  std::array<Shard, shard_count> shards_;
};

}  // namespace signet::core
