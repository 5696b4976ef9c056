// SPDX-License-Identifier: Apache-2.0
#include "engines/totp/code.hpp"

#include <array>

#include <fmt/format.h>

namespace signet::totp {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// 5 bits; -1: not of the alphabet.
int value_of(char c) {
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

}  // namespace

std::string code_at(BytesView key, crypto::HmacHash hash, int digits, std::int64_t step) {
  std::array<std::uint8_t, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i)
    counter[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(step) >> (56 - 8 * i));
  Bytes mac = crypto::hmac(hash, key, counter);
  const std::size_t at = mac.back() & 0x0fU;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8U | mac[at + i];
  number &= 0x7fffffffU;
  wipe(mac);
  std::uint32_t modulus = 1;
  for (int i = 0; i < digits; ++i) modulus *= 10;
  return fmt::format("{:0{}}", number % modulus, digits);
}

SecretBytes to_base32(BytesView bytes) {
  Bytes out;
  out.reserve((bytes.size() * 8 + 4) / 5);  // one buffer, so that no copy stays behind
  std::uint32_t held = 0;
  int bits = 0;
  const auto put = [&](std::uint32_t five) {
    out.push_back(static_cast<std::uint8_t>(alphabet[five & 31U]));
  };
  for (const std::uint8_t byte : bytes) {
    held = held << 8U | byte;
    for (bits += 8; bits >= 5; bits -= 5) put(held >> (bits - 5));
  }
  if (bits > 0) put(held << (5 - bits));
  return SecretBytes(std::move(out));
}

Result<SecretBytes> from_base32(std::string_view text) {
  const auto illegal_at = [](std::size_t at) {
    return invalid(fmt::format("illegal base32 data at input byte {}", at));
  };
  std::string_view digits = text;
  while (digits.ends_with('=')) digits.remove_suffix(1);
  Bytes out;
  out.reserve(digits.size() * 5 / 8);
  std::uint32_t held = 0;
  int bits = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int five = value_of(digits[i]);
    if (five < 0) {
      wipe(out);
      return illegal_at(i);
    }
    held = held << 5U | static_cast<std::uint32_t>(five);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<std::uint8_t>(held >> bits));
  }
  // 1, 3 or 6 digits at the end are no whole byte more.
  if (bits >= 5) {
    wipe(out);
    return illegal_at(digits.size());
  }
  return SecretBytes(std::move(out));
}

}  // namespace signet::totp
