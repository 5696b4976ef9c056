// SPDX-License-Identifier: Apache-2.0
#include "storage/totp.hpp"

#include <utility>

namespace signet::storage {

void TotpStore::stage_attempt(CommitUnit& unit, const Step& at, std::int64_t most,
                              Error otherwise) const {
  unit.execute(
      "INSERT INTO totp_attempts (mount, key, step, attempts, expires_at) VALUES ($1, $2, $3, 1, "
      "$4) "
      "ON CONFLICT (mount, key, step) DO UPDATE SET attempts = totp_attempts.attempts + 1 "
      "WHERE totp_attempts.attempts < $5",
      {value(mount_), value(at.key), at.step, value(at.expires_at), most}, 1, std::move(otherwise));
}

void TotpStore::stage_used(CommitUnit& unit, const Step& at, Error otherwise) const {
  unit.execute(
      "INSERT INTO totp_used (mount, key, step, expires_at) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (mount, key, step) DO NOTHING",
      {value(mount_), value(at.key), at.step, value(at.expires_at)}, 1, std::move(otherwise));
}

void TotpStore::stage_remove(CommitUnit& unit, const Uuid& key) const {
  unit.execute("DELETE FROM totp_used WHERE mount = $1 AND key = $2", {value(mount_), value(key)});
  unit.execute("DELETE FROM totp_attempts WHERE mount = $1 AND key = $2",
               {value(mount_), value(key)});
}

void TotpStore::stage_remove_all(CommitUnit& unit) const {
  unit.execute("DELETE FROM totp_used WHERE mount = $1", {value(mount_)});
  unit.execute("DELETE FROM totp_attempts WHERE mount = $1", {value(mount_)});
}

std::int64_t TotpStore::remove_expired(UnixTime now) const {
  std::int64_t removed = 0;
  database_.write([&](Transaction& transaction) {
    removed = transaction.execute("DELETE FROM totp_used WHERE mount = $1 AND expires_at <= $2",
                                  {value(mount_), value(now)});
    removed +=
        transaction.execute("DELETE FROM totp_attempts WHERE mount = $1 AND expires_at <= $2",
                            {value(mount_), value(now)});
  });
  return removed;
}

}  // namespace signet::storage
