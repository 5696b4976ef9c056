// SPDX-License-Identifier: Apache-2.0
#include "core/audit/json_writer.hpp"

namespace signet::core {
namespace {

/// The length of the UTF-8 sequence that starts `text` (RFC 3629), 0 if it is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto is_more = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0U) == 0x80U; };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return is_more(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!is_more(1) || !is_more(2)) return 0;
    const bool is_overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool is_surrogate = first == 0xed && byte(1) > 0x9f;
    return is_overlong || is_surrogate ? 0 : 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!is_more(1) || !is_more(2) || !is_more(3)) return 0;
    const bool is_overlong = first == 0xf0 && byte(1) < 0x90;
    const bool is_beyond = first == 0xf4 && byte(1) > 0x8f;
    return is_overlong || is_beyond ? 0 : 4;
  }
  return 0;
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

void append_escaped(std::string& to, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      to += "\\\"";
      return;
    case '\\':
      to += "\\\\";
      return;
    case '\n':
      to += "\\n";
      return;
    case '\r':
      to += "\\r";
      return;
    case '\t':
      to += "\\t";
      return;
    default:
      to += "\\u00";
      to.push_back(digits[static_cast<unsigned char>(c) >> 4U]);
      to.push_back(digits[static_cast<unsigned char>(c) & 15U]);
  }
}

void append_text(std::string& to, std::string_view value) {
  std::size_t at = 0;
  while (at < value.size()) {
    const std::size_t start = at;
    while (at < value.size() && is_plain(value[at])) ++at;
    to.append(value, start, at - start);
    if (at == value.size()) return;
    const std::size_t length = sequence_length(value.substr(at));
    if (length == 0) to += "\xef\xbf\xbd";
    if (length == 1) append_escaped(to, value[at]);
    if (length > 1) to.append(value, at, length);
    at += length == 0 ? 1 : length;
  }
}

}  // namespace

void JsonWriter::separate() {
  if (needs_comma_) to_.push_back(',');
  needs_comma_ = true;
}

void JsonWriter::open(char bracket) {
  separate();
  to_.push_back(bracket);
  needs_comma_ = false;
}

void JsonWriter::close(char bracket) {
  to_.push_back(bracket);
  needs_comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  text(name);
  to_.push_back(':');
  needs_comma_ = false;
}

void JsonWriter::text(std::string_view value) {
  separate();
  to_.push_back('"');
  append_text(to_, value);
  to_.push_back('"');
}

void JsonWriter::literal(std::string_view json) {
  separate();
  to_ += json;
}

std::string& JsonWriter::raw_value() {
  separate();
  return to_;
}

}  // namespace signet::core
