// SPDX-License-Identifier: Apache-2.0
// The command line's client side: every command but `server` talks to a running server over its API
// (grammar, output shapes and exit codes: those that users of Vault know).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace signet::cli {

using Args = std::vector<std::string>;

/// Exit codes.
inline constexpr int exit_ok = 0;
inline constexpr int exit_usage = 1;  ///< usage, local error, missing field
inline constexpr int exit_server =
    2;  ///< the server refused, or there is no value; `status`: sealed
inline constexpr int exit_unknown = 127;

/// One command, possibly of two or three words ("secrets enable", "kv metadata get").
struct Command {
  std::string_view name;
  std::string_view summary;  ///< one line for the list of commands
  std::string_view usage;    ///< what `-help` prints, with an example
  int (*run)(const Args& args);
};

const std::vector<Command>& client_commands();

/// Finds the command named by the first one to three arguments and runs it with the rest; handles
/// `-h` and unknown subcommands. Prints nothing and returns -1 when there is none (the caller lists
/// what there is).
int run_client_command(const Args& args);

}  // namespace signet::cli
