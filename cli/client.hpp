// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::cli {

/// Where and how to reach a server: flags first, then SIGNET_X, BAO_X, VAULT_X of the environment.
struct ClientOptions {
  std::string address = "https://127.0.0.1:8200";
  SecretBytes token;
  std::string name_space;
  std::string ca_cert, ca_path, client_cert, client_key, tls_server_name;
  bool is_verify_skipped = false;
  std::string wrap_ttl;
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::seconds timeout{60};
};

/// The environment's value of X as SIGNET_X, BAO_X or VAULT_X; the first that is set and not empty.
std::optional<std::string> environment(std::string_view name);

struct Answer {
  int status = 0;
  std::string content_type;
  std::string text;
  nlohmann::json body;  ///< null when the text is no JSON
  [[nodiscard]] bool is_ok() const { return status >= 200 && status < 300; }
};

/// One request over a connection of its own (HTTP/1.1, TLS when the address says https). Follows
/// one redirect.
/// @param path below /v1/, not encoded
/// @return the answer whatever its status; Error: no connection, TLS failure, timeout, with what to
/// do
Result<Answer> call(const ClientOptions& options, std::string_view method, std::string_view path,
                    const std::optional<nlohmann::json>& body = std::nullopt,
                    const std::vector<std::pair<std::string, std::string>>& query = {});

/// What is printed when the server refused: URL, code and its errors.
std::string describe_failure(const ClientOptions& options, std::string_view method,
                             std::string_view path, const Answer& answer);

/// The equivalent curl command (-output-curl-string); the token is read by a subshell, never
/// printed.
std::string curl_string(const ClientOptions& options, std::string_view method,
                        std::string_view path, const std::optional<nlohmann::json>& body);

}  // namespace signet::cli
