// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/server.hpp"
#include "cli/version.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace signet::cli {
namespace {

int run_version(const Args&) {
  fmt::print("{}\n", version_text());
  return exit_ok;
}

int run_help(const Args& args);

// Commands that need no server; the others: client_commands().
const std::vector<Command>& own_commands() {
  static const std::vector<Command> commands{
      {"server", "Start a server", server_usage, run_server},
      {"version", "Print the version", "Usage: signet version\n", run_version},
      {"help", "Print this", "Usage: signet help\n", run_help}};
  return commands;
}

void list_commands(std::FILE* to) {
  fmt::print(to, "Usage: signet COMMAND [options] [arguments]\n\nCommands:\n\n");
  for (const Command& command : own_commands())
    fmt::print(to, "  {:<24}{}\n", command.name, command.summary);
  for (const Command& command : client_commands())
    fmt::print(to, "  {:<24}{}\n", command.name, command.summary);
  fmt::print(to, "\n'signet COMMAND -help' says more about one.\n");
}

int run_help(const Args&) {
  list_commands(stdout);
  return exit_ok;
}

int run(const Args& args) {
  if (args.empty()) {
    list_commands(stderr);
    return exit_unknown;
  }
  const std::string& name = args.front();
  if (name == "-h" || name == "-help" || name == "--help") return run_help(args);
  if (name == "-v" || name == "-version" || name == "--version") return run_version(args);
  for (const Command& command : own_commands())
    if (command.name == name) return command.run(Args(args.begin() + 1, args.end()));
  const int code = run_client_command(args);
  if (code >= 0) return code;
  fmt::print(stderr, "signet: unknown command \"{}\"\n\n", name);
  list_commands(stderr);
  return exit_unknown;
}

}  // namespace
}  // namespace signet::cli

int main(int argc, char** argv) {
  try {
    return signet::cli::run(signet::cli::Args(argv + 1, argv + argc));
  } catch (const std::exception& problem) {
    fmt::print(stderr, "signet: {}\n", problem.what());
    return signet::cli::exit_usage;
  }
}
