// SPDX-License-Identifier: Apache-2.0
// login, print token, token create|lookup|renew|revoke|capabilities.
#include "base/text.hpp"
#include "cli/commands/context.hpp"
#include "cli/commands/groups.hpp"
#include "cli/output.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace signet::cli {
namespace {

using nlohmann::json;

/// The token's own entry in the shape of a login's `auth`, so that both are shown alike.
json auth_of(const json& data, std::string_view token) {
  return {{"client_token", token},
          {"accessor", data.value("accessor", "")},
          {"lease_duration", data.value("ttl", std::int64_t{0})},
          {"renewable", data.value("renewable", false)},
          {"token_policies", data.value("policies", json::array())},
          {"identity_policies", data.value("identity_policies", json::array())},
          {"policies", data.value("policies", json::array())},
          {"metadata", data.value("meta", json())}};
}

int finish_login(const Context& context, json envelope) {
  const std::string token = envelope["auth"].value("client_token", "");
  const Flags& flags = context.flags();
  if (flags.is_set("token-only")) return print_bare(token), exit_ok;
  if (!flags.is_set("no-store") && !store_token(token))
    fmt::print(stderr, "WARNING! The token could not be stored in {}; set SIGNET_TOKEN instead.\n",
               token_file());
  if (flags.is_set("no-print")) return exit_ok;
  if (const auto field = flags.get("field")) return print_field(envelope, *field);
  if (context.is_table())
    fmt::print(
        "Success! You are now authenticated. The token information displayed below\nis already "
        "stored in the token helper. "
        "You do NOT need to run \"signet login\"\nagain. Future requests will automatically use "
        "this token.\n\n");
  return print_secret(envelope, context.format());
}

int login(const Args& args) {
  Context context(
      args, {{"method"}, {"path"}, {"no-store", true}, {"no-print", true}, {"token-only", true}});
  if (!context.is_ready()) return context.exit_code();
  const std::string method = context.flags().get_or("method", "token");
  if (method != "token") {
    const auto data = data_arguments(context.arguments(), 0);
    if (!data) return fmt::print(stderr, "{}\n", data.error().message), exit_usage;
    std::string path = "auth/" + clean_path(context.flags().get_or("path", method)) + "/login";
    json body = *data;
    if (method == "userpass" || method == "ldap" || method == "radius") {
      path += "/" + body.value("username", "");
      body.erase("username");
      if (!body.contains("password"))
        body["password"] = read_hidden("Password (will be hidden): ").reveal_text();
    }
    context.client().token = SecretBytes();
    const auto answer = context.call("PUT", path, body);
    return answer ? finish_login(context, answer->body) : context.exit_code();
  }
  std::string given = context.arguments().empty() ? "" : context.arguments()[0];
  if (given.starts_with("token=")) given.erase(0, 6);
  const SecretBytes token =
      given.empty() || given == "-" ? read_hidden("Token (will be hidden): ") : SecretBytes(given);
  if (token.empty())
    return fmt::print(stderr, "A token is needed: signet login TOKEN\n"), exit_usage;
  context.client().token = token.copy();
  const auto answer = context.call("GET", "auth/token/lookup-self");
  if (!answer) return context.exit_code();
  json envelope = answer->body;
  envelope["auth"] = auth_of(envelope["data"], token.reveal_text());
  envelope["data"] = nullptr;
  return finish_login(context, std::move(envelope));
}

int print_token(const Args&) {
  SecretBytes token;
  if (auto from_environment = environment("TOKEN"))
    token = SecretBytes(*from_environment);
  else
    token = stored_token();
  print_bare(std::string(token.reveal_text()));
  return exit_ok;
}

int create(const Args& args) {
  Context context(args, {{"policy", false, true},
                         {"ttl"},
                         {"period"},
                         {"explicit-max-ttl"},
                         {"use-limit"},
                         {"orphan", true},
                         {"no-default-policy", true},
                         {"renewable", true},
                         {"type"},
                         {"role"},
                         {"id"},
                         {"display-name"},
                         {"metadata", false, true},
                         {"entity-alias"}});
  if (!context.is_ready() || !context.takes(0, 0)) return context.exit_code();
  const Flags& flags = context.flags();
  json body{{"renewable", flags.get_or("renewable", "true") != "false"},
            {"ttl", flags.get_or("ttl", "0s")},
            {"explicit_max_ttl", flags.get_or("explicit-max-ttl", "0s")},
            {"period", flags.get_or("period", "0s")}};
  if (const auto policies = flags.all("policy"); !policies.empty()) body["policies"] = policies;
  for (const auto& [flag, member] : {std::pair{"use-limit", "num_uses"},
                                     {"type", "type"},
                                     {"id", "id"},
                                     {"display-name", "display_name"},
                                     {"entity-alias", "entity_alias"}})
    if (const auto value = flags.get(flag)) body[member] = *value;
  if (flags.is_set("orphan")) body["no_parent"] = true;
  if (flags.is_set("no-default-policy")) body["no_default_policy"] = true;
  for (const auto& pair : flags.all("metadata")) {
    const auto equals = pair.find('=');
    body["meta"][pair.substr(0, equals)] =
        equals == std::string::npos ? "" : pair.substr(equals + 1);
  }
  const auto role = flags.get("role");
  const auto answer =
      context.call("POST", "auth/token/create" + (role ? "/" + *role : std::string()), body);
  return answer ? context.show(*answer) : context.exit_code();
}

int lookup(const Args& args) {
  Context context(args, {{"accessor", true}});
  if (!context.is_ready() || !context.takes(0, 1)) return context.exit_code();
  const bool is_accessor = context.flags().is_set("accessor");
  if (is_accessor && context.arguments().empty())
    return fmt::print(stderr, "-accessor needs an accessor\n"), exit_usage;
  const auto answer = context.arguments().empty() ? context.call("GET", "auth/token/lookup-self")
                      : is_accessor ? context.call("POST", "auth/token/lookup-accessor",
                                                   json{{"accessor", context.arguments()[0]}})
                                    : context.call("POST", "auth/token/lookup",
                                                   json{{"token", context.arguments()[0]}});
  return answer ? context.show(*answer) : context.exit_code();
}

int renew(const Args& args) {
  Context context(args, {{"accessor", true}, {"increment"}, {"i"}});
  if (!context.is_ready() || !context.takes(0, 1)) return context.exit_code();
  json body = json::object();
  if (const auto increment = context.flags().get("increment"))
    body["increment"] = *increment;
  else if (const auto brief = context.flags().get("i"))
    body["increment"] = *brief;
  std::string path = "auth/token/renew-self";
  if (!context.arguments().empty()) {
    const bool is_accessor = context.flags().is_set("accessor");
    path = is_accessor ? "auth/token/renew-accessor" : "auth/token/renew";
    body[is_accessor ? "accessor" : "token"] = context.arguments()[0];
  }
  const auto answer = context.call("PUT", path, body);
  return answer ? context.show(*answer) : context.exit_code();
}

int revoke(const Args& args) {
  Context context(args, {{"self", true}, {"accessor", true}, {"mode"}});
  if (!context.is_ready() || !context.takes(0, 1)) return context.exit_code();
  const std::string success = "Success! Revoked token (if it existed)";
  if (context.flags().is_set("self"))
    return context.done("PUT", "auth/token/revoke-self", json::object(), success);
  if (context.arguments().empty())
    return fmt::print(stderr, "Name a token, or -self\n"), exit_usage;
  if (context.flags().is_set("accessor"))
    return context.done("POST", "auth/token/revoke-accessor",
                        json{{"accessor", context.arguments()[0]}}, success);
  const std::string mode = context.flags().get_or("mode", "");
  if (mode == "path")
    return context.done("PUT", "sys/leases/revoke-prefix/" + context.arguments()[0], json::object(),
                        success);
  if (!mode.empty() && mode != "orphan")
    return fmt::print(stderr, "-mode takes 'orphan' or 'path'\n"), exit_usage;
  return context.done("PUT", mode.empty() ? "auth/token/revoke" : "auth/token/revoke-orphan",
                      json{{"token", context.arguments()[0]}}, success);
}

int capabilities(const Args& args) {
  Context context(args, {{"accessor", true}});
  if (!context.is_ready() || !context.takes(1, 2)) return context.exit_code();
  const auto& given = context.arguments();
  json body{{"paths", json::array({given.back()})}};
  std::string path = "sys/capabilities-self";
  if (given.size() == 2) {
    const bool is_accessor = context.flags().is_set("accessor");
    path = is_accessor ? "sys/capabilities-accessor" : "sys/capabilities";
    body[is_accessor ? "accessor" : "token"] = given[0];
  }
  const auto answer = context.call("POST", path, body);
  if (!answer) return context.exit_code();
  const json list = answer->body["data"].value("capabilities", json::array());
  if (!context.is_table())
    return std::fputs(document(nlohmann::ordered_json(list), context.format()).c_str(), stdout),
           exit_ok;
  std::vector<std::string> names;
  for (const auto& name : list) names.push_back(cell(name));
  std::sort(names.begin(), names.end());
  fmt::print("{}\n", join(names, ", "));
  return exit_ok;
}

}  // namespace

const std::vector<Command>& token_commands() {
  static const std::vector<Command> commands{
      {"login", "Store a token for the commands that follow",
       "Usage: signet login [-method=token] [-no-store] [-no-print] [-token-only] [TOKEN]\n\n  $ "
       "signet login\n  $ signet login hvs.abc\n",
       &login},
      {"print token", "Print the token in use", "Usage: signet print token\n", &print_token},
      {"token create", "Create a child token",
       "Usage: signet token create [flags]\n\n  $ signet token create -policy=issuer -ttl=1h\n"
       "  $ signet token create -policy=issuer -period=24h -orphan\n",
       &create},
      {"token lookup", "Show a token's properties",
       "Usage: signet token lookup [-accessor] [TOKEN|ACCESSOR]\n\n  $ signet token lookup\n",
       &lookup},
      {"token renew", "Extend a token's life",
       "Usage: signet token renew [-increment=1h] [-accessor] [TOKEN|ACCESSOR]\n\n  $ signet token "
       "renew -increment=30m\n",
       &renew},
      {"token revoke", "Revoke a token and its children",
       "Usage: signet token revoke [-self] [-accessor] [-mode=orphan|path] "
       "[TOKEN|ACCESSOR|PATH]\n\n  $ signet token revoke -self\n"
       "  $ signet token revoke -mode=path auth/token/create\n",
       &revoke},
      {"token capabilities", "Show what a token may do at a path",
       "Usage: signet token capabilities [-accessor] [TOKEN|ACCESSOR] PATH\n\n  $ signet token "
       "capabilities pki/issue/server\n",
       &capabilities},
  };
  return commands;
}

}  // namespace signet::cli
