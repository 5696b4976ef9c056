// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/context.hpp"
#include "cli/commands/groups.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

namespace signet::cli {
namespace {

using nlohmann::json;

int enable(const Args& args) {
  Context context(args, {{"path"}, {"description"}, {"local", true}});
  if (!context.is_ready() || !context.takes(1, 10000)) return context.exit_code();
  const std::string type = context.arguments()[0];
  const std::string path = mount_path(context.flags().get_or("path", type));
  const auto options = data_arguments(context.arguments(), 1);
  if (!options) return fmt::print(stderr, "{}\n", options.error().message), exit_usage;
  return context.done("PUT", "sys/audit/" + clean_path(path),
                      json{{"type", type},
                           {"description", context.flags().get_or("description", "")},
                           {"options", *options},
                           {"local", context.flags().is_set("local")}},
                      fmt::format("Success! Enabled the {} audit device at: {}", type, path));
}

int list(const Args& args) {
  Context context(args, {{"detailed", true}});
  if (!context.is_ready() || !context.takes(0, 0)) return context.exit_code();
  const auto answer = context.call("GET", "sys/audit");
  if (!answer) return context.exit_code();
  const json devices = answer->body.value("data", json::object());
  if (!context.is_table())
    return std::fputs(document(nlohmann::ordered_json(devices), context.format()).c_str(), stdout),
           exit_ok;
  if (devices.empty()) return fmt::print(stderr, "No audit devices are enabled.\n"), exit_server;
  const bool is_detailed = context.flags().is_set("detailed");
  std::vector<std::vector<std::string>> rows{{"Path", "Type", "Description"}};
  if (is_detailed) rows[0].emplace_back("Options");
  for (const auto& [path, device] : devices.items()) {
    rows.push_back({path, device.value("type", ""), device.value("description", "")});
    if (is_detailed) rows.back().push_back(cell(device.value("options", json::object())));
  }
  std::fputs(columns(rows).c_str(), stdout);
  return exit_ok;
}

int disable(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const std::string path = mount_path(context.arguments()[0]);
  return context.done("DELETE", "sys/audit/" + clean_path(path), std::nullopt,
                      "Success! Disabled audit device (if it was enabled) at: " + path);
}

}  // namespace

const std::vector<Command>& audit_commands() {
  static const std::vector<Command> commands{
      {"audit enable", "Enable an audit device",
       "Usage: signet audit enable [-path=NAME] TYPE [option=value ...]\n\n  $ signet audit enable "
       "file file_path=/var/log/signet/audit.log\n"
       "  $ signet audit enable file file_path=stdout\n",
       &enable},
      {"audit list", "List audit devices", "Usage: signet audit list [-detailed]\n", &list},
      {"audit disable", "Disable an audit device",
       "Usage: signet audit disable PATH\n\n  $ signet audit disable file\n", &disable},
  };
  return commands;
}

}  // namespace signet::cli
