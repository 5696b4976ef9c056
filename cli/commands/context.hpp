// SPDX-License-Identifier: Apache-2.0
// What every client command begins with: common flags, the environment, the token, the output
// format.
#pragma once

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/flags.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::cli {

class Context {
 public:
  /// Reads flags (the common ones and `own`). On failure the reason is printed and `exit_code()`
  /// says how to end.
  Context(const Args& args, std::vector<FlagSpec> own);

  [[nodiscard]] bool is_ready() const { return is_ready_; }
  [[nodiscard]] const Flags& flags() const { return flags_; }
  [[nodiscard]] const std::vector<std::string>& arguments() const { return flags_.arguments(); }
  [[nodiscard]] const std::string& format() const { return format_; }
  [[nodiscard]] bool is_table() const { return format_ == "table"; }
  [[nodiscard]] ClientOptions& client() { return client_; }

  /// Ends with a usage error unless the number of arguments is within bounds.
  bool takes(std::size_t least, std::size_t most);

  /// Calls the server. nullopt: it refused or could not be reached; the reason is printed
  /// (exit_server), or -output-curl-string printed the command (exit_ok): return exit_code().
  std::optional<Answer> call(std::string_view method, std::string_view path,
                             const std::optional<nlohmann::json>& body = std::nullopt,
                             const std::vector<std::pair<std::string, std::string>>& query = {},
                             bool is_absence_fine = false);
  /// call() for what answers 204, then a line on success.
  int done(std::string_view method, std::string_view path,
           const std::optional<nlohmann::json>& body, const std::string& success);
  /// Shows an envelope by -field or -format.
  [[nodiscard]] int show(const Answer& answer) const;
  [[nodiscard]] int exit_code() const { return exit_code_; }
  /// For what a command finds out by itself, after saying why.
  void ends_with(int exit_code) { exit_code_ = exit_code; }

 private:
  Flags flags_;
  ClientOptions client_;
  std::string format_;
  bool is_ready_ = false;
  int exit_code_ = exit_usage;
};

/// A list's names as a column, or by -format; no names: says so. @return exit code
int show_keys(const Context& context, const std::string& path, const Answer& answer);

/// `key=value`, `key=@file`, `key=-`, `@file.json`, `-` as one JSON object (repeated keys become
/// lists).
Result<nlohmann::json> data_arguments(const std::vector<std::string>& arguments, std::size_t first);

/// Strips leading and trailing slashes and a leading "v1/".
std::string clean_path(std::string_view path);
/// A mount's path as it is shown: one trailing slash.
std::string mount_path(std::string_view path);

/// Reads a line without echo when standard input is a terminal.
SecretBytes read_hidden(const char* prompt);

/// ~/.vault-token or what SIGNET_TOKEN_PATH (BAO_, VAULT_) names; empty when there is no home.
std::string token_file();
/// The stored token; empty when there is none.
SecretBytes stored_token();
bool store_token(std::string_view token);

}  // namespace signet::cli
