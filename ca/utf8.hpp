// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signet::ca {

/// UTF-8 to code points; nullopt when malformed (RFC 3629).
std::optional<std::u32string> code_points(std::string_view utf8);
void append_utf8(std::string& to, char32_t point);  ///< a scalar value
/// C0, DEL and C1 controls: never in a name.
constexpr bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point <= 0x9f);
}

}  // namespace signet::ca
