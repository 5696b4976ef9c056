// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/token/entry.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

/// Whether an address ("10.1.2.3", "::1") lies in one of the blocks ("10.0.0.0/8", "fd00::/8"; a
/// bare address is a block of one). IPv4 addresses mapped into IPv6 count as IPv4. What is not an
/// address or a block matches nothing.
bool is_in_any(std::string_view address, const std::vector<std::string>& blocks);

/// Whether a token may be used from an address. Blocks bind every token but root ones that never
/// expire, which must not lock anyone out.
bool is_usable_from(const TokenEntry& token, std::string_view address);

}  // namespace signet::core
