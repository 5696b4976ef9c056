// SPDX-License-Identifier: Apache-2.0
// status and operator init|unseal|seal|step-down|rotate|key-status.
#include "cli/commands/context.hpp"
#include "cli/commands/groups.hpp"
#include "cli/output.hpp"

#include <charconv>

#include <fmt/format.h>

namespace signet::cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

int show_status(Context& context, const json& seal, bool is_leader_asked) {
  json leader = json::object();
  if (is_leader_asked && !seal.value("sealed", true)) {
    if (auto answer = cli::call(context.client(), "GET", "sys/leader"); answer && answer->is_ok())
      leader = answer->body;
  }
  if (!context.is_table()) {
    ordered_json out = seal;
    for (const auto& [key, value] : leader.items()) out[key] = value;
    std::fputs(document(out, context.format()).c_str(), stdout);
    return exit_ok;
  }
  ordered_json rows;
  rows["Seal Type"] = seal.value("type", "");
  rows["Initialized"] = seal.value("initialized", false);
  rows["Sealed"] = seal.value("sealed", true);
  rows["Total Shares"] = seal.value("n", 0);
  rows["Threshold"] = seal.value("t", 0);
  if (seal.value("sealed", true)) {
    rows["Unseal Progress"] = fmt::format("{}/{}", seal.value("progress", 0), seal.value("t", 0));
    rows["Unseal Nonce"] = seal.value("nonce", "");
  }
  rows["Version"] = seal.value("version", "");
  rows["Build Date"] = seal.value("build_date", "");
  rows["Storage Type"] = seal.value("storage_type", "");
  if (const std::string name = seal.value("cluster_name", ""); !name.empty()) {
    rows["Cluster Name"] = name;
    rows["Cluster ID"] = seal.value("cluster_id", "");
  }
  rows["HA Enabled"] = leader.value("ha_enabled", false);
  if (leader.value("ha_enabled", false)) {
    rows["HA Mode"] = leader.value("is_self", false) ? "active" : "standby";
    rows["Active Since"] = leader.value("active_time", "");
  }
  std::fputs(key_value_table(rows).c_str(), stdout);
  return exit_ok;
}

int status(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(0, 0)) return context.exit_code();
  context.client().name_space.clear();
  auto answer = cli::call(context.client(), "GET", "sys/seal-status");
  if (!answer || !answer->is_ok()) {  // 1, so that 2 says "sealed" and nothing else
    fmt::print(stderr, "Error checking seal status: {}\n",
               answer ? describe_failure(context.client(), "GET", "sys/seal-status", *answer)
                      : answer.error().message);
    return exit_usage;
  }
  if (const auto field = context.flags().get("field")) {
    const int shown = print_field(answer->body, *field);
    return shown != exit_ok ? shown : answer->body.value("sealed", true) ? exit_server : exit_ok;
  }
  show_status(context, answer->body, true);
  return answer->body.value("sealed", true) ? exit_server : exit_ok;
}

std::optional<int> number(const Flags& flags, std::string_view name, std::string_view brief,
                          int fallback) {
  const auto text = flags.get(name) ? flags.get(name) : flags.get(brief);
  if (!text) return fallback;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) {
    fmt::print(stderr, "-{} takes a number, not '{}'\n", name, *text);
    return std::nullopt;
  }
  return value;
}

int show_init(const Context& context, const json& body, int shares, int threshold) {
  const json hex_keys = body.value("keys", json::array()),
             keys = body.value("keys_base64", json::array());
  const std::string token = body.value("root_token", "");
  if (const auto field = context.flags().get("field")) return print_field(body, *field);
  if (!context.is_table()) {
    ordered_json out;
    out["unseal_keys_b64"] = keys;
    out["unseal_keys_hex"] = hex_keys;
    out["unseal_shares"] = shares;
    out["unseal_threshold"] = threshold;
    out["recovery_keys_b64"] = json::array();
    out["recovery_keys_hex"] = json::array();
    out["recovery_keys_shares"] = 0;
    out["recovery_keys_threshold"] = 0;
    out["root_token"] = token;
    std::fputs(document(out, context.format()).c_str(), stdout);
    return exit_ok;
  }
  int at = 0;
  for (const auto& key : keys) fmt::print("Unseal Key {}: {}\n", ++at, cell(key));
  fmt::print("\nInitial Root Token: {}\n\n", token);
  fmt::print(
      "Signet is initialized with {} key share(s), of which {} unseal it. Store each share with "
      "another person:\n"
      "the shares are shown only now, and without {} of them nothing that is stored can be read "
      "again.\n",
      shares, threshold, threshold);
  return exit_ok;
}

int init(const Args& args) {
  Context context(args, {{"key-shares"},
                         {"n"},
                         {"key-threshold"},
                         {"t"},
                         {"pgp-keys"},
                         {"root-token-pgp-key"},
                         {"recovery-shares"},
                         {"recovery-threshold"},
                         {"recovery-pgp-keys"},
                         {"status", true}});
  if (!context.is_ready() || !context.takes(0, 0)) return context.exit_code();
  context.client().name_space.clear();
  if (context.flags().is_set("status")) {
    const auto answer = context.call("GET", "sys/seal-status");
    if (!answer) return exit_usage;
    const bool is_initialized = answer->body.value("initialized", false);
    fmt::print("{}\n", is_initialized ? "Vault is initialized" : "Vault is not initialized");
    return is_initialized ? exit_ok : exit_server;
  }
  const auto shares = number(context.flags(), "key-shares", "n", 5);
  const auto threshold = number(context.flags(), "key-threshold", "t", 3);
  if (!shares || !threshold) return exit_usage;
  json body{{"secret_shares", *shares},
            {"secret_threshold", *threshold},
            {"recovery_shares", 0},
            {"recovery_threshold", 0}};
  if (const auto keys = context.flags().get("pgp-keys")) body["pgp_keys"] = *keys;
  const auto answer = context.call("PUT", "sys/init", body);
  return answer ? show_init(context, answer->body, *shares, *threshold) : context.exit_code();
}

int unseal(const Args& args) {
  Context context(args, {{"reset", true}, {"migrate", true}});
  if (!context.is_ready() || !context.takes(0, 1)) return context.exit_code();
  context.client().name_space.clear();
  json body;
  if (context.flags().is_set("reset")) {
    body = {{"reset", true}};
  } else {
    const SecretBytes key = context.arguments().empty() || context.arguments()[0] == "-"
                                ? read_hidden("Unseal Key (will be hidden): ")
                                : SecretBytes(context.arguments()[0]);
    body = {{"key", key.reveal_text()}, {"migrate", context.flags().is_set("migrate")}};
  }
  const auto answer = context.call("PUT", "sys/unseal", body);
  if (!answer) return context.exit_code();
  if (const auto field = context.flags().get("field")) return print_field(answer->body, *field);
  return show_status(context, answer->body, true);
}

int seal(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(0, 0)) return context.exit_code();
  return context.done("PUT", "sys/seal", std::nullopt, "Success! Vault is sealed.");
}

int step_down(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(0, 0)) return context.exit_code();
  return context.done("PUT", "sys/step-down", std::nullopt,
                      "Success! Stepped down: " + context.client().address);
}

int show_key_status(Context& context) {
  const auto answer = context.call("GET", "sys/key-status");
  if (!answer) return context.exit_code();
  if (!context.is_table()) return context.show(*answer);
  const json& data = answer->body["data"];
  std::fputs(columns({{"Key Term", cell(data.value("term", json()))},
                      {"Install Time", cell(data.value("install_time", json()))},
                      {"Encryption Count", cell(data.value("encryptions", json()))}},
                     false)
                 .c_str(),
             stdout);
  return exit_ok;
}

int key_status(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(0, 0)) return context.exit_code();
  return show_key_status(context);
}

int rotate(const Args& args) {
  Context context(args, {});
  if (!context.is_ready() || !context.takes(0, 0)) return context.exit_code();
  if (!context.call("POST", "sys/rotate")) return context.exit_code();
  if (context.is_table()) fmt::print("Success! Rotated key\n\n");
  return show_key_status(context);
}

}  // namespace

const std::vector<Command>& operator_commands() {
  static const std::vector<Command> commands{
      {"status", "Show whether the server is initialized and unsealed (exit code 2: sealed)",
       "Usage: signet status [-format=json]\n\n  $ signet status\n", &status},
      {"operator init",
       "Initialize a new server: makes the unseal key shares and the first root token",
       "Usage: signet operator init [-key-shares=5] [-key-threshold=3] [-status]\n\n"
       "  $ signet operator init -key-shares=5 -key-threshold=3\n",
       &init},
      {"operator unseal", "Give one unseal key share",
       "Usage: signet operator unseal [-reset] [KEY]\n\n  $ signet operator unseal\n", &unseal},
      {"operator seal", "Seal the server: forgets its keys, refuses everything until unsealed",
       "Usage: signet operator seal\n", &seal},
      {"operator step-down", "Accepted for compatibility: every node serves",
       "Usage: signet operator step-down\n", &step_down},
      {"operator rotate", "Start a new term of the encryption key",
       "Usage: signet operator rotate\n", &rotate},
      {"operator key-status", "Show the encryption key's term",
       "Usage: signet operator key-status\n", &key_status},
  };
  return commands;
}

}  // namespace signet::cli
