// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

#include <string_view>

namespace signet::cli {

extern const std::string_view server_usage;

/// `signet server`: serves until a signal ends it. Errors of the configuration or at start: exit
/// code 1 and one line that says what to change.
int run_server(const Args& args);

}  // namespace signet::cli
