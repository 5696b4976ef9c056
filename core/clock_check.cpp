// SPDX-License-Identifier: Apache-2.0
#include "core/clock_check.hpp"

#include "storage/database.hpp"

#include <chrono>

#include <fmt/format.h>

namespace signet::core {

Result<void> check_clock(const storage::Database& database) {
  const std::chrono::milliseconds offset = database.clock_offset();
  const std::chrono::milliseconds distance = std::chrono::abs(offset);
  if (distance <= storage::most_clock_offset) return {};
  return Error{ErrorCode::unavailable,
               fmt::format("nothing is issued while this server's clock is {}.{} s {} the "
                           "database server's: set both clocks right (NTP), then it goes on by "
                           "itself",
                           distance.count() / 1000, distance.count() % 1000 / 100,
                           offset.count() > 0 ? "ahead of" : "behind"),
               {}};
}

}  // namespace signet::core
