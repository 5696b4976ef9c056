// SPDX-License-Identifier: Apache-2.0
#include "ca/serial.hpp"

#include "base/result.hpp"

#include <algorithm>
#include <array>

namespace signet::ca {
namespace {

constexpr std::size_t size = 20;
constexpr int first_year = 2020;
constexpr int most_months = 511;  // 9 bits

Serial serial_of(const std::array<std::uint8_t, size>& octets) {
  auto serial = Serial::from_bytes(octets);
  CHECK(serial);  // the top bits make it positive and 20 octets long
  return *std::move(serial);
}

}  // namespace

Serial serial_by_expiry(UnixTime not_after, Random& random) {
  const CivilTime expiry = civil(not_after);
  const int months = std::clamp((expiry.year - first_year) * 12 + expiry.month - 1, 0, most_months);
  std::array<std::uint8_t, size> octets{};
  octets[0] = static_cast<std::uint8_t>(0x40 | months >> 8);
  octets[1] = static_cast<std::uint8_t>(months & 0xff);
  random.fill(std::span(octets).subspan(2));
  return serial_of(octets);
}

Serial serial_at_random(Random& random) {
  std::array<std::uint8_t, size> octets{};
  random.fill(octets);
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x3f) | 0x40);
  return serial_of(octets);
}

}  // namespace signet::ca
