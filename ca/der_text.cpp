// SPDX-License-Identifier: Apache-2.0
// Times and character strings of DerReader.
#include "ca/der_reader.hpp"
#include "ca/utf8.hpp"

#include <algorithm>

namespace signet::ca {
namespace {

constexpr int last_utc_year = 2049;

/// MMDDHHMMSSZ behind a year; nullopt when it is no such time of the calendar.
std::optional<UnixTime> time_in_year(int year, BytesView rest) {
  if (rest.size() != 11 || rest[10] != 'Z') return std::nullopt;
  int parts[5];
  for (std::size_t i = 0; i < 5; ++i) {
    const int tens = rest[2 * i] - '0';
    const int ones = rest[2 * i + 1] - '0';
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return std::nullopt;
    parts[i] = 10 * tens + ones;
  }
  const CivilTime wanted{year, parts[0], parts[1], parts[2], parts[3], parts[4]};
  if (wanted.month < 1 || wanted.month > 12 || wanted.day < 1 || wanted.day > 31 ||
      wanted.hour > 23 || wanted.minute > 59 || wanted.second > 59) {
    return std::nullopt;
  }
  const UnixTime at = from_civil(wanted);
  if (civil(at).day != wanted.day) return std::nullopt;  // the 30th of February
  return at;
}

/// Decimal digits; -1 when any is none.
int number(BytesView digits) {
  int value = 0;
  for (const std::uint8_t digit : digits) {
    if (digit < '0' || digit > '9') return -1;
    value = value * 10 + (digit - '0');
  }
  return value;
}

/// Fixed-width big-endian characters (BMPString 2, UniversalString 4) as UTF-8.
std::optional<std::string> wide_text(BytesView content, std::size_t width) {
  if (content.size() % width != 0) return std::nullopt;
  std::string text;
  for (std::size_t at = 0; at < content.size(); at += width) {
    char32_t point = 0;
    for (std::size_t i = 0; i < width; ++i) point = point << 8 | content[at + i];
    const bool is_scalar = point < 0xd800 || (point > 0xdfff && point <= 0x10ffff);
    if (!is_scalar || is_control(point)) return std::nullopt;
    append_utf8(text, point);
  }
  return text;
}

std::optional<std::string> latin1_text(BytesView content) {
  std::string text;
  for (const std::uint8_t octet : content) {
    if (is_control(octet)) return std::nullopt;
    append_utf8(text, octet);
  }
  return text;
}

std::optional<std::string> utf8_text(BytesView content) {
  const auto points = code_points(as_text(content));
  if (!points || std::ranges::any_of(*points, is_control)) return std::nullopt;
  return std::string(as_text(content));
}

template <class Allowed>
std::optional<std::string> ascii_text(BytesView content, Allowed&& allowed) {
  if (!std::ranges::all_of(as_text(content), allowed)) return std::nullopt;
  return std::string(as_text(content));
}

bool is_printable_string_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos;
}

std::optional<std::string> decode(std::uint8_t tag, BytesView content) {
  switch (tag) {
    case tag::utf8_string:
      return utf8_text(content);
    case tag::printable_string:
      return ascii_text(content, is_printable_string_char);
    case tag::numeric_string:
      return ascii_text(content, [](char c) { return c == ' ' || (c >= '0' && c <= '9'); });
    case tag::ia5_string:
    case tag::visible_string:
      return ascii_text(content, [](char c) { return c >= 0x20 && c < 0x7f; });
    case tag::teletex_string:
      return latin1_text(content);
    case tag::bmp_string:
      return wide_text(content, 2);
    case tag::universal_string:
      return wide_text(content, 4);
    default:
      return std::nullopt;
  }
}

}  // namespace

bool is_printable_string(std::string_view text) {
  return std::ranges::all_of(text, is_printable_string_char);
}

Result<UnixTime> DerReader::time() {
  if (next_is(tag::generalized_time)) {
    const UnixTime at = TRY(generalized_time());
    // RFC 5280, 4.1.2.5: dates through 2049 are UTCTime.
    if (civil(at).year <= last_utc_year) return invalid("DER: GeneralizedTime before 2050");
    return at;
  }
  const BytesView value = TRY(content(tag::utc_time));
  const int year = value.size() == 13 ? number(value.first(2)) : -1;
  if (year < 0) return invalid("DER: malformed UTCTime");
  const auto at = time_in_year(year < 50 ? 2000 + year : 1900 + year, value.subspan(2));
  if (!at) return invalid("DER: malformed UTCTime");
  return *at;
}

Result<UnixTime> DerReader::generalized_time() {
  const BytesView value = TRY(content(tag::generalized_time));
  const int year = value.size() == 15 ? number(value.first(4)) : -1;
  if (year < 0) return invalid("DER: malformed GeneralizedTime");
  const auto at = time_in_year(year, value.subspan(4));
  if (!at) return invalid("DER: malformed GeneralizedTime");
  return *at;
}

Result<std::string> string_value(std::uint8_t tag, BytesView content) {
  auto text = decode(tag, content);
  if (!text) return invalid("DER: a string holds characters that its type does not allow");
  return *std::move(text);
}

}  // namespace signet::ca
