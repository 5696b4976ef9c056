// SPDX-License-Identifier: Apache-2.0
// Rows of `leases`: secrets that are taken back when their time is over. Plain columns exist to be
// found by; what is to be taken back stands in the sealed record, to which all of them but those of
// the ending (due_at, state, attempts, problem) are bound.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

enum class LeaseState : std::int64_t {
  running = 0,
  ending = 1,       ///< expired or revoked; a worker takes its secret back
  irrevocable = 2,  ///< that failed too often: kept to be seen
};

struct LeaseRow {
  Uuid name_space;
  std::string id;  ///< "<path of the request>/<24 random letters and digits>"
  Uuid mount;
  std::optional<Bytes> token;  ///< id_hash of the token that asked; absent: nobody's
  UnixTime issued_at, expires_at;
  LeaseState state = LeaseState::running;
  std::int64_t attempts = 0;  ///< to take the secret back, that failed
  std::string problem;        ///< why the last one failed
  Bytes record;               ///< sealed
};

class LeaseStore {
 public:
  LeaseStore(Database& database, Sealer& sealer) : database_(database), sealer_(sealer) {}

  /// For commits outside a request: the thread's deadline, else 30 s from now.
  static Deadline deadline();

  /// Stages a new row; `row.record` is ignored, `plain` is sealed.
  void insert(CommitUnit& unit, const LeaseRow& row, BytesView plain) const;
  /// Stages a new end and record of a running lease, only if the stored record still is
  /// `row.record`; else the unit is stale.
  void prolong(CommitUnit& unit, const LeaseRow& row, UnixTime expires_at, BytesView plain) const;
  [[nodiscard]] std::optional<LeaseRow> find(const Uuid& name_space, std::string_view id) const;
  /// @throws Fault when the record was forged or moved, or a bound column edited
  [[nodiscard]] SecretBytes open(const LeaseRow& row) const;

  /// Names right below a folder of ids ("" or "pki/issue/"), sorted; deeper ones end in '/'.
  [[nodiscard]] std::vector<std::string> list(const Uuid& name_space, std::string_view folder,
                                              std::string_view after, std::int64_t limit) const;
  /// Leases whose ids begin with the folder, above `after`, sorted by id.
  [[nodiscard]] std::vector<LeaseRow> below(const Uuid& name_space, std::string_view folder,
                                            std::string_view after, std::int64_t limit) const;
  /// Those in state irrevocable, sorted by id; at most `limit` (0: all).
  [[nodiscard]] std::vector<LeaseRow> irrevocable(const Uuid& name_space, std::int64_t limit) const;
  /// How many of them each mount has.
  [[nodiscard]] std::map<Uuid, std::int64_t> count_irrevocable(const Uuid& name_space) const;

  // Endings: what is marked is due at once.
  static void stage_end(CommitUnit& unit, const Uuid& name_space, std::string_view id);
  static void stage_end_below(CommitUnit& unit, const Uuid& name_space, std::string_view folder);
  static void stage_end_of_token(CommitUnit& unit, BytesView token);
  /// The same inside a transaction that removed them.
  static void end_of_tokens(Transaction& transaction, const std::vector<Bytes>& tokens);

  static void stage_remove(CommitUnit& unit, const LeaseRow& row);
  static void stage_remove_mount(CommitUnit& unit, const Uuid& mount);

  /// How many to claim and to end in one commit.
  [[nodiscard]] std::int64_t batch() const;
  /// Takes up to `limit` leases that are due, the longest due first (sorted by id), so that no
  /// other worker takes them before `until`; from then on they are `ending` (or stay irrevocable).
  [[nodiscard]] std::vector<LeaseRow> claim(UnixTime now, std::int64_t limit, UnixTime until) const;
  /// Notes a failed attempt. `due_at` absent: nobody tries again, the lease is irrevocable.
  void note_failure(const LeaseRow& row, std::string_view problem,
                    std::optional<UnixTime> due_at) const;
  /// Has those that nobody tries any more tried once more. @return how many
  std::int64_t retry_irrevocable() const;

  /// Where a walk over all leases stands: behind this row.
  struct Position {
    Uuid name_space{};
    std::string id;
  };
  /// Looks at the next `limit` leases, ends those whose token is gone and removes those whose mount
  /// is. `position` moves on; back to the beginning after the last one.
  /// @return how many were ended or removed
  std::int64_t end_strays(Position& position, std::int64_t limit) const;

 private:
  /// Reads namespace, id, mount, token, issued_at, expires_at, state, attempts, problem, record.
  static std::vector<LeaseRow> rows_of(const Rows& rows);

  Database& database_;
  Sealer& sealer_;
};

}  // namespace signet::storage
