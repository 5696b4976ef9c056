// SPDX-License-Identifier: Apache-2.0
// "{{...}}" in a policy's paths (core.md section 7.7).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace signet::core {

/// Checks that braces pair up. @return true when there is anything to expand
Result<bool> check_template(std::string_view text);

/// The text for a token without an entity: `time.now...` is filled in, all else that depends on an
/// identity makes it nullopt, and its block is skipped.
std::optional<std::string> expand_template(std::string_view text, UnixTime now);

}  // namespace signet::core
