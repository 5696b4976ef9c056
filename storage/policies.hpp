// SPDX-License-Identifier: Apache-2.0
// Rows of `policies`: sealed records by name.
#pragma once

#include "base/bytes.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

struct PolicyRow {
  std::string name;
  Bytes record;  ///< sealed
};

class PolicyStore {
 public:
  PolicyStore(Database& database, Sealer& sealer) : database_(database), sealer_(sealer) {}

  [[nodiscard]] std::vector<PolicyRow> all(const Uuid& name_space) const;
  [[nodiscard]] std::optional<PolicyRow> find(const Uuid& name_space, std::string_view name) const;
  /// @throws Fault when the record was forged or moved
  [[nodiscard]] SecretBytes open(const Uuid& name_space, const PolicyRow& row) const;

  /// Stages a new row (`before` empty) or the replacement of exactly that record; else the unit is
  /// refused with `otherwise`.
  void put(CommitUnit& unit, const Uuid& name_space, std::string_view name, BytesView record,
           const std::optional<Bytes>& before, Error otherwise) const;
  /// Stages a removal; no such row is fine.
  void remove(CommitUnit& unit, const Uuid& name_space, std::string_view name) const;

 private:
  Database& database_;
  Sealer& sealer_;
};

}  // namespace signet::storage
