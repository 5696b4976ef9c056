// SPDX-License-Identifier: Apache-2.0
#include "core/network.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

#include <arpa/inet.h>

namespace signet::core {
namespace {

// 4 or 16 octets.
std::optional<Bytes> parse_address(std::string_view text) {
  const std::string terminated(text);
  Bytes four(4);
  if (inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return four;
  Bytes sixteen(16);
  if (inet_pton(AF_INET6, terminated.c_str(), sixteen.data()) != 1) return std::nullopt;
  static constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(std::begin(mapped), std::end(mapped), sixteen.begin()))
    return Bytes(sixteen.begin() + 12, sixteen.end());
  return sixteen;
}

bool is_in(const Bytes& address, std::string_view block) {
  const std::size_t slash = block.find('/');
  const std::optional<Bytes> network = parse_address(block.substr(0, slash));
  if (!network || network->size() != address.size()) return false;
  std::size_t bits = address.size() * 8;
  if (slash != std::string_view::npos) {
    const std::string_view length = block.substr(slash + 1);
    const auto [end, problem] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (problem != std::errc() || end != length.data() + length.size()) return false;
    if (bits > address.size() * 8) return false;
  }
  for (std::size_t i = 0; i < address.size() && bits > 0; ++i) {
    const std::size_t here = std::min<std::size_t>(bits, 8);
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - here));
    if ((address[i] & mask) != ((*network)[i] & mask)) return false;
    bits -= here;
  }
  return true;
}

}  // namespace

bool is_in_any(std::string_view address, const std::vector<std::string>& blocks) {
  const std::optional<Bytes> parsed = parse_address(address);
  return parsed && std::any_of(blocks.begin(), blocks.end(),
                               [&](const std::string& block) { return is_in(*parsed, block); });
}

bool is_usable_from(const TokenEntry& token, std::string_view address) {
  if (token.bound_cidrs.empty() || (token.is_root() && !token.expires_at)) return true;
  return is_in_any(address, token.bound_cidrs);
}

}  // namespace signet::core
