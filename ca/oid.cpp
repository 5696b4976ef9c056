// SPDX-License-Identifier: Apache-2.0
#include "ca/oid.hpp"

#include <limits>

namespace signet::ca {
namespace {

constexpr std::uint64_t arc_limit = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t longest = 128;

void append_arc(Bytes& to, std::uint64_t arc) {
  int shift = 63;
  while (shift > 0 && arc >> shift == 0) shift -= 7;
  for (; shift > 0; shift -= 7) to.push_back(static_cast<std::uint8_t>(0x80 | (arc >> shift)));
  to.push_back(static_cast<std::uint8_t>(arc & 0x7f));
}

/// The decimal number at the front, cut off; nullopt: none, a leading zero, or too large.
std::optional<std::uint64_t> take_arc(std::string_view& text) {
  std::size_t at = 0;
  std::uint64_t arc = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    const auto digit = static_cast<std::uint64_t>(text[at] - '0');
    if (arc > (arc_limit - digit) / 10) return std::nullopt;
    arc = arc * 10 + digit;
  }
  if (at == 0 || (at > 1 && text[0] == '0')) return std::nullopt;
  text.remove_prefix(at);
  return arc;
}

}  // namespace

std::optional<Oid> Oid::parse(std::string_view text) {
  const auto first = take_arc(text);
  if (!first || *first > 2 || text.empty() || text[0] != '.') return std::nullopt;
  text.remove_prefix(1);
  const auto second = take_arc(text);
  if (!second || (*first < 2 && *second > 39) || *second > arc_limit - 80) return std::nullopt;
  Oid oid;
  append_arc(oid.content_, *first * 40 + *second);
  while (!text.empty()) {
    if (text[0] != '.') return std::nullopt;
    text.remove_prefix(1);
    const auto arc = take_arc(text);
    if (!arc) return std::nullopt;
    append_arc(oid.content_, *arc);
    if (oid.content_.size() > longest) return std::nullopt;
  }
  return oid;
}

std::optional<Oid> Oid::from_content(BytesView content) {
  if (content.empty() || content.size() > longest || (content.back() & 0x80) != 0) {
    return std::nullopt;
  }
  std::size_t octets_of_arc = 0;
  for (const std::uint8_t octet : content) {
    if (octets_of_arc == 0 && octet == 0x80) return std::nullopt;  // not minimal
    if (++octets_of_arc > 9) return std::nullopt;                  // 9 octets hold 63 bits
    if ((octet & 0x80) == 0) octets_of_arc = 0;
  }
  Oid oid;
  oid.content_ = to_bytes(content);
  return oid;
}

std::string Oid::text() const { return oid_text(content_); }

std::string oid_text(BytesView content) {
  std::string text;
  std::uint64_t arc = 0;
  for (const std::uint8_t octet : content) {
    arc = arc << 7 | (octet & 0x7fU);
    if ((octet & 0x80) != 0) continue;
    if (text.empty()) {
      const std::uint64_t first = arc < 80 ? arc / 40 : 2;
      text = std::to_string(first) + '.' + std::to_string(arc - first * 40);
    } else {
      text += '.' + std::to_string(arc);
    }
    arc = 0;
  }
  return text;
}

}  // namespace signet::ca
