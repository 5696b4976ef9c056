// SPDX-License-Identifier: Apache-2.0
// One unit in one open transaction, the same for both databases.
#pragma once

#include "storage/changes.hpp"
#include "storage/database.hpp"

#include <string>
#include <vector>

namespace signet::storage {

enum class Run {
  first,
  /// The answer to an earlier COMMIT was lost: the first insert goes in before anything is looked
  /// at, because the earlier run, if it held, has itself used up numbers and conditions.
  settling,
};

/// `INSERT INTO name (columns) VALUES ($1, …)`.
std::string insert_sql(const Table& table);

/// Runs all effects of `unit`. When the outcome is not `stored` the caller rolls back what it did;
/// `settling`: a conflict of the first insert means that the earlier run held, and is `stored` with
/// `was_held` set (roll back as well).
/// @param raised  gets the change numbers that the unit raised
/// @throws UniqueViolation, Unavailable, Fault
struct UnitResult {
  CommitOutcome outcome;
  bool was_held = false;
};
UnitResult run_unit(Transaction& transaction, const CommitUnit& unit, Run run,
                    std::vector<Change>& raised);

}  // namespace signet::storage
