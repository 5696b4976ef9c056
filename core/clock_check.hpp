// SPDX-License-Identifier: Apache-2.0
// Whether this node's clock may be believed (architecture section 8).
#pragma once

#include "base/result.hpp"

namespace signet::storage {
class Database;
}

namespace signet::core {

/// Before anything whose validity outlives the request is signed: nodes that share a database must
/// agree on the time. No SQL.
/// @return `unavailable`, naming the offset and the remedy, above storage::most_clock_offset
Result<void> check_clock(const storage::Database& database);

}  // namespace signet::core
