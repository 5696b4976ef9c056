// SPDX-License-Identifier: Apache-2.0
// Leases: secrets that engines gave out for a time, found, renewed and taken back (core.md section
// 5). A lease is a row with an index over its end; nothing is loaded at start and no timer runs.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/sealed.hpp"
#include "core/engine.hpp"
#include "core/mounts.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/seal/seal.hpp"
#include "storage/changes.hpp"
#include "storage/database.hpp"
#include "storage/leases.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

/// A lease as its row and its record say.
struct Lease {
  storage::LeaseRow row;
  LeasedSecret secret;
  bool is_renewable = false;
  std::optional<UnixTime> last_renewal;

  /// "pki/issue/server": the path of the request that made it.
  [[nodiscard]] std::string path() const;
};

/// How many times taking a secret back is tried before the lease counts as irrevocable.
inline constexpr std::int64_t most_attempts = 6;
/// When it is tried again after `failed` attempts, at least 1: 10 s, 20 s, 40 s ...
[[nodiscard]] Seconds back_off(std::int64_t failed);

class Leases {
 public:
  Leases(storage::Database& database, storage::Changes& changes, Sealer& sealer, const Seal& seal,
         Clock& clock, Random& random, Mounts& mounts);

  /// Stages the lease that an answer asks for, into the unit that stores its secret, and fills
  /// lease_id, renewable and lease_duration. Without `response.lease` nothing happens.
  /// @return an error when the token was used up by this request: nothing would hold the secret
  Result<void> stage(Request& request, Response& response);

  [[nodiscard]] std::optional<Lease> find(std::string_view id) const;
  /// Stages a new end; `increment` from now, within what engine and mount allow.
  /// @return what is told: lease_id, renewable, lease_duration
  Result<Response> renew(Request& request, std::string_view id, Seconds increment);

  /// Stages taking the secret back and the removal of the lease, both in the caller's unit. Absent:
  /// nothing happens.
  /// @return what the engine refuses with; the lease then stays as it is
  Result<void> stage_revoke(std::string_view id, storage::CommitUnit& unit);
  /// Stages that a worker takes the secret back soon.
  static void stage_end(std::string_view id, storage::CommitUnit& unit);
  /// The same for all leases below a folder of ids.
  static void stage_end_below(std::string_view folder, storage::CommitUnit& unit);

  /// Ends a lease whose secret nobody will see, in a commit of its own. Does not throw: where that
  /// fails, its time runs out.
  void give_up(std::string_view id) noexcept;

  enum class Force { no, yes };
  /// Takes one secret back in a commit of its own. @return what the engine refuses with
  Result<void> revoke_at(std::string_view id, Force force);
  /// Takes back everything below a folder now, in commits of its own; all of it is marked first, so
  /// that workers go on with what is left when this ends.
  /// @param force  leases go also where their engine refuses
  /// @return true: nothing is left; false: the deadline came first. The first refusal otherwise.
  Result<bool> revoke_below(std::string_view folder, Force force, storage::Deadline deadline);

  /// Takes back leases of one or several mounts in as few commits as possible and removes their
  /// rows; where that fails it is noted in the row for a later attempt.
  /// @return how many are gone
  std::int64_t revoke(std::span<const storage::LeaseRow> rows);
  /// Leases that are due, claimed for this node, longest due first. @return how many were taken up
  std::int64_t revoke_due(std::int64_t limit);

  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] const storage::LeaseStore& store() const { return store_; }

 private:
  [[nodiscard]] Lease opened(const storage::LeaseRow& row) const;
  [[nodiscard]] std::optional<MountedEngine> mounted(const Uuid& mount) const;
  Result<void> stage_taking_back(const storage::LeaseRow& row, storage::CommitUnit& unit) const;
  [[nodiscard]] std::optional<Error> revoke_one(const storage::LeaseRow& row, Force force);
  std::int64_t revoke_together(std::span<const storage::LeaseRow> rows,
                               std::vector<storage::LeaseRow>& alone);
  void note_failure(const storage::LeaseRow& row, const std::string& problem);
  Result<void> commit(storage::CommitUnit& unit);

  storage::Database& database_;
  storage::Changes& changes_;
  const Seal& seal_;
  Clock& clock_;
  Random& random_;
  Mounts& mounts_;
  storage::LeaseStore store_;
};

}  // namespace signet::core
