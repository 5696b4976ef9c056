// SPDX-License-Identifier: Apache-2.0
// Small records of a namespace by name: the request headers that audit shows, salts ...
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <optional>
#include <string_view>

namespace signet::storage {

class SettingStore {
 public:
  explicit SettingStore(Database& database) : database_(database) {}

  /// Where a setting's record lives, for the sealer. Borrows both.
  [[nodiscard]] static SealedAt at(const Uuid& name_space, std::string_view name) {
    return {"settings", "record", name_space.view(), as_bytes(name)};
  }
  [[nodiscard]] std::optional<SealedBytes> read(const Uuid& name_space,
                                                std::string_view name) const;
  /// Stages a record in place of `previous` (nullopt: there was none): the unit is refused with
  /// `changed` if another one stands there by then.
  static void stage(CommitUnit& unit, const Uuid& name_space, std::string_view name,
                    const SealedBytes& record, const std::optional<SealedBytes>& previous,
                    const Error& changed);
  /// Writes at once; what stands there already stays.
  void add(const Uuid& name_space, std::string_view name, const SealedBytes& record) const;

 private:
  Database& database_;
};

}  // namespace signet::storage
