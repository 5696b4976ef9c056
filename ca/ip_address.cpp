// SPDX-License-Identifier: Apache-2.0
#include "ca/ip_address.hpp"

#include <algorithm>
#include <charconv>

namespace signet::ca {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// Dotted quad; octets without leading zeros.
std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t end = i == 3 ? text.size() : text.find('.');
    if (end == std::string_view::npos || end == 0 || end > 3) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, end)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    if (value > 255 || (end > 1 && text[0] == '0')) return std::nullopt;
    octets[i] = static_cast<std::uint8_t>(value);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return octets;
}

/// One to four hex digits.
std::optional<std::uint16_t> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Groups of one side of "::" as octets; the last may be a dotted quad.
std::optional<Bytes> parse_groups(std::string_view text, bool may_end_dotted) {
  Bytes octets;
  if (text.empty()) return octets;
  while (true) {
    const std::size_t end = text.find(':');
    const std::string_view group = text.substr(0, end);
    if (end == std::string_view::npos && may_end_dotted &&
        group.find('.') != std::string_view::npos) {
      const auto quad = parse_v4(group);
      if (!quad) return std::nullopt;
      append(octets, *quad);
      return octets;
    }
    const auto value = parse_group(group);
    if (!value || octets.size() >= 16) return std::nullopt;
    octets.push_back(static_cast<std::uint8_t>(*value >> 8));
    octets.push_back(static_cast<std::uint8_t>(*value & 0xff));
    if (end == std::string_view::npos) return octets;
    text.remove_prefix(end + 1);
  }
}

std::optional<Bytes> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto octets = parse_groups(text, true);
    if (!octets || octets->size() != 16) return std::nullopt;
    return octets;
  }
  if (text.find("::", gap + 1) != std::string_view::npos) return std::nullopt;
  auto before = parse_groups(text.substr(0, gap), false);
  const auto after = parse_groups(text.substr(gap + 2), true);
  if (!before || !after || before->size() + after->size() > 14) return std::nullopt;
  before->resize(16 - after->size());
  append(*before, *after);
  return before;
}

std::string text_v6(BytesView octets) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = octets[2 * i] * 256U + octets[2 * i + 1];
  // RFC 5952, 4.2: the first of the longest runs of at least two zero groups.
  std::size_t best = 8, best_size = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > best_size) {
      best = i;
      best_size = end - i;
    }
    i = std::max(end, i + 1);
  }
  std::string text;
  for (std::size_t i = 0; i < 8;) {
    if (i == best) {
      text += "::";
      i += best_size;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr;
    text.append(digits.data(), end);
    ++i;
  }
  return text;
}

std::uint8_t mask_octet(int prefix, std::size_t index) {
  const int bits = std::clamp(prefix - 8 * static_cast<int>(index), 0, 8);
  return static_cast<std::uint8_t>(0xff00 >> bits);
}

Bytes masked(BytesView octets, int prefix) {
  Bytes result = to_bytes(octets);
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = static_cast<std::uint8_t>(result[i] & mask_octet(prefix, i));
  }
  return result;
}

}  // namespace

std::optional<IpAddress> IpAddress::from_octets(BytesView octets) {
  if (octets.size() == 16 && std::ranges::equal(octets.first(12), mapped_prefix)) {
    octets = octets.subspan(12);
  }
  if (octets.size() != 4 && octets.size() != 16) return std::nullopt;
  IpAddress address;
  std::ranges::copy(octets, address.octets_.begin());
  address.size_ = octets.size();
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > 45) return std::nullopt;
  if (text.find(':') == std::string_view::npos) {
    const auto octets = parse_v4(text);
    return octets ? from_octets(*octets) : std::nullopt;
  }
  const auto octets = parse_v6(text);
  return octets ? from_octets(*octets) : std::nullopt;
}

std::string IpAddress::text() const {
  if (!is_v4()) return text_v6(octets());
  std::string text;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i != 0) text += '.';
    text += std::to_string(octets_[i]);
  }
  return text;
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view cidr) {
  const std::size_t slash = cidr.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(cidr.substr(0, slash));
  const std::string_view length = cidr.substr(slash + 1);
  const bool is_digits = !length.empty() && length.size() <= 3 &&
                         std::ranges::all_of(length, [](char c) { return c >= '0' && c <= '9'; });
  if (!address || !is_digits || (length.size() > 1 && length[0] == '0')) return std::nullopt;
  int prefix = 0;
  for (const char c : length) prefix = prefix * 10 + (c - '0');
  const bool was_mapped = address->is_v4() && cidr.substr(0, slash).find(':') != cidr.npos;
  if (was_mapped) prefix -= 96;
  if (prefix < 0 || prefix > static_cast<int>(8 * address->octets().size())) return std::nullopt;
  return IpNetwork{*IpAddress::from_octets(masked(address->octets(), prefix)), prefix};
}

std::optional<IpNetwork> IpNetwork::from_octets(BytesView address_and_mask) {
  if (address_and_mask.size() != 8 && address_and_mask.size() != 32) return std::nullopt;
  const std::size_t half = address_and_mask.size() / 2;
  const BytesView mask = address_and_mask.subspan(half);
  int prefix = 0;
  while (prefix < static_cast<int>(8 * half) &&
         (mask[static_cast<std::size_t>(prefix / 8)] & 0x80 >> (prefix % 8)) != 0) {
    ++prefix;
  }
  for (std::size_t i = 0; i < half; ++i) {
    if (mask[i] != mask_octet(prefix, i)) return std::nullopt;
  }
  const auto address = IpAddress::from_octets(masked(address_and_mask.first(half), prefix));
  if (address && address->octets().size() != half) return std::nullopt;  // a mapped IPv4 range
  return address ? std::optional(IpNetwork{*address, prefix}) : std::nullopt;
}

Bytes IpNetwork::octets() const {
  Bytes result = to_bytes(address.octets());
  const std::size_t half = result.size();
  for (std::size_t i = 0; i < half; ++i) result.push_back(mask_octet(prefix, i));
  return result;
}

std::string IpNetwork::text() const { return address.text() + '/' + std::to_string(prefix); }

bool IpNetwork::contains(const IpAddress& other) const {
  return other.is_v4() == address.is_v4() &&
         std::ranges::equal(masked(other.octets(), prefix), address.octets());
}

}  // namespace signet::ca
