// SPDX-License-Identifier: Apache-2.0
// Leased secrets taken back: many in one commit, and one by one where that does not work.
#include "base/log.hpp"
#include "core/lease/leases.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

namespace signet::core {
namespace {

constexpr std::int64_t leases_a_page = 100;
constexpr Seconds first_delay{10};
constexpr std::size_t longest_problem = 240;
/// A claimed lease is somebody's for so long; what a node that died had claimed is due again then.
constexpr Seconds claim_time{120};

/// What operators are shown_problem of a refusal.
std::string shown_problem(std::string problem) {
  if (problem.size() > longest_problem) {
    problem.resize(longest_problem);
    // Not in the middle of a character.
    while (!problem.empty() && (static_cast<unsigned char>(problem.back()) & 0xc0U) == 0x80U)
      problem.pop_back();
    if (!problem.empty() && static_cast<unsigned char>(problem.back()) >= 0xc0U) problem.pop_back();
  }
  return problem;
}

}  // namespace

Seconds back_off(std::int64_t failed) {
  const std::int64_t doublings = std::clamp<std::int64_t>(failed - 1, 0, 16);
  return first_delay * (std::int64_t{1} << doublings);
}

Result<void> Leases::stage_taking_back(const storage::LeaseRow& row,
                                       storage::CommitUnit& unit) const {
  // With its mount the engine's rows went: nothing is left to take back.
  if (const std::optional<MountedEngine> engine = mounted(row.mount)) {
    TRY(engine->engine->revoke_secret(opened(row).secret, unit));
    // What it has done after the commit needs the engine, whatever becomes of its mount.
    unit.after_commit([kept = engine->engine] {});
  }
  storage::LeaseStore::stage_remove(unit, row);
  return {};
}

Result<void> Leases::stage_revoke(std::string_view id, storage::CommitUnit& unit) {
  const auto row = store_.find(root_namespace, id);
  if (!row) return {};
  return stage_taking_back(*row, unit);
}

Result<void> Leases::revoke_at(std::string_view id, Force force) {
  const auto row = store_.find(root_namespace, id);
  if (!row) return {};
  if (std::optional<Error> problem = revoke_one(*row, force)) return *std::move(problem);
  return {};
}

Result<void> Leases::commit(storage::CommitUnit& unit) {
  storage::CommitOutcome outcome = database_.commit(unit, storage::LeaseStore::deadline());
  switch (outcome.kind) {
    case storage::CommitOutcome::Kind::stored:
      return {};
    case storage::CommitOutcome::Kind::refused:
      return std::move(outcome.error);
    case storage::CommitOutcome::Kind::unknown:
      throw Unavailable("the database did not confirm that leases ended");
    case storage::CommitOutcome::Kind::stale:
    case storage::CommitOutcome::Kind::token_gone:
      break;
  }
  return Error{ErrorCode::conflict, "configuration changed meanwhile", {}};
}

std::int64_t Leases::revoke_together(std::span<const storage::LeaseRow> rows,
                                     std::vector<storage::LeaseRow>& alone) {
  storage::CommitUnit unit;
  std::vector<storage::LeaseRow> staged;
  try {
    for (const storage::LeaseRow& row : rows)
      (stage_taking_back(row, unit) ? staged : alone).push_back(row);
    if (staged.empty()) return 0;
    if (commit(unit)) return static_cast<std::int64_t>(staged.size());
  } catch (const Unavailable&) {
    throw;
  } catch (const std::exception&) {
    // One that cannot be opened, say: found out below.
    alone.assign(rows.begin(), rows.end());
    return 0;
  }
  alone.insert(alone.end(), staged.begin(), staged.end());
  return 0;
}

std::optional<Error> Leases::revoke_one(const storage::LeaseRow& row, Force force) {
  std::optional<Error> problem;
  storage::CommitUnit unit;
  try {
    Result<void> done = stage_taking_back(row, unit);
    if (done) done = commit(unit);
    if (!done) problem = std::move(done).error();
  } catch (const Unavailable&) {
    throw;
  } catch (const std::exception& fault) {
    // Sealed in the middle: that says nothing of the lease.
    if (seal_.is_sealed()) throw Unavailable("sealed while leases ended");
    problem = Error{ErrorCode::internal, "internal error", fault.what()};
  }
  if (!problem) return std::nullopt;
  log::warn("a leased secret could not be taken back",
            {{"lease", row.id},
             {"attempt", row.attempts + 1},
             {"problem", problem->detail.empty() ? problem->message : problem->detail}});
  if (force == Force::no) return problem;
  storage::CommitUnit removal;
  storage::LeaseStore::stage_remove(removal, row);
  const Result<void> removed = commit(removal);
  return removed ? std::nullopt : std::optional<Error>(removed.error());
}

void Leases::give_up(std::string_view id) noexcept {
  try {
    storage::CommitUnit unit;
    stage_end(id, unit);
    static_cast<void>(commit(unit));
  } catch (const std::exception& fault) {
    log::error("a lease that nobody was told of runs on", {{"problem", fault.what()}});
  }
}

void Leases::note_failure(const storage::LeaseRow& row, const std::string& problem) {
  const std::int64_t failed = row.attempts + 1;
  std::optional<UnixTime> due_at;
  if (failed < most_attempts) due_at = clock_.now() + back_off(failed);
  store_.note_failure(row, shown_problem(problem), due_at);
}

std::int64_t Leases::revoke(std::span<const storage::LeaseRow> rows) {
  std::vector<storage::LeaseRow> alone;
  std::int64_t gone = revoke_together(rows, alone);
  for (const storage::LeaseRow& row : alone) {
    if (const std::optional<Error> problem = revoke_one(row, Force::no))
      note_failure(row, problem->message);
    else
      ++gone;
  }
  return gone;
}

std::int64_t Leases::revoke_due(std::int64_t limit) {
  const UnixTime now = clock_.now();
  const std::vector<storage::LeaseRow> due = store_.claim(now, limit, now + claim_time);
  if (!due.empty()) revoke(due);
  return static_cast<std::int64_t>(due.size());
}

Result<bool> Leases::revoke_below(std::string_view folder, Force force,
                                  storage::Deadline deadline) {
  storage::CommitUnit marks;
  stage_end_below(folder, marks);
  TRY(commit(marks));
  std::optional<Error> first_problem;
  std::string after;
  while (true) {
    if (clock_.steady() >= deadline) return false;
    const std::vector<storage::LeaseRow> rows =
        store_.below(root_namespace, folder, after, leases_a_page);
    if (rows.empty()) break;
    after = rows.back().id;
    std::vector<storage::LeaseRow> alone;
    revoke_together(rows, alone);
    for (const storage::LeaseRow& row : alone) {
      const std::optional<Error> problem = revoke_one(row, force);
      if (!problem) continue;
      note_failure(row, problem->message);
      if (!first_problem)
        first_problem =
            invalid(fmt::format("failed to revoke \"{}\": {}", row.id, problem->message));
    }
  }
  if (first_problem) return *std::move(first_problem);
  return true;
}

}  // namespace signet::core
