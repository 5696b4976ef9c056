// SPDX-License-Identifier: Apache-2.0
// Revoked certificates: one row each; what CRLs and OCSP answers are made of.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace signet::storage {

struct RevocationRow {
  std::int64_t issuer = 0;  ///< authorities.number
  Bytes serial;             ///< Serial::magnitude()
  Uuid mount;
  UnixTime revoked_at;
  std::int64_t reason = 0;  ///< CRLReason (RFC 5280, 5.3.1); 0: none given
  UnixTime not_after;       ///< of the certificate
  std::int64_t shard = 0;
};

class RevocationStore {
 public:
  explicit RevocationStore(Database& database) : database_(database) {}

  /// Stages the row; refused with `already` when the certificate has been revoked meanwhile: its
  /// first time stands. The unit cannot settle a lost COMMIT by it.
  static void stage(CommitUnit& unit, RevocationRow row, Error already);
  /// The same for a certificate that may be revoked already, which is then as well.
  static void stage_unless_revoked(CommitUnit& unit, RevocationRow row);
  [[nodiscard]] std::optional<RevocationRow> find(std::int64_t issuer, BytesView serial) const;
  /// Serials of a mount above `after`, in byte order; at most `limit` (<= 0: all).
  [[nodiscard]] std::vector<Bytes> serials(const Uuid& mount, BytesView after,
                                           std::int64_t limit) const;
  /// Rows of every mount revoked at or after `since` (a heartbeat's question).
  [[nodiscard]] std::vector<RevocationRow> since(UnixTime since, std::int64_t limit) const;
  /// What one CRL lists: rows of one issuer and shard, by serial, streamed inside `transaction`.
  static void stream(Transaction& transaction, std::int64_t issuer, std::int64_t shard,
                     const std::function<bool(const RevocationRow&)>& each);
  [[nodiscard]] std::int64_t count(std::int64_t issuer, std::int64_t shard) const;
  static void remove_mount(CommitUnit& unit, const Uuid& mount);

 private:
  Database& database_;
};

}  // namespace signet::storage
