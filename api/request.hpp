// SPDX-License-Identifier: Apache-2.0
// HTTP -> core::Request (core.md sections 1.1 to 1.6). No Beast here: the session hands over what
// it read.
#pragma once

#include "api/options.hpp"
#include "api/wiping.hpp"
#include "core/request.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace signet::api {

/// What one HTTP request says before its body.
struct Head {
  std::string_view method;
  std::string_view target;
  std::vector<std::pair<std::string, std::string>> headers;  ///< lower-case names, in order
  std::string_view token;                                    ///< X-Vault-Token
  std::string_view authorization;                            ///< Authorization

  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
};

/// An answer that needs no pipeline.
struct Refusal {
  int status = 400;
  std::string message;  ///< `{"errors":["message"]}`; empty: `{"errors":[]}`
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool has_body = true;
};

/// Whether the route behind (path, operation) reads raw bodies.
using TakesRawBody = std::function<bool(const std::string&, core::Operation)>;

/// Fills operation, path, namespace, token, headers and the query's data. The body follows in
/// read_body, so that a request in the wrong form costs no parsing.
std::variant<core::Request, Refusal> translate(Head&& head);

/// Whether the operation's data come from the body.
bool has_body_data(core::Operation operation);

/// Parses the body into `request`; nothing when it is fine.
std::optional<Refusal> read_body(core::Request& request, std::string_view body,
                                 const Limits& limits, const TakesRawBody& takes_raw_body);

}  // namespace signet::api
