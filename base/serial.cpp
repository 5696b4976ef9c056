// SPDX-License-Identifier: Apache-2.0
#include "base/serial.hpp"

#include <algorithm>

namespace signet {
namespace {
constexpr std::size_t longest = 20;  // octets of the DER INTEGER (RFC 5280, 4.1.2.2)
}

std::optional<Serial> Serial::from_bytes(BytesView magnitude) {
  const auto first = std::find_if(magnitude.begin(), magnitude.end(),
                                  [](std::uint8_t octet) { return octet != 0; });
  const BytesView significant(first, magnitude.end());
  if (significant.empty()) return std::nullopt;
  const std::size_t sign_octet = significant.front() >= 0x80 ? 1 : 0;
  if (significant.size() + sign_octet > longest) return std::nullopt;
  Serial serial;
  serial.magnitude_.assign(significant.begin(), significant.end());
  return serial;
}

std::optional<Serial> Serial::parse(std::string_view text) {
  if (text.size() > 2 * longest + longest) return std::nullopt;
  std::string digits;
  const std::size_t separator = text.find_first_of(":-");
  if (separator == std::string_view::npos) {
    digits = text.size() % 2 == 0 ? std::string(text) : "0" + std::string(text);
  } else {
    // Separated groups are octets: one or two digits each.
    const char mark = text[separator];
    while (true) {
      const std::size_t end = text.find(mark);
      const std::string_view group = text.substr(0, end);
      if (group.empty() || group.size() > 2) return std::nullopt;
      if (group.size() == 1) digits += '0';
      digits += group;
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
  }
  const auto octets = from_hex(digits);
  return octets ? from_bytes(*octets) : std::nullopt;
}

}  // namespace signet
