// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.hpp"

#include "base/text.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include <nlohmann/json.hpp>

namespace signet {
namespace {

void write_escaped(WipedText& out, unsigned char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default: {
      static constexpr std::string_view digits = "0123456789abcdef";
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
}

constexpr bool needs_escape(unsigned char byte) {
  return byte < 0x20 || byte == '"' || byte == '\\';
}

// Length of the front that stands in JSON as it is, eight octets at a time. A false alarm of the
// word test (a borrow from the octet below) only ends that speed.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t highs = 0x8080808080808080U;
  const auto has_zero = [](std::uint64_t word) { return (word - ones) & ~word & highs; };
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, sizeof eight);
    const std::uint64_t control = (eight - ones * 0x20) & ~eight & highs;
    if ((control | has_zero(eight ^ ones * '"') | has_zero(eight ^ ones * '\\')) != 0) break;
  }
  while (at < text.size() && !needs_escape(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

// Length of the well-formed UTF-8 character at the front (RFC 3629); 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length > text.size() || !is_utf8(text.substr(0, length))) return 0;
  return length;
}

void write_repaired(WipedText& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    if (length == 1 && needs_escape(static_cast<unsigned char>(text.front())))
      write_escaped(out, static_cast<unsigned char>(text.front()));
    else
      out += text.substr(0, length);
    text.remove_prefix(length);
  }
}

}  // namespace

void write_string(WipedText& out, std::string_view text) {
  out += '"';
  if (is_utf8(text)) {
    while (true) {
      const std::size_t plain = plain_prefix(text);
      out += text.substr(0, plain);
      if (plain == text.size()) break;
      write_escaped(out, static_cast<unsigned char>(text[plain]));
      text.remove_prefix(plain + 1);
    }
  } else {
    write_repaired(out, text);
  }
  out += '"';
}

void write_integer(WipedText& out, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void write_json(WipedText& out, const nlohmann::json& document) {
  using Kind = nlohmann::json::value_t;
  switch (document.type()) {
    case Kind::object: {
      char separator = '{';
      for (const auto& [name, member] : document.get_ref<const nlohmann::json::object_t&>()) {
        out += separator;
        write_string(out, name);
        out += ':';
        write_json(out, member);
        separator = ',';
      }
      out += separator == '{' ? "{}" : "}";
      return;
    }
    case Kind::array: {
      char separator = '[';
      for (const auto& member : document) {
        out += separator;
        write_json(out, member);
        separator = ',';
      }
      out += separator == '[' ? "[]" : "]";
      return;
    }
    case Kind::string:
      write_string(out, document.get_ref<const std::string&>());
      return;
    case Kind::boolean:
      out += document.get<bool>() ? "true" : "false";
      return;
    case Kind::number_integer:
      write_integer(out, document.get<std::int64_t>());
      return;
    case Kind::null:
    case Kind::discarded:
      out += "null";
      return;
    case Kind::number_unsigned:
    case Kind::number_float:
    case Kind::binary:
      break;
  }
  out += std::string_view(document.dump());  // shortest form that reads back as the same number
}

}  // namespace signet
