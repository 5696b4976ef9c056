// SPDX-License-Identifier: Apache-2.0
// What is remembered of one-time codes (`totp_used`, `totp_attempts`): the same on every node.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "storage/database.hpp"

#include <cstdint>

namespace signet::storage {

class TotpStore {
 public:
  TotpStore(Database& database, const Uuid& mount) : database_(database), mount_(mount) {}

  /// A key and a time step of it; what is remembered goes after `expires_at`.
  struct Step {
    Uuid key;
    std::int64_t step = 0;
    UnixTime expires_at;
  };
  /// Stages one more attempt in this step; the unit is refused when there were `most` already.
  void stage_attempt(CommitUnit& unit, const Step& at, std::int64_t most, Error otherwise) const;
  /// Stages that the code of this step was accepted; the unit is refused when it was before.
  void stage_used(CommitUnit& unit, const Step& at, Error otherwise) const;
  /// Stages the removal of what is remembered of a key, or of all keys of the mount.
  void stage_remove(CommitUnit& unit, const Uuid& key) const;
  void stage_remove_all(CommitUnit& unit) const;
  /// Removes what expired. @return rows removed
  std::int64_t remove_expired(UnixTime now) const;

 private:
  Database& database_;
  Uuid mount_;
};

}  // namespace signet::storage
