// SPDX-License-Identifier: Apache-2.0
// Rows of `tokens`. Plain columns exist to be found by; who a token is stands in the sealed record,
// to which all of them but `uses` and `path` are bound.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

struct TokenRow {
  Bytes id_hash;
  Uuid name_space;
  std::string accessor;
  std::optional<Bytes> parent;
  UnixTime created_at;
  std::optional<UnixTime> expires_at;
  std::int64_t uses = 0;  ///< left; 0: unlimited; -1: all spent, the row waits to be removed
  std::string path;       ///< of the request that made it; what counts stands in the record
  Bytes record;           ///< sealed
};

class TokenStore {
 public:
  TokenStore(Database& database, Sealer& sealer) : database_(database), sealer_(sealer) {}

  /// A token's row, then its parent's and so on up; empty when there is no such token. It ends
  /// early when a parent is gone.
  [[nodiscard]] std::vector<TokenRow> chain(BytesView id_hash) const;
  [[nodiscard]] std::optional<Bytes> id_hash_of(std::string_view accessor) const;
  [[nodiscard]] std::vector<TokenRow> children(BytesView id_hash) const;
  /// Accessors above `after` of tokens that have not expired at `now`, sorted; at most `limit` (0:
  /// all).
  [[nodiscard]] std::vector<std::string> accessors(std::string_view after, std::int64_t limit,
                                                   UnixTime now) const;

  /// @throws Fault when the record was forged or moved, or a bound column edited
  [[nodiscard]] SecretBytes open(const TokenRow& row) const;

  /// Stages a new row; `row.record` is ignored, `plain` is sealed.
  void insert(CommitUnit& unit, const TokenRow& row, BytesView plain,
              std::optional<Error> on_conflict) const;
  /// Stages new columns (parent, expires_at) and a new record, only if the stored record still is
  /// `before`.
  void replace(CommitUnit& unit, const TokenRow& row, BytesView plain, BytesView before,
               Error otherwise) const;
  /// Stages the removal of a row and of all below it, in one statement; their leases end.
  static void remove_tree(CommitUnit& unit, BytesView id_hash);
  void remove_one(CommitUnit& unit, BytesView id_hash) const;

  // By the path of the request that made them.
  /// Names right below a folder of such paths, each as a folder ("create/"), sorted.
  [[nodiscard]] std::vector<std::string> made_in(const Uuid& name_space, std::string_view folder,
                                                 std::string_view after, std::int64_t limit) const;
  /// Hashes above `after` of the tokens made at exactly this path, sorted; `limit` 0: all.
  [[nodiscard]] std::vector<Bytes> made_at(const Uuid& name_space, std::string_view path,
                                           BytesView after, std::int64_t limit) const;
  /// Stages the removal of the tokens made at `path` and below it, with all below them; their
  /// leases end.
  static void remove_made_below(CommitUnit& unit, const Uuid& name_space, std::string_view path);

  /// Counts down by one, committed at once. The last use leaves -1 and lets the row go at
  /// `removal`, when requests that were counted before are answered.
  /// @param limit  what the sealed record allows at most
  /// @return what is left; nullopt: nothing was left
  [[nodiscard]] std::optional<std::int64_t> spend_use(BytesView id_hash, std::int64_t limit,
                                                      UnixTime removal) const;

  /// Removes up to `batch` rows that expired by `now`, with all below them. @return rows removed
  std::int64_t remove_expired(UnixTime now, std::int64_t batch) const;
  /// Removes up to `batch` rows whose parent does not exist. @return rows removed
  std::int64_t remove_strays(std::int64_t batch) const;

 private:
  Database& database_;
  Sealer& sealer_;
};

}  // namespace signet::storage
