// SPDX-License-Identifier: Apache-2.0
// kv get|put|patch|delete|undelete|destroy|rollback|list|enable-versioning.
#include "cli/commands/kv.hpp"

#include "cli/commands/groups.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

namespace signet::cli {
namespace {

using nlohmann::json;
using Query = std::vector<std::pair<std::string, std::string>>;

/// The `data` of an envelope; null when there is none.
json data_of(const Answer& answer) {
  return answer.body.is_object() ? answer.body.value("data", json()) : json();
}

int no_value(const std::string& path) {
  fmt::print(stderr, "No value found at {}\n", path);
  return exit_server;
}

int kv_get(const Args& args) {
  Context context(args, {kv::mount_flag, {"version"}});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const auto place = kv::find(context);
  if (!place) return context.exit_code();
  const std::string path = place->api("data");
  Query query;
  if (const auto version = context.flags().get("version")) query.emplace_back("version", *version);
  auto answer = context.call("GET", path, std::nullopt, query, true);
  if (!answer) return context.exit_code();
  json data = data_of(*answer);
  // A deleted version is a 404 that says so in its metadata.
  if (answer->status == 404 && !data.is_object()) return no_value(path);
  if (!place->is_v2 || !data.is_object()) return context.show(*answer);
  const json secret = data.value("data", json());
  if (context.flags().get("field")) {
    if (!secret.is_object()) {
      fmt::print(stderr, "No data found at {}: this version is deleted or destroyed\n", path);
      return exit_server;
    }
    return print_field({{"data", secret}}, *context.flags().get("field"));
  }
  if (!context.is_table()) return context.show(*answer);
  kv::print_path(path, "Secret Path");
  if (data.contains("metadata")) kv::print_table(data["metadata"], "Metadata");
  if (!secret.is_object()) return exit_ok;
  fmt::print("\n");
  kv::print_table(secret, "Data");
  return exit_ok;
}

/// The body of a write on version 2; -cas as a number, or as it was typed for the server to refuse.
json versioned(json data, const std::optional<std::string>& cas) {
  json body{{"data", std::move(data)}, {"options", json::object()}};
  if (cas && *cas != "-1") body["options"]["cas"] = *cas;
  return body;
}

int kv_put(const Args& args) {
  Context context(args, {kv::mount_flag, {"cas"}});
  if (!context.is_ready() || !context.takes(1, 10000)) return context.exit_code();
  if (context.arguments().size() < 2) {
    fmt::print(stderr, "Must supply data (key=value); -help shows an example\n");
    return exit_usage;
  }
  const auto data = data_arguments(context.arguments(), 1);
  if (!data) return fmt::print(stderr, "{}\n", data.error().message), exit_usage;
  const auto place = kv::find(context);
  if (!place) return context.exit_code();
  const std::string path = place->api("data");
  const auto answer = context.call(
      "PUT", path, place->is_v2 ? versioned(*data, context.flags().get("cas")) : *data);
  if (!answer) return context.exit_code();
  return kv::show_written(context, path, *answer);
}

/// The current version's data and number, for a write to come: never wrapped. nullopt: printed.
std::optional<std::pair<json, std::int64_t>> read_version(Context& context, const std::string& path,
                                                          const Query& query) {
  std::string wrap_ttl;
  std::swap(wrap_ttl, context.client().wrap_ttl);
  const auto answer = context.call("GET", path, std::nullopt, query, true);
  std::swap(wrap_ttl, context.client().wrap_ttl);
  if (!answer) return std::nullopt;
  const json data = data_of(*answer);
  if (!data.is_object() || !data.value("data", json()).is_object()) {
    context.ends_with(no_value(path));
    return std::nullopt;
  }
  return std::pair{data["data"], data["metadata"].value("version", std::int64_t{0})};
}

/// A patch by reading and writing: for servers and tokens that do not patch.
int patch_by_writing(Context& context, const std::string& path, const json& change,
                     const std::optional<std::string>& cas) {
  auto current = read_version(context, path, {});
  if (!current) return context.exit_code();
  current->first.merge_patch(change);
  const auto answer = context.call(
      "PUT", path, versioned(current->first, cas.value_or(std::to_string(current->second))));
  if (!answer) return context.exit_code();
  return kv::show_written(context, path, *answer);
}

int kv_patch(const Args& args) {
  Context context(args, {kv::mount_flag, {"cas"}, {"method"}, {"remove-data", false, true}});
  if (!context.is_ready() || !context.takes(1, 10000)) return context.exit_code();
  auto change = data_arguments(context.arguments(), 1);
  if (!change) return fmt::print(stderr, "{}\n", change.error().message), exit_usage;
  for (const auto& name : context.flags().all("remove-data")) (*change)[name] = nullptr;
  const std::string method = context.flags().get_or("method", "");
  if (change->empty() || (!method.empty() && method != "patch" && method != "rw")) {
    fmt::print(stderr,
               "Must supply data (key=value) or -remove-data=key; -method is patch or rw\n");
    return exit_usage;
  }
  const auto place = kv::find_versioned(context);
  if (!place) return context.exit_code();
  const std::string path = place->api("data");
  const auto cas = context.flags().get("cas");
  if (method == "rw") return patch_by_writing(context, path, *change, cas);
  const auto answer = cli::call(context.client(), "PATCH", path, versioned(*change, cas));
  if (!answer) return fmt::print(stderr, "{}\n", answer.error().message), exit_server;
  if (answer->is_ok()) return kv::show_written(context, path, *answer);
  const bool may_be_written = answer->status == 403 || answer->status == 405;
  if (method.empty() && may_be_written) return patch_by_writing(context, path, *change, cas);
  if (answer->status == 404) return no_value(path);
  fmt::print(stderr, "{}", describe_failure(context.client(), "PATCH", path, *answer));
  return exit_server;
}

int kv_delete(const Args& args) {
  Context context(args, {kv::mount_flag, {"versions", false, true}});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const auto numbers = kv::versions(context.flags());
  if (!numbers) return exit_usage;
  const auto place = numbers->empty() ? kv::find(context) : kv::find_versioned(context);
  if (!place) return context.exit_code();
  const std::string path = place->api(numbers->empty() ? "data" : "delete");
  const std::string success = "Success! Data deleted (if it existed) at: " + place->api("data");
  if (numbers->empty()) return context.done("DELETE", path, std::nullopt, success);
  return context.done("POST", path, json{{"versions", *numbers}}, success);
}

/// undelete and destroy differ in their path only.
int act_on_versions(const Args& args, const char* part) {
  Context context(args, {kv::mount_flag, {"versions", false, true}});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const auto numbers = kv::versions(context.flags());
  if (!numbers) return exit_usage;
  if (numbers->empty()) {
    fmt::print(stderr, "No versions provided, use the \"-versions\" flag: -versions=1,3\n");
    return exit_usage;
  }
  const auto place = kv::find_versioned(context);
  if (!place) return context.exit_code();
  const std::string path = place->api(part);
  return context.done("POST", path, json{{"versions", *numbers}},
                      "Success! Data written to: " + path);
}

int kv_undelete(const Args& args) { return act_on_versions(args, "undelete"); }
int kv_destroy(const Args& args) { return act_on_versions(args, "destroy"); }

int kv_rollback(const Args& args) {
  Context context(args, {kv::mount_flag, {"version"}});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const auto version = context.flags().get("version");
  if (!version) {
    fmt::print(stderr, "Which version to go back to? -version=N\n");
    return exit_usage;
  }
  const auto place = kv::find_versioned(context);
  if (!place) return context.exit_code();
  const auto about = context.call("GET", place->api("metadata"), std::nullopt, {}, true);
  if (!about) return context.exit_code();
  const json metadata = data_of(*about);
  if (!metadata.is_object()) return no_value(place->api("metadata"));
  const auto current = metadata.value("current_version", std::int64_t{0});
  const std::string path = place->api("data");
  const auto wanted = read_version(context, path, {{"version", *version}});
  if (!wanted) return context.exit_code();
  // Nobody writes in between unnoticed.
  const auto answer = context.call("PUT", path, versioned(wanted->first, std::to_string(current)));
  if (!answer) return context.exit_code();
  return kv::show_written(context, path, *answer);
}

int kv_list(const Args& args) {
  Context context(args, {kv::mount_flag, {"after"}, {"limit"}});
  if (!context.is_ready() || !context.takes(context.flags().get("mount") ? 0 : 1, 1))
    return context.exit_code();
  const auto place = kv::find(context);
  if (!place) return context.exit_code();
  const std::string path = place->api("metadata") + "/";
  Query query;
  for (const char* name : {"after", "limit"})
    if (const auto value = context.flags().get(name)) query.emplace_back(name, *value);
  const auto answer = context.call("LIST", path, std::nullopt, query, true);
  if (!answer) return context.exit_code();
  return show_keys(context, path, *answer);
}

int kv_enable_versioning(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const std::string mount = clean_path(context.arguments()[0]);
  return context.done("POST", "sys/mounts/" + mount + "/tune",
                      json{{"options", {{"version", "2"}}}},
                      "Success! Tuned the secrets engine at: " + mount + "/");
}

}  // namespace

const std::vector<Command>& kv_commands() {
  static const std::vector<Command> commands{
      {"kv get", "Read a secret, of version 2 with what is known of it",
       "Usage: signet kv get [-mount=MOUNT] [-version=N] [-field=NAME] PATH\n\n"
       "  $ signet kv get secret/myapp/db\n  $ signet kv get -field=password secret/myapp/db\n"
       "  $ signet kv get -mount=secret -version=1 myapp/db\n",
       &kv_get},
      {"kv put", "Write a secret, as a new version",
       "Usage: signet kv put [-mount=MOUNT] [-cas=N] PATH key=value ...\n\n"
       "  $ signet kv put secret/myapp/db user=app password=@password.txt\n"
       "  $ signet kv put -cas=0 secret/myapp/db user=app\n\n"
       "-cas=N writes only while N is the current version; 0: only if there is none yet.\n",
       &kv_put},
      {"kv patch", "Change some members of a secret, as a new version",
       "Usage: signet kv patch [-mount=MOUNT] [-cas=N] [-method=patch|rw] [-remove-data=KEY] PATH "
       "key=value ...\n\n  $ signet kv patch secret/myapp/db password=new\n"
       "  $ signet kv patch -remove-data=old secret/myapp/db\n",
       &kv_patch},
      {"kv delete", "Delete the current or some versions; they can be undeleted",
       "Usage: signet kv delete [-mount=MOUNT] [-versions=1,3] PATH\n\n"
       "  $ signet kv delete secret/myapp/db\n  $ signet kv delete -versions=1 secret/myapp/db\n",
       &kv_delete},
      {"kv undelete", "Bring deleted versions back",
       "Usage: signet kv undelete [-mount=MOUNT] -versions=1,3 PATH\n\n"
       "  $ signet kv undelete -versions=2 secret/myapp/db\n",
       &kv_undelete},
      {"kv destroy", "Remove the data of versions for ever",
       "Usage: signet kv destroy [-mount=MOUNT] -versions=1,3 PATH\n\n"
       "  $ signet kv destroy -versions=1 secret/myapp/db\n",
       &kv_destroy},
      {"kv rollback", "Write an earlier version's data again, as a new version",
       "Usage: signet kv rollback [-mount=MOUNT] -version=N PATH\n\n"
       "  $ signet kv rollback -version=2 secret/myapp/db\n",
       &kv_rollback},
      {"kv list", "List the names in a folder",
       "Usage: signet kv list [-mount=MOUNT] [-after=NAME] [-limit=N] [PATH]\n\n"
       "  $ signet kv list secret/myapp\n",
       &kv_list},
      {"kv enable-versioning", "Turn a version 1 mount into version 2",
       "Usage: signet kv enable-versioning MOUNT\n\n  $ signet kv enable-versioning secret\n",
       &kv_enable_versioning},
  };
  return commands;
}

}  // namespace signet::cli
