// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signet {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

inline BytesView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(std::string_view text) {
  return {as_bytes(text).begin(), as_bytes(text).end()};
}
inline Bytes to_bytes(BytesView view) { return {view.begin(), view.end()}; }
inline void append(Bytes& to, BytesView more) { to.insert(to.end(), more.begin(), more.end()); }

/// One complete DER element (certificate, CRL, CSR, OCSP answer ...).
struct Der {
  Bytes bytes;
  [[nodiscard]] BytesView view() const { return bytes; }
  [[nodiscard]] bool empty() const { return bytes.empty(); }
  auto operator<=>(const Der&) const = default;
};

/// 16 random bytes (RFC 4122, version 4): ids of mounts, issuers, keys, requests.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};
  [[nodiscard]] std::string text() const;  ///< 8-4-4-4-12 lower-case hex
  [[nodiscard]] BytesView view() const { return bytes; }
  static std::optional<Uuid> parse(std::string_view text);  ///< the text form, any case
  static std::optional<Uuid> from_bytes(BytesView bytes);   ///< exactly 16 bytes
  auto operator<=>(const Uuid&) const = default;
};

/// The value of a hex digit of either case, or -1.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
std::string hex(BytesView bytes);                      ///< lower case, no separator
std::string hex(BytesView bytes, char separator);      ///< "0a:1b"
std::optional<Bytes> from_hex(std::string_view text);  ///< even number of hex digits, any case
/// Writes base64 (RFC 4648 section 4, padded) at `out`, which has room for (size + 2) / 3 * 4
/// characters; returns the place behind them.
char* write_base64(char* out, BytesView bytes);
std::string base64(BytesView bytes);                         ///< RFC 4648 section 4, padded
std::string base64url(BytesView bytes);                      ///< RFC 4648 section 5, unpadded
std::optional<Bytes> from_base64(std::string_view text);     ///< strict, padded, no white space
std::optional<Bytes> from_base64url(std::string_view text);  ///< strict, unpadded

/// PEM of one block (RFC 7468), 64 columns, with a final newline unless `newline` is false.
std::string pem(std::string_view label, BytesView der, bool newline = true);
struct PemBlock {
  std::string label;
  Bytes der;
};
/// The PEM blocks of a text, in order; what stands between them is skipped. nullopt: a block is
/// malformed.
std::optional<std::vector<PemBlock>> parse_pem(std::string_view text);

/// Constant-time comparison (for secrets and MACs); the lengths are not secret.
bool equal_secret(BytesView a, BytesView b);

}  // namespace signet

template <>
struct std::hash<signet::Uuid> {
  std::size_t operator()(const signet::Uuid& id) const noexcept {
    std::size_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | id.bytes[static_cast<std::size_t>(i)];
    return value;
  }
};
