// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <map>
#include <mutex>

namespace signet::core {

/// Requests under way with tokens of limited uses: the row of a used-up token stays until all that
/// were counted are answered (architecture section 2).
class LimitedUses {
 public:
  void begin(const Bytes& id_hash) {
    const std::lock_guard lock(mutex_);
    ++under_way_[id_hash].count;
  }
  /// @param is_last  the use that ended was the last one
  /// @return true: the token is used up and nothing is under way with it; revoke it now
  bool end(const Bytes& id_hash, bool is_last) {
    const std::lock_guard lock(mutex_);
    const auto found = under_way_.find(id_hash);
    if (found == under_way_.end()) return is_last;
    found->second.is_used_up = found->second.is_used_up || is_last;
    if (--found->second.count > 0) return false;
    const bool is_used_up = found->second.is_used_up;
    under_way_.erase(found);
    return is_used_up;
  }

 private:
  struct Use {
    int count = 0;
    bool is_used_up = false;
  };
  std::mutex mutex_;
  std::map<Bytes, Use> under_way_;
};

}  // namespace signet::core
