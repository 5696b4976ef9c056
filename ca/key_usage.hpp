// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ca/oid.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace signet::ca {

/// Key usage bits (RFC 5280, 4.2.1.3): bit i of the value is bit i of the BIT STRING.
struct KeyUsage {
  std::uint16_t bits = 0;
  [[nodiscard]] constexpr bool empty() const { return bits == 0; }
  [[nodiscard]] constexpr bool has(KeyUsage other) const {
    return (bits & other.bits) == other.bits;
  }
  [[nodiscard]] constexpr bool has_any(KeyUsage other) const { return (bits & other.bits) != 0; }
  constexpr KeyUsage operator|(KeyUsage other) const {
    return {static_cast<std::uint16_t>(bits | other.bits)};
  }
  bool operator==(const KeyUsage&) const = default;

  static constexpr std::uint16_t bit(unsigned number) {
    return static_cast<std::uint16_t>(1U << number);
  }
};
namespace usage {
inline constexpr KeyUsage digital_signature{KeyUsage::bit(0)};
inline constexpr KeyUsage content_commitment{KeyUsage::bit(1)};
inline constexpr KeyUsage key_encipherment{KeyUsage::bit(2)};
inline constexpr KeyUsage data_encipherment{KeyUsage::bit(3)};
inline constexpr KeyUsage key_agreement{KeyUsage::bit(4)};
inline constexpr KeyUsage cert_sign{KeyUsage::bit(5)};
inline constexpr KeyUsage crl_sign{KeyUsage::bit(6)};
inline constexpr KeyUsage encipher_only{KeyUsage::bit(7)};
inline constexpr KeyUsage decipher_only{KeyUsage::bit(8)};
}  // namespace usage

/// By Vault's name ("DigitalSignature" ...), any case; nullopt when unknown (callers ignore those).
std::optional<KeyUsage> key_usage_named(std::string_view name);

/// The extended usages that have names, in the order they are written.
enum class ExtKeyUsage : std::uint8_t {
  any,
  server_auth,
  client_auth,
  code_signing,
  email_protection,
  ipsec_end_system,
  ipsec_tunnel,
  ipsec_user,
  time_stamping,
  ocsp_signing,
  microsoft_server_gated_crypto,
  netscape_server_gated_crypto,
};
/// By Vault's name ("ServerAuth" ...), any case; nullopt when unknown.
std::optional<ExtKeyUsage> ext_key_usage_named(std::string_view name);
const KnownOid& oid_of(ExtKeyUsage usage);

/// A set of named extended usages and further OIDs.
struct ExtKeyUsages {
  std::uint16_t named = 0;  ///< bit i is the i-th ExtKeyUsage
  std::vector<Oid> oids;    ///< written after the named ones, as given
  void add(ExtKeyUsage usage) {
    named = static_cast<std::uint16_t>(named | 1U << static_cast<unsigned>(usage));
  }
  [[nodiscard]] bool has(ExtKeyUsage usage) const {
    return (named >> static_cast<unsigned>(usage) & 1U) != 0;
  }
  [[nodiscard]] bool empty() const { return named == 0 && oids.empty(); }
};

}  // namespace signet::ca
