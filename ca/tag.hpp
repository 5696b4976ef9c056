// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Identifier octets of the DER types that X.509 uses (X.690, 8.1.2; all below tag number 31).
namespace signet::ca::tag {

inline constexpr std::uint8_t boolean = 0x01;
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bit_string = 0x03;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t null = 0x05;
inline constexpr std::uint8_t oid = 0x06;
inline constexpr std::uint8_t enumerated = 0x0a;
inline constexpr std::uint8_t utf8_string = 0x0c;
inline constexpr std::uint8_t numeric_string = 0x12;
inline constexpr std::uint8_t printable_string = 0x13;
inline constexpr std::uint8_t teletex_string = 0x14;
inline constexpr std::uint8_t ia5_string = 0x16;
inline constexpr std::uint8_t utc_time = 0x17;
inline constexpr std::uint8_t generalized_time = 0x18;
inline constexpr std::uint8_t visible_string = 0x1a;
inline constexpr std::uint8_t universal_string = 0x1c;
inline constexpr std::uint8_t bmp_string = 0x1e;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t set = 0x31;

/// [number], primitive: IMPLICIT tags over primitive types.
constexpr std::uint8_t context(unsigned number) { return static_cast<std::uint8_t>(0x80 | number); }
/// [number], constructed: EXPLICIT tags and IMPLICIT ones over SEQUENCE and SET.
constexpr std::uint8_t context_constructed(unsigned number) {
  return static_cast<std::uint8_t>(0xa0 | number);
}

// Choices of GeneralName (RFC 5280, 4.2.1.6).
inline constexpr std::uint8_t general_other = context_constructed(0);
inline constexpr std::uint8_t general_email = context(1);
inline constexpr std::uint8_t general_dns = context(2);
inline constexpr std::uint8_t general_directory = context_constructed(4);
inline constexpr std::uint8_t general_uri = context(6);
inline constexpr std::uint8_t general_ip = context(7);

}  // namespace signet::ca::tag
