// SPDX-License-Identifier: Apache-2.0
// secrets enable|disable|list|tune|move and the same for auth.
#include "cli/commands/context.hpp"
#include "cli/commands/groups.hpp"
#include "cli/output.hpp"

#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace signet::cli {
namespace {

using nlohmann::json;

/// The two classes of mounts differ in their API path and wording only.
struct Kind {
  bool is_auth;
  [[nodiscard]] std::string api(const std::string& path) const {
    return (is_auth ? "sys/auth/" : "sys/mounts/") + path;
  }
  [[nodiscard]] const char* noun() const { return is_auth ? "auth method" : "secrets engine"; }
};
constexpr Kind secrets{false}, auth{true};

const std::vector<FlagSpec>& tune_flags() {
  static const std::vector<FlagSpec> specs{{"description"},
                                           {"default-lease-ttl"},
                                           {"max-lease-ttl"},
                                           {"listing-visibility"},
                                           {"audit-non-hmac-request-keys", false, true},
                                           {"audit-non-hmac-response-keys", false, true},
                                           {"passthrough-request-headers", false, true},
                                           {"allowed-response-headers", false, true},
                                           {"options", false, true},
                                           {"token-type"},
                                           {"plugin-version"},
                                           {"version"},
                                           {"path"},
                                           {"local", true},
                                           {"seal-wrap", true},
                                           {"external-entropy-access", true},
                                           {"force-no-cache", true}};
  return specs;
}

/// The members of `config` that were given as flags.
json config_from(const Flags& flags) {
  json config = json::object();
  const auto text = [&](const char* flag, const char* member) {
    if (const auto value = flags.get(flag)) config[member] = *value;
  };
  const auto list = [&](const char* flag, const char* member) {
    if (const auto values = flags.all(flag); !values.empty()) config[member] = values;
  };
  text("default-lease-ttl", "default_lease_ttl");
  text("max-lease-ttl", "max_lease_ttl");
  text("listing-visibility", "listing_visibility");
  text("token-type", "token_type");
  text("plugin-version", "plugin_version");
  list("audit-non-hmac-request-keys", "audit_non_hmac_request_keys");
  list("audit-non-hmac-response-keys", "audit_non_hmac_response_keys");
  list("passthrough-request-headers", "passthrough_request_headers");
  list("allowed-response-headers", "allowed_response_headers");
  if (flags.is_set("force-no-cache")) config["force_no_cache"] = true;
  return config;
}

json options_from(const Flags& flags) {
  json options = json::object();
  for (const auto& pair : flags.all("options")) {
    const auto equals = pair.find('=');
    options[pair.substr(0, equals)] = equals == std::string::npos ? "" : pair.substr(equals + 1);
  }
  if (const auto version = flags.get("version")) options["version"] = *version;
  return options;
}

int enable(const Args& args, Kind kind) {
  Context context(args, tune_flags());
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  std::string type = context.arguments()[0];
  const Flags& flags = context.flags();
  const std::string path = mount_path(flags.get_or("path", type));
  json body{{"type", type},
            {"description", flags.get_or("description", "")},
            {"config", config_from(flags)}};
  if (auto options = options_from(flags); !options.empty()) body["options"] = std::move(options);
  for (const auto& [flag, member] : {std::pair{"local", "local"},
                                     {"seal-wrap", "seal_wrap"},
                                     {"external-entropy-access", "external_entropy_access"}})
    if (flags.is_set(flag)) body[member] = true;
  return context.done(
      "POST", kind.api(clean_path(path)), body,
      kind.is_auth ? fmt::format("Success! Enabled {} auth method at: {}", type, path)
                   : fmt::format("Success! Enabled the {} secrets engine at: {}", type, path));
}

int disable(const Args& args, Kind kind) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const std::string path = mount_path(context.arguments()[0]);
  return context.done(
      "DELETE", kind.api(clean_path(path)), std::nullopt,
      fmt::format("Success! Disabled the {} (if it existed) at: {}", kind.noun(), path));
}

int list(const Args& args, Kind kind) {
  Context context(args, {{"detailed", true}});
  if (!context.is_ready() || !context.takes(0, 0)) return context.exit_code();
  const auto answer = context.call("GET", kind.is_auth ? "sys/auth" : "sys/mounts");
  if (!answer) return context.exit_code();
  const json mounts = answer->body.value("data", json::object());
  if (!context.is_table())
    return std::fputs(document(nlohmann::ordered_json(mounts), context.format()).c_str(), stdout),
           exit_ok;
  const bool is_detailed = context.flags().is_set("detailed");
  std::vector<std::string> title{"Path", "Type", "Accessor", "Description"};
  if (is_detailed)
    title = {"Path",    "Plugin",      "Accessor", "Default TTL", "Max TTL",
             "Options", "Description", "UUID",     "Version"};
  else if (kind.is_auth)
    title.emplace_back("Version");
  std::vector<std::vector<std::string>> rows{title};
  for (const auto& [path, mount] : mounts.items()) {
    const auto text = [&, &entry = mount](const char* key) {
      return entry.value(key, std::string());
    };
    if (is_detailed) {
      const auto ttl = [&, &entry = mount](const char* key) {
        const auto seconds = entry.value("config", json::object()).value(key, std::int64_t{0});
        return seconds == 0 ? std::string("system") : std::to_string(seconds);
      };
      rows.push_back({path, text("type"), text("accessor"), ttl("default_lease_ttl"),
                      ttl("max_lease_ttl"),
                      mount.value("options", json()).is_null() ? "map[]" : cell(mount["options"]),
                      text("description"), text("uuid"), text("running_plugin_version")});
    } else {
      rows.push_back({path, text("type"), text("accessor"), text("description")});
      if (kind.is_auth) rows.back().push_back(text("plugin_version"));
    }
  }
  std::fputs(columns(rows).c_str(), stdout);
  return exit_ok;
}

int tune(const Args& args, Kind kind) {
  Context context(args, tune_flags());
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const std::string path = mount_path(context.arguments()[0]);
  json body = config_from(context.flags());
  if (const auto description = context.flags().get("description"))
    body["description"] = *description;
  if (auto options = options_from(context.flags()); !options.empty())
    body["options"] = std::move(options);
  // The auth form through sys/mounts needs no sudo; the SDKs use it too.
  return context.done("POST",
                      "sys/mounts/" + std::string(kind.is_auth ? "auth/" : "") + path + "tune",
                      body, fmt::format("Success! Tuned the {} at: {}", kind.noun(), path));
}

int move(const Args& args, Kind kind) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(2, 2)) return context.exit_code();
  const std::string prefix = kind.is_auth ? "auth/" : "";
  const std::string from = mount_path(context.arguments()[0]),
                    to = mount_path(context.arguments()[1]);
  const auto begun =
      context.call("POST", "sys/remount", json{{"from", prefix + from}, {"to", prefix + to}});
  if (!begun) return context.exit_code();
  const std::string id = begun->body.value("data", json::object()).value("migration_id", "");
  fmt::print("Started moving {} {} to {}, with migration ID {}\n", kind.noun(), from, to, id);
  for (;;) {
    const auto answer = context.call("GET", "sys/remount/status/" + id);
    if (!answer) return context.exit_code();
    const auto status = answer->body["data"]["migration_info"].value("status", "");
    if (status == "success") {
      fmt::print("Success! Finished moving {} {} to {}, with migration ID {}\n", kind.noun(), from,
                 to, id);
      return exit_ok;
    }
    if (status == "failure") {
      fmt::print(stderr, "Failure! Error encountered moving {} {} to {}, with migration ID {}\n",
                 kind.noun(), from, to, id);
      return exit_server;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

template <int (*Run)(const Args&, Kind)>
int of_secrets(const Args& args) {
  return Run(args, secrets);
}
template <int (*Run)(const Args&, Kind)>
int of_auth(const Args& args) {
  return Run(args, auth);
}

}  // namespace

const std::vector<Command>& mount_commands() {
  static const std::vector<Command> commands{
      {"secrets enable", "Enable a secrets engine",
       "Usage: signet secrets enable [flags] TYPE\n\n  $ signet secrets enable pki\n"
       "  $ signet secrets enable -path=pki_int -max-lease-ttl=43800h pki\n",
       &of_secrets<enable>},
      {"secrets disable", "Disable a secrets engine and delete its data",
       "Usage: signet secrets disable PATH\n\n  $ signet secrets disable pki_int\n",
       &of_secrets<disable>},
      {"secrets list", "List enabled secrets engines", "Usage: signet secrets list [-detailed]\n",
       &of_secrets<list>},
      {"secrets tune", "Change the settings of a secrets engine",
       "Usage: signet secrets tune [flags] PATH\n\n  $ signet secrets tune -max-lease-ttl=87600h "
       "pki\n",
       &of_secrets<tune>},
      {"secrets move", "Move a secrets engine to another path",
       "Usage: signet secrets move FROM TO\n\n  $ signet secrets move pki pki_root\n",
       &of_secrets<move>},
      {"auth enable", "Enable an auth method", "Usage: signet auth enable [flags] TYPE\n",
       &of_auth<enable>},
      {"auth disable", "Disable an auth method", "Usage: signet auth disable PATH\n",
       &of_auth<disable>},
      {"auth list", "List enabled auth methods", "Usage: signet auth list [-detailed]\n",
       &of_auth<list>},
      {"auth tune", "Change the settings of an auth method",
       "Usage: signet auth tune [flags] PATH\n\n  $ signet auth tune -default-lease-ttl=1h token\n",
       &of_auth<tune>},
      {"auth move", "Move an auth method to another path", "Usage: signet auth move FROM TO\n",
       &of_auth<move>},
  };
  return commands;
}

}  // namespace signet::cli
