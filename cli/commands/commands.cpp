// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"

#include "cli/commands/groups.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace signet::cli {

const std::vector<Command>& client_commands() {
  static const std::vector<Command> commands = [] {
    std::vector<Command> all;
    for (const auto* group :
         {&secret_commands(), &kv_commands(), &kv_metadata_commands(), &wrapping_commands(),
          &operator_commands(), &mount_commands(), &policy_commands(), &token_commands(),
          &lease_commands(), &audit_commands()})
      all.insert(all.end(), group->begin(), group->end());
    return all;
  }();
  return commands;
}

int run_client_command(const Args& args) {
  if (args.empty()) return -1;
  const auto& commands = client_commands();
  const auto named = [&](std::string_view name) {
    return std::find_if(commands.begin(), commands.end(),
                        [&](const Command& c) { return c.name == name; });
  };
  const auto is_help = [](const std::string& arg) {
    return arg == "-h" || arg == "-help" || arg == "--help";
  };
  auto found = commands.end();
  std::string name;
  std::size_t used = 0;
  while (found == commands.end() && used < std::min<std::size_t>(args.size(), 3)) {
    name += (used == 0 ? "" : " ") + args[used];
    ++used;
    found = named(name);
  }
  if (found != commands.end()) {
    const Args rest(args.begin() + static_cast<std::ptrdiff_t>(used), args.end());
    if (!rest.empty() && is_help(rest[0])) return fmt::print("{}", found->usage), exit_ok;
    return found->run(rest);
  }
  // A group named alone or with an unknown second word: show what it has.
  const std::string group = args[0] + " ";
  bool is_group = false;
  for (const Command& command : commands) {
    if (!command.name.starts_with(group)) continue;
    if (!is_group)
      fmt::print(stderr, "Usage: signet {} <subcommand> [flags] [arguments]\n\n", args[0]);
    is_group = true;
    fmt::print(stderr, "    {:<22} {}\n", command.name, command.summary);
  }
  if (!is_group) return -1;
  return args.size() > 1 && is_help(args[1]) ? exit_ok : exit_unknown;
}

}  // namespace signet::cli
