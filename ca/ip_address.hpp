// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signet::ca {

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address becomes IPv4, as Go has it.
class IpAddress {
 public:
  /// Dotted quad without leading zeros, or RFC 4291 text; no zone, no port, no brackets.
  static std::optional<IpAddress> parse(std::string_view text);
  static std::optional<IpAddress> from_octets(BytesView octets);  ///< 4 or 16

  [[nodiscard]] BytesView octets() const { return {octets_.data(), size_}; }
  [[nodiscard]] bool is_v4() const { return size_ == 4; }
  [[nodiscard]] std::string text() const;  ///< RFC 5952
  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
  std::size_t size_ = 4;
};

/// An address range: "10.0.0.0/8".
struct IpNetwork {
  IpAddress address;  ///< host bits zero
  int prefix = 0;
  static std::optional<IpNetwork> parse(std::string_view cidr);  ///< host bits are cleared
  /// From a name constraint's 8 or 32 octets; nullopt when the mask is not contiguous.
  static std::optional<IpNetwork> from_octets(BytesView address_and_mask);
  [[nodiscard]] Bytes octets() const;                           ///< address and mask
  [[nodiscard]] std::string text() const;                       ///< CIDR
  [[nodiscard]] bool contains(const IpAddress& address) const;  ///< same family only
  auto operator<=>(const IpNetwork&) const = default;
};

}  // namespace signet::ca
