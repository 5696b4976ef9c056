// SPDX-License-Identifier: Apache-2.0
// Serial numbers as paths and parameters write them (pki.md sections 11 and 20.1).
#pragma once

#include "base/bytes.hpp"
#include "base/serial.hpp"

#include <string>
#include <string_view>

namespace signet::pki {

/// Digits of hex, colons and hyphens only: what can be a serial in a path.
bool looks_like_serial(std::string_view text);
/// "0a:1b" of a stored magnitude.
std::string serial_text(BytesView magnitude);
/// Where a listing goes on: the stored key at or just below `after`, which may be any text.
Bytes serial_bound(std::string_view after);

}  // namespace signet::pki
