// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/context.hpp"
#include "cli/commands/groups.hpp"
#include "cli/output.hpp"

#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

namespace signet::cli {
namespace {

using nlohmann::json;

int write(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(2, 2)) return context.exit_code();
  const std::string &name = context.arguments()[0], &file = context.arguments()[1];
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream in(file, std::ios::binary);
    if (!in) return fmt::print(stderr, "cannot read the policy file '{}'\n", file), exit_usage;
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  return context.done("PUT", "sys/policies/acl/" + name, json{{"policy", text}},
                      "Success! Uploaded policy: " + name);
}

int read(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const std::string& name = context.arguments()[0];
  const auto answer = context.call("GET", "sys/policies/acl/" + name, std::nullopt, {}, true);
  if (!answer) return context.exit_code();
  if (answer->status == 404) return fmt::print(stderr, "No policy named: {}\n", name), exit_server;
  if (!context.is_table()) return context.show(*answer);
  fmt::print("{}\n", answer->body["data"].value("policy", ""));
  return exit_ok;
}

int list(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(0, 0)) return context.exit_code();
  const auto answer = context.call("LIST", "sys/policies/acl");
  if (!answer) return context.exit_code();
  const json keys = answer->body["data"].value("keys", json::array());
  if (!context.is_table())
    return std::fputs(document(nlohmann::ordered_json(keys), context.format()).c_str(), stdout),
           exit_ok;
  for (const auto& key : keys) fmt::print("{}\n", cell(key));
  return exit_ok;
}

int remove(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const std::string& name = context.arguments()[0];
  return context.done("DELETE", "sys/policies/acl/" + name, std::nullopt,
                      "Success! Deleted policy: " + name);
}

}  // namespace

const std::vector<Command>& policy_commands() {
  static const std::vector<Command> commands{
      {"policy write", "Upload a policy from a file",
       "Usage: signet policy write NAME FILE|-\n\n  $ signet policy write issuer issuer.hcl\n"
       "  $ echo 'path \"pki/issue/server\" { capabilities = [\"update\"] }' | signet policy write "
       "issuer -\n",
       &write},
      {"policy read", "Print a policy",
       "Usage: signet policy read NAME\n\n  $ signet policy read default\n", &read},
      {"policy list", "List policies", "Usage: signet policy list\n", &list},
      {"policy delete", "Delete a policy",
       "Usage: signet policy delete NAME\n\n  $ signet policy delete issuer\n", &remove},
  };
  return commands;
}

}  // namespace signet::cli
