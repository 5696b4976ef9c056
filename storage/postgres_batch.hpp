// SPDX-License-Identifier: Apache-2.0
// A batch of mergeable units in one PostgreSQL transaction.
#pragma once

#include "storage/committer.hpp"
#include "storage/postgres_connection.hpp"

namespace signet::storage {

/// Sets outcome or fault of each unit that it is done with and leaves in `batch` those that are to
/// be run again (callers left meanwhile, equal keys were parted). One insert a table; a conflict
/// makes the units run one by one under savepoints, so that only the guilty one fails.
/// @throws CommitInDoubt: those left in `batch` may be stored; other exceptions: they are not
void run_batch_once(PostgresConnection& connection, Batch& batch);

}  // namespace signet::storage
