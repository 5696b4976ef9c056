// SPDX-License-Identifier: Apache-2.0
// The request target (RFC 9112, section 3.2): which logical path and query a client spelt out.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace signet::api {

/// Origin or absolute form, cut into its still encoded path and query; nullopt: neither form.
struct Target {
  std::string_view path;
  std::string_view query;
};
std::optional<Target> split_target(std::string_view target);

/// Where a path with empty, `.` or `..` segments leads once cleaned; nullopt when it is clean. What
/// follows an `ocsp/` segment keeps its double slashes if `keeps_ocsp` (RFC 6960, A.1: base64 text,
/// which has no dots).
std::optional<std::string> cleaned_path(std::string_view path, bool keeps_ocsp);

/// Decodes a clean path once and refuses what could be read in two ways: dot segments or empty
/// segments that hide behind percent signs, characters that do not print, bytes that are not UTF-8.
/// The Error's message is empty where the answer has no body.
Result<std::string> decode_path(std::string_view path, bool keeps_ocsp);

/// Query parameters as body members: one value a text, several a list (core.md section 1.4). Pairs
/// that are not decodable are an error.
Result<nlohmann::json> parse_query(std::string_view query);

/// Go's boolean words: 1 t T TRUE true True, 0 f F FALSE false False.
std::optional<bool> parse_bool(std::string_view text);

}  // namespace signet::api
