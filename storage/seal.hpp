// SPDX-License-Identifier: Apache-2.0
// The one row of `seal`: how this cluster is unsealed, and its keys under each other.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace signet::storage {

struct SealRow {
  std::string config;  ///< JSON of core/seal: type, shares, threshold
  SealedBytes root_key, keyring;
  std::int64_t keyring_version = 0;
  SealedBytes lookup_keys;
  Uuid cluster_id;
  std::string cluster_name;
};

class SealStore {
 public:
  explicit SealStore(Database& database) : database_(database) {}

  [[nodiscard]] std::optional<SealRow> read() const;
  /// Stages the row; the unit is refused with `already` when there is one.
  static void stage(CommitUnit& unit, const SealRow& row, Error already);
  /// Replaces the keyring if its version is still `expected`; the new version is expected + 1.
  /// @return false: another node was first
  [[nodiscard]] bool replace_keyring(const SealedBytes& keyring, std::int64_t expected) const;

 private:
  Database& database_;
};

}  // namespace signet::storage
