// SPDX-License-Identifier: Apache-2.0
// unwrap: what a wrapping token holds.
#include "cli/commands/context.hpp"
#include "cli/commands/groups.hpp"

#include <utility>

namespace signet::cli {
namespace {

using nlohmann::json;

int unwrap(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(0, 1)) return context.exit_code();
  ClientOptions& client = context.client();
  client.wrap_ttl.clear();
  json body = json::object();
  if (!context.arguments().empty()) {
    const std::string& named = context.arguments().front();
    // Without a token of one's own the wrapping token opens itself.
    if (client.token.empty())
      client.token = SecretBytes(named);
    else if (client.token.reveal_text() != named)
      body["token"] = named;
  }
  const auto answer = context.call("PUT", "sys/wrapping/unwrap", body);
  if (!answer) return context.exit_code();
  const json data = answer->body.is_object() ? answer->body.value("data", json()) : json();
  const bool is_list = data.is_object() && data.size() == 1 && data.contains("keys");
  if (is_list && context.is_table() && !context.flags().get("field"))
    return show_keys(context, "the wrapped answer", *answer);
  return context.show(*answer);
}

}  // namespace

const std::vector<Command>& wrapping_commands() {
  static const std::vector<Command> commands{
      {"unwrap", "Take out what a wrapping token holds, once",
       "Usage: signet unwrap [flags] [TOKEN]\n\nWithout TOKEN the token that is used is the "
       "wrapping "
       "token.\n\n  $ signet read -wrap-ttl=5m -field=wrapping_token secret/data/app\n"
       "  $ signet unwrap hvs.CmVhZHkgcGxheWVyIG9uZQ\n",
       &unwrap},
  };
  return commands;
}

}  // namespace signet::cli
