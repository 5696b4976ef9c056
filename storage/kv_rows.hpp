// SPDX-License-Identifier: Apache-2.0
// What the kv*.cpp files share.
#pragma once

#include "base/bytes.hpp"
#include "storage/database.hpp"
#include "storage/kv.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace signet::storage {

/// The check-and-set that stores a version (kv_write.cpp).
extern const CheckedWrite kv_write;

inline Value kv_value(KvTime at) { return std::int64_t{at.time_since_epoch().count()}; }
inline Value kv_value(const std::optional<KvTime>& at) {
  if (!at) return std::monostate{};
  return kv_value(*at);
}
inline Value kv_value(bool is_set) { return std::int64_t{is_set ? 1 : 0}; }
inline Value kv_text(std::string_view text) {
  if (text.empty()) return std::monostate{};
  return value(text);
}

/// The key of a version's row, as the seal binds it: 8 bytes of the number, then the path.
inline Bytes kv_version_key(std::string_view path, std::int64_t version) {
  Bytes key;
  key.reserve(8 + path.size());
  for (int shift = 56; shift >= 0; shift -= 8)
    key.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(version) >> shift));
  append(key, as_bytes(path));
  return key;
}

}  // namespace signet::storage
