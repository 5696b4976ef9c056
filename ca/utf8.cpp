// SPDX-License-Identifier: Apache-2.0
#include "ca/utf8.hpp"

#include "base/text.hpp"

#include <cstdint>

namespace signet::ca {

std::optional<std::u32string> code_points(std::string_view utf8) {
  if (!is_utf8(utf8)) return std::nullopt;
  std::u32string points;
  points.reserve(utf8.size());
  for (const char c : utf8) {
    const auto octet = static_cast<std::uint8_t>(c);
    if (octet < 0x80) {
      points.push_back(octet);
    } else if (octet < 0xc0) {
      points.back() = points.back() << 6 | (octet & 0x3fU);
    } else {
      points.push_back(octet < 0xe0 ? octet & 0x1fU : octet < 0xf0 ? octet & 0x0fU : octet & 0x07U);
    }
  }
  return points;
}

void append_utf8(std::string& to, char32_t point) {
  const auto put = [&to](char32_t octet) { to.push_back(static_cast<char>(octet)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

}  // namespace signet::ca
