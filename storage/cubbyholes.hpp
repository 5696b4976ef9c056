// SPDX-License-Identifier: Apache-2.0
// What a token keeps for itself (`tokens_cubbyholes`), sealed. Rows are found by the token's hash
// and go with its row: no other token has a way to them.
#pragma once

#include "base/bytes.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

class CubbyholeStore {
 public:
  CubbyholeStore(Database& database, Sealer& sealer) : database_(database), sealer_(sealer) {}

  /// nullopt: no such path. @throws Fault when the value was forged or moved
  [[nodiscard]] std::optional<SecretBytes> get(BytesView token, std::string_view path) const;
  [[nodiscard]] bool exists(BytesView token, std::string_view path) const;
  /// Names right below `folder` ("" or "a/b/"), sorted by bytes; deeper ones show as "name/".
  [[nodiscard]] std::vector<std::string> list(BytesView token, std::string_view folder,
                                              std::string_view after, std::int64_t limit) const;
  /// Paths below `folder`, relative to it, sorted.
  [[nodiscard]] std::vector<std::string> scan(BytesView token, std::string_view folder,
                                              std::string_view after, std::int64_t limit) const;

  /// Stages a write, whatever is there. The token's row must exist when the unit is stored.
  void put(CommitUnit& unit, BytesView token, std::string_view path, BytesView plain) const;
  /// Stages the first value of a token that is created in the same unit: an insert, so that the
  /// unit may share a transaction with others.
  void insert(CommitUnit& unit, BytesView token, std::string_view path, BytesView plain) const;
  /// Stages a removal; no such path is fine.
  void remove(CommitUnit& unit, BytesView token, std::string_view path) const;
  /// Stages the removal of a token that has a use left, with all that it keeps; else the unit is
  /// refused with `otherwise`: of two units that take the same token one is stored.
  static void take_owner(CommitUnit& unit, BytesView token, Error otherwise);

 private:
  Database& database_;
  Sealer& sealer_;
};

}  // namespace signet::storage
