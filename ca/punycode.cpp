// SPDX-License-Identifier: Apache-2.0
// Punycode (RFC 3492) with the parameters of IDNA.
#include "ca/hostname.hpp"

#include <limits>

namespace signet::ca::punycode {
namespace {

constexpr std::uint32_t base = 36;
constexpr std::uint32_t first_point = 0x80;
constexpr std::uint32_t largest = std::numeric_limits<std::uint32_t>::max();

/// RFC 3492, 6.1.
std::uint32_t adapted(std::uint32_t delta, std::uint32_t points, bool is_first) {
  delta = is_first ? delta / 700 : delta / 2;
  delta += delta / points;
  std::uint32_t steps = 0;
  while (delta > 35 * 26 / 2) {
    delta /= 35;
    steps += base;
  }
  return steps + 36 * delta / (delta + 38);
}

std::uint32_t threshold(std::uint32_t position, std::uint32_t bias) {
  if (position <= bias + 1) return 1;
  return position >= bias + 26 ? 26 : position - bias;
}

char digit(std::uint32_t value) {
  return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26));
}

/// Value of a digit; `base` when it is none.
std::uint32_t value_of(char c) {
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a');
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 26;
  return base;
}

void append_number(std::string& to, std::uint32_t number, std::uint32_t bias) {
  for (std::uint32_t position = base;; position += base) {
    const std::uint32_t least = threshold(position, bias);
    if (number < least) break;
    to += digit(least + (number - least) % (base - least));
    number = (number - least) / (base - least);
  }
  to += digit(number);
}

}  // namespace

std::optional<std::string> encode(std::u32string_view label) {
  std::string out;
  for (const char32_t point : label) {
    if (point < first_point) out += static_cast<char>(point);
  }
  const auto basic = static_cast<std::uint32_t>(out.size());
  std::uint32_t handled = basic;
  if (basic > 0) out += '-';
  std::uint32_t next = first_point, delta = 0, bias = 72;
  while (handled < label.size()) {
    std::uint32_t smallest = largest;
    for (const char32_t point : label) {
      if (point >= next && point < smallest) smallest = point;
    }
    if (smallest - next > (largest - delta) / (handled + 1)) return std::nullopt;
    delta += (smallest - next) * (handled + 1);
    next = smallest;
    for (const char32_t point : label) {
      if (point < next && ++delta == 0) return std::nullopt;
      if (point != next) continue;
      append_number(out, delta, bias);
      bias = adapted(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++next;
  }
  return out;
}

std::optional<std::u32string> decode(std::string_view label) {
  if (label.size() > 63) return std::nullopt;  // no host label is longer; bounds the insertions
  std::u32string out;
  const std::size_t hyphen = label.rfind('-');
  if (hyphen != std::string_view::npos && hyphen > 0) {
    for (const char c : label.substr(0, hyphen)) {
      if (static_cast<unsigned char>(c) >= first_point) return std::nullopt;
      out += static_cast<char32_t>(c);
    }
    label.remove_prefix(hyphen + 1);
  }
  std::uint32_t point = first_point, at = 0, bias = 72;
  while (!label.empty()) {
    const std::uint32_t before = at;
    std::uint32_t weight = 1;
    for (std::uint32_t position = base;; position += base) {
      if (label.empty()) return std::nullopt;
      const std::uint32_t value = value_of(label.front());
      label.remove_prefix(1);
      if (value >= base || value > (largest - at) / weight) return std::nullopt;
      at += value * weight;
      const std::uint32_t least = threshold(position, bias);
      if (value < least) break;
      if (weight > largest / (base - least)) return std::nullopt;
      weight *= base - least;
    }
    const auto size = static_cast<std::uint32_t>(out.size()) + 1;
    bias = adapted(at - before, size, before == 0);
    if (at / size > largest - point) return std::nullopt;
    point += at / size;
    at %= size;
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return std::nullopt;
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(at), static_cast<char32_t>(point));
    ++at;
  }
  return out;
}

}  // namespace signet::ca::punycode
