// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres_commit.hpp"

#include "storage/postgres_batch.hpp"
#include "storage/postgres_transaction.hpp"

#include <algorithm>

namespace signet::storage {
namespace {

using Kind = CommitOutcome::Kind;
using std::chrono::steady_clock;

constexpr std::size_t batch_size = 512;
constexpr std::chrono::milliseconds pause_between_settling_runs{20};
constexpr int most_commit_retries = 2;  // after a serialisation failure or a deadlock

}  // namespace

PostgresCommits::PostgresCommits(PostgresPool& pool, Changes& changes)
    : pool_(pool),
      changes_(changes),
      committer_(batch_size, [this](Batch& batch) { run_batch(batch); }),
      checked_(batch_size, [this](Batch& batch) { run_batch(batch); }) {}

CommitOutcome PostgresCommits::commit(CommitUnit& unit, Deadline deadline) {
  if (steady_clock::now() >= deadline) {
    throw Unavailable("the deadline passed before the commit began");
  }
  CommitOutcome outcome = unit.is_mergeable()   ? committer_.submit(unit, deadline)
                          : unit.is_one_write() ? checked_.submit(unit, deadline)
                                                : commit_alone(unit, deadline);
  // Settled here, on the caller's thread, so that the committer goes on.
  if (outcome.kind == Kind::unknown && unit.can_settle()) outcome = settle(unit, deadline);
  if (outcome.kind == Kind::stored) unit.run_hooks();
  return outcome;
}

void PostgresCommits::run_batch(Batch& batch) {
  Deadline latest = batch.front()->deadline;
  for (const auto& pending : batch) latest = std::max(latest, pending->deadline);
  const Deadline deadline =
      std::min(latest, steady_clock::now() + pool_.settings().statement_timeout);
  int retries = 0;
  while (!batch.empty()) {
    try {
      PostgresPool::Lease connection(pool_, deadline, PostgresPool::Use::commit);
      while (!batch.empty()) run_batch_once(*connection, batch);
    } catch (const CommitInDoubt&) {
      for (const auto& pending : batch) pending->is_lost = true;
      return;
    } catch (const ConnectionLost&) {
      // Nothing is stored. The session may have been a dead one of before a restart: try others.
      Committer::drop_abandoned(batch);
      if (steady_clock::now() < deadline) continue;
      for (const auto& pending : batch) pending->fault = std::current_exception();
      return;
    } catch (const TryAgain&) {
      if (retries++ < most_commit_retries) continue;
      for (const auto& pending : batch) pending->fault = std::current_exception();
      return;
    } catch (const std::exception&) {
      for (const auto& pending : batch) pending->fault = std::current_exception();
      return;
    }
  }
}

CommitOutcome PostgresCommits::commit_alone(const CommitUnit& unit, Deadline deadline) {
  for (int retries = 0;;) {
    try {
      PostgresPool::Lease connection(pool_, deadline);
      PostgresTransaction transaction(*connection);
      std::vector<Change> raised;
      CommitOutcome outcome = run_unit(*connection, unit, Run::first, raised).outcome;
      if (outcome.kind != Kind::stored) return outcome;
      transaction.commit();
      changes_.learn(raised);
      return outcome;
    } catch (const CommitInDoubt&) {
      return {Kind::unknown, {}};
    } catch (const ConnectionLost&) {
      if (steady_clock::now() >= deadline) throw;
    } catch (const TryAgain&) {
      if (retries++ >= most_commit_retries || steady_clock::now() >= deadline) throw;
    }
  }
}

CommitOutcome PostgresCommits::settle(const CommitUnit& unit, Deadline deadline) {
  CommitOutcome unknown{Kind::unknown, {}};
  while (steady_clock::now() < deadline) {
    try {
      PostgresPool::Lease connection(pool_, deadline, PostgresPool::Use::commit);
      PostgresTransaction transaction(*connection);
      std::vector<Change> raised;
      const UnitResult result = run_unit(*connection, unit, Run::settling, raised);
      if (!result.was_held) {
        if (result.outcome.kind == Kind::stored) transaction.commit();
        if (result.outcome.kind == Kind::stored) changes_.learn(raised);
        return result.outcome;
      }
    } catch (const Unavailable& failure) {
      unknown.error.detail = failure.what();
      std::this_thread::sleep_for(pause_between_settling_runs);
      continue;
    }
    // The first run held; the numbers that it raised are not known here.
    if (!unit.raises().empty()) changes_.distrust();
    return {};
  }
  return unknown;
}

}  // namespace signet::storage
