// SPDX-License-Identifier: Apache-2.0
// Issued certificates: one row each, by (authority, serial).
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace signet::storage {

struct CertificateRow {
  std::int64_t issuer = 0;  ///< authorities.number
  Bytes serial;             ///< Serial::magnitude()
  Uuid mount;
  std::string role;    ///< "" when no role decided
  std::string source;  ///< "rest"
  UnixTime not_before, not_after;
  Bytes der;
  Bytes spki_hash;  ///< SHA-256 of the SubjectPublicKeyInfo
  std::optional<Uuid> entity;
};

class CertificateStore {
 public:
  explicit CertificateStore(Database& database) : database_(database) {}

  /// Stages an insert under a fresh random serial: mergeable, and fit to be a unit's first insert.
  static void stage(CommitUnit& unit, CertificateRow row);
  /// Of a mount, by serial. Two authorities of a mount may have used one serial (imports): then the
  /// one with the lower number.
  [[nodiscard]] std::optional<CertificateRow> find(const Uuid& mount, BytesView serial) const;
  [[nodiscard]] std::optional<CertificateRow> find(std::int64_t issuer, BytesView serial) const;
  [[nodiscard]] bool exists(std::int64_t issuer, BytesView serial) const;
  /// Serials of a mount above `after` in byte order of their hex text; at most `limit` (<= 0: all).
  [[nodiscard]] std::vector<Bytes> serials(const Uuid& mount, BytesView after,
                                           std::int64_t limit) const;
  /// The same as (serial, DER).
  struct Listed {
    Bytes serial;
    Bytes der;
  };
  [[nodiscard]] std::vector<Listed> list(const Uuid& mount, BytesView after,
                                         std::int64_t limit) const;
  static void remove_mount(CommitUnit& unit, const Uuid& mount);

 private:
  Database& database_;
};

}  // namespace signet::storage
