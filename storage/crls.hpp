// SPDX-License-Identifier: Apache-2.0
// Published CRLs: one row a (issuer, shard, kind), content in chunks of 1 MiB.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace signet::storage {

struct CrlRow {
  std::int64_t issuer = 0;  ///< authorities.number
  std::int64_t shard = 0;
  std::int64_t number = 0;  ///< CRLNumber
  UnixTime this_update, next_update;
  std::int64_t size = 0;  ///< octets of DER
  Bytes hash;             ///< SHA-256 of the DER
};

class CrlStore {
 public:
  static constexpr std::size_t chunk_size = 1 << 20;

  explicit CrlStore(Database& database) : database_(database) {}

  /// The next CRL number of an issuer: max(last reserved + 1, now), over all nodes and after a
  /// restored backup. Reserve it BEFORE reading revocations: then a list with a higher number holds
  /// all that one with a lower had to.
  std::int64_t reserve_number(const Uuid& mount, std::int64_t issuer, UnixTime now);
  /// Makes a list the current one unless a higher number is published already.
  /// @param read octets [offset, offset + size) of the DER
  /// @return false: a higher number is there; load that
  bool publish(const CrlRow& row,
               const std::function<Bytes(std::uint64_t offset, std::size_t size)>& read);
  [[nodiscard]] std::optional<CrlRow> find(std::int64_t issuer, std::int64_t shard) const;
  /// The content of a published list, chunk by chunk, in one snapshot with its row; nullopt: there
  /// is none.
  std::optional<CrlRow> load(std::int64_t issuer, std::int64_t shard,
                             const std::function<void(BytesView chunk)>& each) const;
  static void remove_issuer(CommitUnit& unit, std::int64_t issuer);
  /// Stages the removal of every list of a mount's issuers.
  static void remove_mount(CommitUnit& unit, const Uuid& mount);

 private:
  Database& database_;
};

}  // namespace signet::storage
