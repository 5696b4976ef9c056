// SPDX-License-Identifier: Apache-2.0
// Small records of a namespace by name: request headers that audit shows, salts, ...
#pragma once

#include "base/bytes.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <optional>
#include <string_view>

namespace signet::storage {

class SettingStore {
 public:
  explicit SettingStore(Database& database) : database_(database) {}

  /// Where a setting's record lives, for the sealer.
  [[nodiscard]] static SealedAt at(const Uuid& name_space, std::string_view name) {
    return {"settings", "record", name_space.view(), as_bytes(name)};
  }
  [[nodiscard]] std::optional<SealedBytes> read(const Uuid& name_space,
                                                std::string_view name) const;
  /// Writes or replaces.
  static void stage(CommitUnit& unit, const Uuid& name_space, std::string_view name,
                    const SealedBytes& record);

 private:
  Database& database_;
};

}  // namespace signet::storage
