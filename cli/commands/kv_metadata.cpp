// SPDX-License-Identifier: Apache-2.0
// kv metadata get|put|patch|delete.
#include "cli/commands/groups.hpp"
#include "cli/commands/kv.hpp"

#include <map>

#include <fmt/format.h>

namespace signet::cli {
namespace {

using nlohmann::json;

int metadata_get(const Args& args) {
  Context context(args, {kv::mount_flag});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const auto place = kv::find_versioned(context);
  if (!place) return context.exit_code();
  const std::string path = place->api("metadata");
  const auto answer = context.call("GET", path, std::nullopt, {}, true);
  if (!answer) return context.exit_code();
  json data = answer->body.is_object() ? answer->body.value("data", json()) : json();
  if (!data.is_object()) {
    fmt::print(stderr, "No value found at {}\n", path);
    return exit_server;
  }
  if (!context.is_table() || context.flags().get("field")) return context.show(*answer);
  const json versions = data.value("versions", json::object());
  data.erase("versions");
  kv::print_path(path, "Metadata Path");
  kv::print_table(data, "Metadata");
  std::map<long, json> by_number;
  for (const auto& [number, version] : versions.items())
    by_number.emplace(std::strtol(number.c_str(), nullptr, 10), version);
  for (const auto& [number, version] : by_number) {
    fmt::print("\n");
    kv::print_table(version, fmt::format("Version {}", number));
  }
  return exit_ok;
}

/// What put and patch send: the flags that were given.
std::optional<json> fields_from(const Flags& flags, bool is_patch) {
  json body = json::object();
  const auto text = [&](const char* flag, const char* member) {
    if (const auto value = flags.get(flag)) body[member] = *value;
  };
  text("max-versions", "max_versions");
  text("cas-required", "cas_required");
  text("delete-version-after", "delete_version_after");
  json custom = json::object();
  for (const auto& pair : flags.all("custom-metadata")) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      fmt::print(stderr, "-custom-metadata takes key=value, not '{}'\n", pair);
      return std::nullopt;
    }
    custom[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  if (is_patch)
    for (const auto& name : flags.all("remove-custom-metadata")) custom[name] = nullptr;
  if (!custom.empty()) body["custom_metadata"] = std::move(custom);
  return body;
}

int metadata_send(const Args& args, bool is_patch) {
  std::vector<FlagSpec> own{kv::mount_flag,
                            {"max-versions"},
                            {"cas-required"},
                            {"delete-version-after"},
                            {"custom-metadata", false, true}};
  if (is_patch) own.push_back({"remove-custom-metadata", false, true});
  Context context(args, std::move(own));
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const auto body = fields_from(context.flags(), is_patch);
  if (!body) return exit_usage;
  const auto place = kv::find_versioned(context);
  if (!place) return context.exit_code();
  const std::string path = place->api("metadata");
  return context.done(is_patch ? "PATCH" : "PUT", path, body, "Success! Data written to: " + path);
}

int metadata_put(const Args& args) { return metadata_send(args, false); }
int metadata_patch(const Args& args) { return metadata_send(args, true); }

int metadata_delete(const Args& args) {
  Context context(args, {kv::mount_flag});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const auto place = kv::find_versioned(context);
  if (!place) return context.exit_code();
  const std::string path = place->api("metadata");
  return context.done("DELETE", path, std::nullopt,
                      "Success! Data deleted (if it existed) at: " + path);
}

}  // namespace

const std::vector<Command>& kv_metadata_commands() {
  static const std::vector<Command> commands{
      {"kv metadata get", "Show a secret's versions and settings",
       "Usage: signet kv metadata get [-mount=MOUNT] PATH\n\n  $ signet kv metadata get "
       "secret/myapp/db\n",
       &metadata_get},
      {"kv metadata put", "Set a secret's settings and custom metadata",
       "Usage: signet kv metadata put [-mount=MOUNT] [-max-versions=N] [-cas-required=true] "
       "[-delete-version-after=720h] [-custom-metadata=key=value ...] PATH\n\n"
       "  $ signet kv metadata put -max-versions=5 -custom-metadata=owner=team-a "
       "secret/myapp/db\n",
       &metadata_put},
      {"kv metadata patch", "Change some of a secret's settings and custom metadata",
       "Usage: signet kv metadata patch [-mount=MOUNT] [-custom-metadata=key=value ...] "
       "[-remove-custom-metadata=key ...] PATH\n\n"
       "  $ signet kv metadata patch -remove-custom-metadata=owner secret/myapp/db\n",
       &metadata_patch},
      {"kv metadata delete", "Remove a secret with all its versions for ever",
       "Usage: signet kv metadata delete [-mount=MOUNT] PATH\n\n  $ signet kv metadata delete "
       "secret/myapp/db\n",
       &metadata_delete},
  };
  return commands;
}

}  // namespace signet::cli
