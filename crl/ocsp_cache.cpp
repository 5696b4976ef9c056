// SPDX-License-Identifier: Apache-2.0
#include "crl/ocsp_cache.hpp"

#include <algorithm>

namespace signet::crl {
namespace {

std::string key(BytesView bytes) { return std::string(as_text(bytes)); }

}  // namespace

OcspCache::OcspCache(std::size_t capacity)
    : shard_capacity_(std::max<std::size_t>(capacity / shard_count, 1)) {}

OcspCache::Shard& OcspCache::shard_of(BytesView serial) {
  return shards_[serial.empty() ? 0 : serial.back() % shard_count];  // serials end in random octets
}

const OcspCache::Shard& OcspCache::shard_of(BytesView serial) const {
  return shards_[serial.empty() ? 0 : serial.back() % shard_count];
}

OcspCache::Ticket OcspCache::ticket(BytesView serial) const {
  const Shard& shard = shard_of(serial);
  const std::lock_guard lock(shard.mutex);
  return shard.invalidations;
}

std::optional<CachedOcsp> OcspCache::get(const CertId& id) {
  Shard& shard = shard_of(id.magnitude());
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_serial.find(key(id.magnitude()));
  if (found == shard.by_serial.end()) return std::nullopt;
  for (const auto entry : found->second) {
    if (!std::ranges::equal(as_bytes(entry->cert_id), id.der)) continue;
    shard.entries.splice(shard.entries.begin(), shard.entries, entry);
    return entry->answer;
  }
  return std::nullopt;
}

void OcspCache::forget(Shard& shard, std::list<Entry>::iterator entry) {
  const auto found = shard.by_serial.find(entry->serial);
  std::erase(found->second, entry);
  if (found->second.empty()) shard.by_serial.erase(found);
  shard.entries.erase(entry);
}

void OcspCache::put(const CertId& id, CachedOcsp answer, Ticket ticket) {
  Shard& shard = shard_of(id.magnitude());
  const std::lock_guard lock(shard.mutex);
  if (shard.invalidations != ticket) return;
  const std::string serial = key(id.magnitude());
  if (const auto found = shard.by_serial.find(serial); found != shard.by_serial.end()) {
    const auto same = std::ranges::find_if(found->second, [&](const auto& entry) {
      return std::ranges::equal(as_bytes(entry->cert_id), id.der);
    });
    if (same != found->second.end()) {
      (*same)->answer = std::move(answer);
      return;
    }
  }
  if (shard.entries.size() >= shard_capacity_) forget(shard, std::prev(shard.entries.end()));
  shard.entries.push_front({serial, key(id.der), std::move(answer)});
  shard.by_serial[serial].push_back(shard.entries.begin());
}

void OcspCache::invalidate(BytesView serial) {
  Shard& shard = shard_of(serial);
  const std::lock_guard lock(shard.mutex);
  ++shard.invalidations;
  const auto found = shard.by_serial.find(key(serial));
  if (found == shard.by_serial.end()) return;
  for (const auto entry : found->second) shard.entries.erase(entry);
  shard.by_serial.erase(found);
}

void OcspCache::invalidate_all() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    ++shard.invalidations;
    shard.by_serial.clear();
    shard.entries.clear();
  }
}

}  // namespace signet::crl
