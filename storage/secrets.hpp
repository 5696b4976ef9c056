// SPDX-License-Identifier: Apache-2.0
// The sealed tree store: small values by path below a mount (roles, settings, key/value version 1).
#pragma once

#include "base/bytes.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

class Secrets {
 public:
  Secrets(Database& database, Sealer& sealer, const Uuid& mount)
      : database_(database), sealer_(sealer), mount_(mount) {}

  struct Found {
    SecretBytes value;
    std::int64_t version = 0;
  };
  /// nullopt: no such path. @throws Fault when the value was forged or moved
  [[nodiscard]] std::optional<Found> get(std::string_view path) const;
  [[nodiscard]] bool exists(std::string_view path) const;

  /// Stages a write, whatever is there.
  void put(CommitUnit& unit, std::string_view path, BytesView plain) const;
  /// Stages a write only if the stored version still is `version` (0: the path must be free), else
  /// the unit is refused with `otherwise`: two partial updates lose nothing.
  void put_if(CommitUnit& unit, std::string_view path, BytesView plain, std::int64_t version,
              Error otherwise) const;
  /// Stages a removal; no such path is fine.
  void remove(CommitUnit& unit, std::string_view path) const;
  /// Stages the removal of everything below `folder` ("a/b/"; "" is the whole mount).
  void remove_all(CommitUnit& unit, std::string_view folder) const;

  /// Names right below `folder` ("" or "a/b/"), sorted by bytes; deeper ones show as "name/". Only
  /// those above `after`; at most `limit` (0: all).
  [[nodiscard]] std::vector<std::string> list(std::string_view folder, std::string_view after = {},
                                              std::int64_t limit = 0) const;
  /// Paths below `folder`, relative to it, sorted: every leaf, however deep.
  [[nodiscard]] std::vector<std::string> scan(std::string_view folder, std::string_view after = {},
                                              std::int64_t limit = 0) const;
  /// Every value below `folder`, in order of path; `visit` gets the path relative to it and returns
  /// false to stop.
  void each(std::string_view folder,
            const std::function<bool(std::string_view, const SecretBytes&)>& visit) const;

 private:
  [[nodiscard]] SealedBytes seal(std::string_view path, BytesView plain) const;
  [[nodiscard]] SecretBytes open(std::string_view path, BytesView sealed) const;

  Database& database_;
  Sealer& sealer_;
  Uuid mount_;
};

}  // namespace signet::storage
