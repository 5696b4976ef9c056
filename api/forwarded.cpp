// SPDX-License-Identifier: Apache-2.0
#include "api/forwarded.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace signet::api {
namespace {

// IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
std::optional<std::array<std::uint8_t, 16>> address_of(std::string_view text, bool& is_v4) {
  std::array<std::uint8_t, 16> out{};
  const std::string terminated(text);
  if (inet_pton(AF_INET6, terminated.c_str(), out.data()) == 1) {
    is_v4 = false;
    return out;
  }
  out = {};
  out[10] = out[11] = 0xff;
  if (inet_pton(AF_INET, terminated.c_str(), out.data() + 12) != 1) return std::nullopt;
  is_v4 = true;
  return out;
}

}  // namespace

Result<AddressSet> AddressSet::parse(const std::vector<std::string>& blocks) {
  AddressSet set;
  for (const std::string& text : blocks) {
    const std::size_t slash = text.find('/');
    bool is_v4 = false;
    const auto address = address_of(trim(std::string_view(text).substr(0, slash)), is_v4);
    if (!address) return invalid(fmt::format("\"{}\" is not an IP address or block", text));
    unsigned bits = 128;
    if (slash != std::string::npos) {
      const std::string_view digits = trim(std::string_view(text).substr(slash + 1));
      const auto [end, problem] =
          std::from_chars(digits.data(), digits.data() + digits.size(), bits);
      if (problem != std::errc() || end != digits.data() + digits.size() ||
          bits > (is_v4 ? 32U : 128U))
        return invalid(fmt::format("\"{}\" is not an IP address or block", text));
      if (is_v4) bits += 96;
    }
    const Block block{*address, bits};
    set.blocks_.push_back(block);
  }
  return set;
}

bool AddressSet::contains(std::string_view text) const {
  bool is_v4 = false;
  const auto address = address_of(text, is_v4);
  if (!address) return false;
  return std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) {
    const unsigned whole = block.bits / 8;
    if (!std::equal(address->begin(), address->begin() + whole, block.address.begin()))
      return false;
    const unsigned rest = block.bits % 8;
    if (rest == 0) return true;
    const unsigned shift = 8 - rest;
    return (*address)[whole] >> shift == block.address[whole] >> shift;
  });
}

Result<Forwarding> Forwarding::make(const ForwardedOptions& options) {
  Forwarding forwarding;
  forwarding.options_ = options;
  forwarding.authorized_ = TRY(AddressSet::parse(options.authorized));
  return forwarding;
}

Result<std::string> Forwarding::client(
    std::string_view peer, const std::vector<std::pair<std::string, std::string>>& headers) const {
  if (is_off()) return std::string(peer);
  std::vector<std::string> hops;
  for (const auto& [name, value] : headers) {
    if (name != "x-forwarded-for") continue;
    for (const std::string& part : split(value, ',')) hops.emplace_back(trim(part));
  }
  if (hops.empty()) {
    if (options_.rejects_not_present) return invalid("missing x-forwarded-for header");
    return std::string(peer);
  }
  if (!authorized_.contains(peer)) {
    if (options_.rejects_not_authorized)
      return invalid("client address not authorized for x-forwarded-for");
    return std::string(peer);
  }
  if (options_.hop_skips >= hops.size())
    return invalid("malformed x-forwarded-for header: fewer hops than are to be skipped");
  std::string address = hops[hops.size() - 1 - options_.hop_skips];
  bool is_v4 = false;
  if (!address_of(address, is_v4)) return invalid("malformed x-forwarded-for address");
  return address;
}

}  // namespace signet::api
