// SPDX-License-Identifier: Apache-2.0
// Durations as text: the one place that reads and writes them (core.md section 1.5).
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace signet {

/// "90", "90s", "1h30m", "1.5h", "100ms" (cut to whole seconds), "7d"; "" is 0; negative only if
/// allowed. nullopt: not a duration.
std::optional<Seconds> parse_duration(std::string_view text, bool negative_allowed = false);

/// Go's form: "72h0m0s", "1m30s", "0s".
std::string go_duration(Seconds value);

}  // namespace signet
