// SPDX-License-Identifier: Apache-2.0
// read, write, patch, list, scan, delete, path-help: any path of the API.
#include "cli/commands/context.hpp"
#include "cli/commands/groups.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

namespace signet::cli {
namespace {

using nlohmann::json;

int read(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(1, 10000)) return context.exit_code();
  const std::string path = clean_path(context.arguments()[0]);
  const auto data = data_arguments(context.arguments(), 1);
  if (!data) return fmt::print(stderr, "{}\n", data.error().message), exit_usage;
  std::vector<std::pair<std::string, std::string>> query;
  for (const auto& [key, value] : data->items()) query.emplace_back(key, cell(value));
  const auto answer = context.call("GET", path, std::nullopt, query, true);
  if (!answer) return context.exit_code();
  const bool is_raw =
      context.format() == "raw" || (answer->body.is_null() && !answer->text.empty());
  if (answer->status == 404 && !(answer->body.is_object() && answer->body.contains("data"))) {
    fmt::print(stderr, "No value found at {}\n", path);
    return exit_server;
  }
  if (is_raw && !context.flags().get("field"))
    return std::fwrite(answer->text.data(), 1, answer->text.size(), stdout), exit_ok;
  return context.show(*answer);
}

int send_data(const Args& args, std::string_view method) {
  Context context(args, {{"force", true}, {"f", true}});
  if (!context.is_ready() || !context.takes(1, 10000)) return context.exit_code();
  const bool is_forced = context.flags().is_set("force") || context.flags().is_set("f");
  if (context.arguments().size() < 2 && !is_forced) {
    fmt::print(stderr,
               "Must supply data (key=value), or -force to send none; -help shows an example\n");
    return exit_usage;
  }
  const std::string path = clean_path(context.arguments()[0]);
  const auto data = data_arguments(context.arguments(), 1);
  if (!data) return fmt::print(stderr, "{}\n", data.error().message), exit_usage;
  const auto answer = context.call(method, path, *data);
  if (!answer) return context.exit_code();
  if (answer->body.is_null()) {
    if (!answer->text.empty())
      return std::fwrite(answer->text.data(), 1, answer->text.size(), stdout), exit_ok;
    if (!context.flags().get("field")) fmt::print("Success! Data written to: {}\n", path);
    return exit_ok;
  }
  return context.show(*answer);
}

int write(const Args& args) { return send_data(args, "PUT"); }
int patch(const Args& args) { return send_data(args, "PATCH"); }

int list_keys(const Args& args, std::string_view method) {
  Context context(args, {{"after"}, {"limit"}, {"detailed", true}});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const std::string path = clean_path(context.arguments()[0]) + "/";
  std::vector<std::pair<std::string, std::string>> query;
  for (const char* name : {"after", "limit"})
    if (const auto value = context.flags().get(name)) query.emplace_back(name, *value);
  const auto answer = context.call(method, path, std::nullopt, query, true);
  if (!answer) return context.exit_code();
  return show_keys(context, path, *answer);
}

int list(const Args& args) { return list_keys(args, "LIST"); }
int scan(const Args& args) { return list_keys(args, "SCAN"); }

int remove(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(1, 10000)) return context.exit_code();
  const std::string path = clean_path(context.arguments()[0]);
  const auto data = data_arguments(context.arguments(), 1);
  if (!data) return fmt::print(stderr, "{}\n", data.error().message), exit_usage;
  std::vector<std::pair<std::string, std::string>> query;
  for (const auto& [key, value] : data->items()) query.emplace_back(key, cell(value));
  const auto answer = context.call("DELETE", path, std::nullopt, query);
  if (!answer) return context.exit_code();
  if (answer->body.is_object() && !answer->body.value("data", json()).is_null())
    return context.show(*answer);
  fmt::print("Success! Data deleted (if it existed) at: {}\n", path);
  return exit_ok;
}

int path_help(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(1, 1)) return context.exit_code();
  const auto answer =
      context.call("GET", clean_path(context.arguments()[0]), std::nullopt, {{"help", "1"}});
  if (!answer) return context.exit_code();
  if (!context.is_table())
    return std::fputs(document(nlohmann::ordered_json(answer->body), context.format()).c_str(),
                      stdout),
           exit_ok;
  fmt::print("{}\n", answer->body.value("help", ""));
  return exit_ok;
}

}  // namespace

const std::vector<Command>& secret_commands() {
  static const std::vector<Command> commands{
      {"read", "Read what is at a path",
       "Usage: signet read [flags] PATH [key=value ...]\n\n"
       "  $ signet read pki/roles/server\n  $ signet read -field=max_ttl pki/roles/server\n  $ "
       "signet read -format=raw pki/ca/pem\n",
       &read},
      {"write", "Write data to a path, or call what is there",
       "Usage: signet write [flags] PATH [key=value ...]\n\n"
       "  $ signet write pki/issue/server common_name=api.example.com\n"
       "  $ signet write -field=certificate pki/sign/server csr=@server.csr\n"
       "  $ signet write -force pki/tidy\n\nkey=@file reads a file, key=- standard input, "
       "@file.json a whole object.\n",
       &write},
      {"patch", "Change some members of what is at a path",
       "Usage: signet patch [flags] PATH key=value ...\n\n  $ signet patch pki/roles/server "
       "max_ttl=24h\n",
       &patch},
      {"list", "List the names at a path",
       "Usage: signet list [-after=NAME] [-limit=N] PATH\n\n  $ signet list pki/roles\n  $ signet "
       "list -limit=100 pki/certs\n",
       &list},
      {"scan", "List all names below a path", "Usage: signet scan PATH\n\n  $ signet scan kv\n",
       &scan},
      {"delete", "Delete what is at a path",
       "Usage: signet delete PATH\n\n  $ signet delete pki/roles/server\n", &remove},
      {"path-help", "Show what a path is for",
       "Usage: signet path-help PATH\n\n  $ signet path-help pki/issue/server\n", &path_help},
  };
  return commands;
}

}  // namespace signet::cli
