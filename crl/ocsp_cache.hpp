// SPDX-License-Identifier: Apache-2.0
// Signed OCSP answers in memory, by the CertID they answer, until their refresh point or a
// revocation.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "crl/ocsp.hpp"

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace signet::crl {

struct CachedOcsp {
  std::shared_ptr<const Bytes> der;  // shared with answers under way
  UnixTime this_update;
  UnixTime refresh_at;   ///< signed anew from then on while the database answers
  UnixTime next_update;  ///< never served beyond
  std::string etag;      ///< strong, quoted
};

/// Sharded by serial, least recently used first out. Safe from many threads.
class OcspCache {
 public:
  explicit OcspCache(std::size_t capacity = 100'000);

  /// What protects against caching an answer that a revocation overtook: read the ticket before the
  /// status, give it to put(), which drops the answer if the serial's shard was invalidated in
  /// between.
  using Ticket = std::uint64_t;
  [[nodiscard]] Ticket ticket(BytesView serial) const;

  [[nodiscard]] std::optional<CachedOcsp> get(const CertId& id);
  void put(const CertId& id, CachedOcsp answer, Ticket ticket);
  void invalidate(BytesView serial);
  void invalidate_all();

 private:
  struct Entry {
    std::string serial, cert_id;
    CachedOcsp answer;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> entries;  ///< newest use first
    std::unordered_map<std::string, std::vector<std::list<Entry>::iterator>> by_serial;
    Ticket invalidations = 0;
  };
  static constexpr std::size_t shard_count = 16;
  Shard& shard_of(BytesView serial);
  [[nodiscard]] const Shard& shard_of(BytesView serial) const;
  static void forget(Shard& shard, std::list<Entry>::iterator entry);

  std::size_t shard_capacity_;
  std::array<Shard, shard_count> shards_;
};

}  // namespace signet::crl
