// SPDX-License-Identifier: Apache-2.0
// The little DER that keys need; certificates have ca/der.
#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace signet::crypto {

inline constexpr std::uint8_t tag_integer = 0x02;
inline constexpr std::uint8_t tag_bit_string = 0x03;
inline constexpr std::uint8_t tag_octet_string = 0x04;
inline constexpr std::uint8_t tag_sequence = 0x30;

struct Element {
  BytesView whole;
  BytesView content;
};
/// Takes the element off the front; nullopt: another tag, cut short, or a length that is not
/// written in the shortest form.
std::optional<Element> take_element(BytesView& from, std::uint8_t tag);

/// Octets of tag, length and content.
std::size_t element_size(std::size_t content);
void append_header(Bytes& to, std::uint8_t tag, std::size_t content);

}  // namespace signet::crypto
