// SPDX-License-Identifier: Apache-2.0
// Compact JSON written straight into a wiped buffer: a document that holds secrets never passes
// through an ordinary string.
#pragma once

#include "base/wiped_text.hpp"

#include <cstdint>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace signet {

/// Appends `text` as a JSON string with quotes (RFC 8259, section 7). Bytes that are not UTF-8
/// become U+FFFD.
void write_string(WipedText& out, std::string_view text);
void write_integer(WipedText& out, std::int64_t value);
/// Appends the document: members sorted by name (as nlohmann keeps them), no white space.
void write_json(WipedText& out, const nlohmann::json& document);

}  // namespace signet
