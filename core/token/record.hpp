// SPDX-License-Identifier: Apache-2.0
// What the sealed record of a token's row says.
#pragma once

#include "core/token/entry.hpp"
#include "storage/tokens.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace signet::core {

std::string encode_record(const TokenEntry& token, std::int64_t num_uses);

/// The token that a row and its opened record describe.
/// @return nullopt when no use is left, or the counter beside the record claims more than it allows
std::optional<TokenEntry> decode_record(const storage::TokenRow& row, std::string_view record);
/// The uses that a record allows in all; 0: unlimited.
std::int64_t uses_allowed(std::string_view record);

}  // namespace signet::core
