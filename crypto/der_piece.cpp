// SPDX-License-Identifier: Apache-2.0
#include "crypto/der_piece.hpp"

namespace signet::crypto {
namespace {

/// Octets of a length field, its first included.
std::size_t length_size(std::size_t length) {
  if (length < 0x80) return 1;
  std::size_t octets = 1;
  for (; length != 0; length >>= 8) ++octets;
  return octets;
}

}  // namespace

std::optional<Element> take_element(BytesView& from, std::uint8_t tag) {
  if (from.size() < 2 || from[0] != tag) return std::nullopt;
  std::size_t length = from[1];
  std::size_t header = 2;
  if (length >= 0x80) {
    const std::size_t octets = length & 0x7f;
    if (octets == 0 || octets > 3 || from.size() < 2 + octets) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) length = length << 8 | from[2 + i];
    if (length_size(length) != 1 + octets) return std::nullopt;
    header += octets;
  }
  if (from.size() - header < length) return std::nullopt;
  const Element element{from.first(header + length), from.subspan(header, length)};
  from = from.subspan(header + length);
  return element;
}

std::size_t element_size(std::size_t content) { return 1 + length_size(content) + content; }

void append_header(Bytes& to, std::uint8_t tag, std::size_t content) {
  to.push_back(tag);
  const std::size_t size = length_size(content);
  if (size == 1) {
    to.push_back(static_cast<std::uint8_t>(content));
    return;
  }
  to.push_back(static_cast<std::uint8_t>(0x80 | (size - 1)));
  for (std::size_t i = size - 1; i-- > 0;) {
    to.push_back(static_cast<std::uint8_t>(content >> (8 * i)));
  }
}

}  // namespace signet::crypto
