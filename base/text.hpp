// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet {

std::string lower(std::string_view text);                          ///< ASCII only
bool equal_ignoring_case(std::string_view a, std::string_view b);  ///< ASCII only
std::string_view trim(std::string_view text);                      ///< white space at both ends
std::vector<std::string> split(std::string_view text,
                               char separator);  ///< "" gives {}; empty parts are kept
std::string join(const std::vector<std::string>& parts, std::string_view separator);
bool glob_match(std::string_view pattern,
                std::string_view text);  ///< `*` matches any run of characters
std::vector<std::string> unique_in_order(std::vector<std::string> items);
/// How many octets at the front are ASCII.
std::size_t ascii_prefix(std::string_view text);
bool is_utf8(std::string_view text);  ///< strict (RFC 3629)
/// Vault's name form: `^\w(([\w-.]+)?\w)?$`, ASCII.
bool is_name(std::string_view text);
/// Percent-decoding of a path or query value; nullopt when malformed. `plus_is_space` for queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
std::string percent_encode(std::string_view text, std::string_view keep = "");

}  // namespace signet
