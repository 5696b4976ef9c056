// SPDX-License-Identifier: Apache-2.0
// lease lookup|renew|revoke.
#include "cli/commands/context.hpp"
#include "cli/commands/groups.hpp"

#include <fmt/format.h>

namespace signet::cli {
namespace {

using nlohmann::json;

int lookup(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const auto answer =
      context.call("PUT", "sys/leases/lookup", json{{"lease_id", context.arguments()[0]}});
  return answer ? context.show(*answer) : context.exit_code();
}

int renew(const Args& args) {
  Context context(args, {{"increment"}, {"i"}});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  json body{{"lease_id", context.arguments()[0]}};
  if (const auto increment = context.flags().get("increment"))
    body["increment"] = *increment;
  else if (const auto brief = context.flags().get("i"))
    body["increment"] = *brief;
  const auto answer = context.call("PUT", "sys/leases/renew", body);
  return answer ? context.show(*answer) : context.exit_code();
}

int revoke(const Args& args) {
  Context context(args, {{"prefix", true}, {"force", true}, {"sync", true}});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const Flags& flags = context.flags();
  const bool is_prefix = flags.is_set("prefix");
  const bool waits = flags.is_set("sync");
  const std::string& id = context.arguments()[0];
  if (flags.is_set("force")) {
    if (!is_prefix)
      return fmt::print(stderr, "-force goes with -prefix: leases are forgotten by path\n"),
             exit_usage;
    return context.done("PUT", "sys/leases/revoke-force/" + id, json::object(),
                        "Success! Force revoked any leases with prefix: " + id);
  }
  const std::string success = !waits      ? "All revocation operations queued successfully!"
                              : is_prefix ? "Success! Revoked any leases with prefix: " + id
                                          : "Success! Revoked lease: " + id;
  return context.done("PUT", (is_prefix ? "sys/leases/revoke-prefix/" : "sys/leases/revoke/") + id,
                      json{{"sync", waits}}, success);
}

}  // namespace

const std::vector<Command>& lease_commands() {
  static const std::vector<Command> commands{
      {"lease lookup", "Show a lease's times",
       "Usage: signet lease lookup ID\n\n  $ signet lease lookup pki/issue/web/2Fd1…\n", &lookup},
      {"lease renew", "Prolong a lease",
       "Usage: signet lease renew [-increment=1h] ID\n\n  $ signet lease renew -increment=30m "
       "database/creds/app/2Fd1…\n",
       &renew},
      {"lease revoke", "Take back what was leased",
       "Usage: signet lease revoke [-sync] [-prefix [-force]] ID|PREFIX\n\n  $ signet lease revoke "
       "-sync pki/issue/web/2Fd1…\n  $ signet lease revoke -prefix pki/issue/web\n",
       &revoke},
  };
  return commands;
}

}  // namespace signet::cli
