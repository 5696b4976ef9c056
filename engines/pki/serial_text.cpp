// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/serial_text.hpp"

#include <algorithm>

namespace signet::pki {

bool looks_like_serial(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return hex_value(c) >= 0 || c == ':' || c == '-';
  });
}

std::string serial_text(BytesView magnitude) { return hex(magnitude, ':'); }

Bytes serial_bound(std::string_view after) {
  Bytes bound;
  int high = -1;
  for (const char c : after) {
    if (c == ':' || c == '-') continue;
    const int value = hex_value(c);
    if (value < 0) {
      // No digit: everything that goes on with a digit stands below letters and above signs.
      if (c > 'f') bound.insert(bound.end(), 21, 0xff);
      return bound;
    }
    if (high < 0) {
      high = value;
    } else {
      bound.push_back(static_cast<std::uint8_t>(high << 4 | value));
      high = -1;
    }
  }
  return bound;
}

}  // namespace signet::pki
