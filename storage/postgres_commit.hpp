// SPDX-License-Identifier: Apache-2.0
// How units reach PostgreSQL: mergeable ones in batches, others each in a transaction of its own,
// and either settled by a second run when the answer to a COMMIT was lost.
#pragma once

#include "storage/changes.hpp"
#include "storage/committer.hpp"
#include "storage/postgres_pool.hpp"

namespace signet::storage {

class PostgresCommits {
 public:
  PostgresCommits(PostgresPool& pool, Changes& changes);

  /// As Database::commit.
  CommitOutcome commit(CommitUnit& unit, Deadline deadline);

 private:
  void run_batch(Batch& batch);
  CommitOutcome commit_alone(const CommitUnit& unit, Deadline deadline);
  CommitOutcome settle(const CommitUnit& unit, Deadline deadline);

  PostgresPool& pool_;
  Changes& changes_;
  Committer committer_;
  // Checked writes may wait for row locks of other nodes; inserts under fresh keys must not wait
  // with them.
  Committer checked_;
};

}  // namespace signet::storage
