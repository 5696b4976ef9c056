// SPDX-License-Identifier: Apache-2.0
#include "base/duration.hpp"

#include <array>
#include <limits>

#include <fmt/format.h>

namespace signet {
namespace {

__extension__ typedef __int128 Wide;  // NOLINT(modernize-use-using): -Wpedantic accepts it so only

// The widest span that Go's int64 of nanoseconds holds: the same bound for every form.
constexpr std::int64_t most_nanoseconds = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;
constexpr std::int64_t most_seconds = most_nanoseconds / nanoseconds_a_second;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits at the front; nullopt when the number passes `most`.
std::optional<std::int64_t> take_number(std::string_view& text, std::int64_t most) {
  std::int64_t value = 0;
  while (!text.empty() && is_digit(text.front())) {
    const int digit = text.front() - '0';
    if (value > (most - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
    text.remove_prefix(1);
  }
  return value;
}

/// Nanoseconds of the unit at the front, which is taken off; 0 when there is none.
std::int64_t take_unit(std::string_view& text) {
  struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
  };
  // Longer names first; both spellings of micro (U+00B5 and U+03BC), as Go takes them.
  constexpr std::array<Unit, 8> units{{{"ns", 1},
                                       {"us", 1'000},
                                       {"\xc2\xb5s", 1'000},
                                       {"\xce\xbcs", 1'000},
                                       {"ms", 1'000'000},
                                       {"s", nanoseconds_a_second},
                                       {"m", 60 * nanoseconds_a_second},
                                       {"h", 3600 * nanoseconds_a_second}}};
  for (const Unit& unit : units) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.nanoseconds;
  }
  return 0;
}

/// One "1.5h" off the front in nanoseconds.
std::optional<std::int64_t> take_term(std::string_view& text) {
  const std::size_t before = text.size();
  const auto whole = take_number(text, most_nanoseconds);
  if (!whole) return std::nullopt;
  std::size_t digits = before - text.size();
  std::int64_t fraction = 0;
  std::int64_t scale = 1;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    while (!text.empty() && is_digit(text.front())) {
      if (scale < nanoseconds_a_second * nanoseconds_a_second / 10) {
        fraction = fraction * 10 + (text.front() - '0');
        scale *= 10;
      }
      text.remove_prefix(1);
      ++digits;
    }
  }
  if (digits == 0) return std::nullopt;
  const std::int64_t unit = take_unit(text);
  if (unit == 0) return std::nullopt;
  const Wide total = static_cast<Wide>(*whole) * unit + static_cast<Wide>(fraction) * unit / scale;
  if (total > most_nanoseconds) return std::nullopt;
  return static_cast<std::int64_t>(total);
}

/// Digits alone, or digits and `d`.
std::optional<Seconds> parse_whole(std::string_view text) {
  const std::int64_t unit = text.ends_with('d') ? 86'400 : 1;
  if (unit != 1) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  const auto value = take_number(text, most_seconds / unit);
  if (!value || !text.empty()) return std::nullopt;
  return Seconds(*value * unit);
}

}  // namespace

std::optional<Seconds> parse_duration(std::string_view text, bool negative_allowed) {
  if (text.empty()) return Seconds(0);
  const bool is_negative = text.starts_with('-');
  if (is_negative && !negative_allowed) return std::nullopt;
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  const int sign = is_negative ? -1 : 1;
  if (const auto whole = parse_whole(text)) return sign * *whole;
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto term = take_term(text);
    if (!term || *term > most_nanoseconds - total) return std::nullopt;
    total += *term;
  }
  return Seconds(sign * (total / nanoseconds_a_second));
}

std::string go_duration(Seconds value) {
  const std::int64_t count = value.count();
  // Negation of the least int64 would overflow; unsigned arithmetic wraps to the right magnitude.
  const std::uint64_t magnitude =
      count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  const std::string_view sign = count < 0 ? "-" : "";
  const std::uint64_t hours = magnitude / 3600;
  const std::uint64_t minutes = magnitude / 60 % 60;
  const std::uint64_t seconds = magnitude % 60;
  if (hours > 0) return fmt::format("{}{}h{}m{}s", sign, hours, minutes, seconds);
  if (minutes > 0) return fmt::format("{}{}m{}s", sign, minutes, seconds);
  return fmt::format("{}{}s", sign, seconds);
}

}  // namespace signet
