// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signet::ca {

/// A known object identifier: the DER content octets, made from its dotted text at compile time.
struct KnownOid {
  std::array<std::uint8_t, 15> octets{};
  std::size_t size = 0;
  constexpr operator BytesView() const {  // NOLINT(google-explicit-constructor): it is a view
    return {octets.data(), size};
  }
};

/// `known_oid("2.5.4.3")`; does not compile when the text is no object identifier.
consteval KnownOid known_oid(std::string_view text) {
  KnownOid result;
  std::uint64_t first = 0;
  int arcs = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t arc = 0;
    for (; at < text.size() && text[at] != '.'; ++at) {
      if (text[at] < '0' || text[at] > '9') throw "not an object identifier";
      arc = arc * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    ++at;
    if (arcs++ == 0) {
      first = arc;
      continue;
    }
    if (arcs == 2) arc += first * 40;
    int groups = 1;
    for (std::uint64_t rest = arc >> 7; rest != 0; rest >>= 7) ++groups;
    for (int group = groups - 1; group >= 0; --group) {
      const auto seven = static_cast<std::uint8_t>((arc >> (7 * group)) & 0x7f);
      result.octets[result.size++] = static_cast<std::uint8_t>(seven | (group == 0 ? 0 : 0x80));
    }
  }
  if (arcs < 2) throw "not an object identifier";
  return result;
}

/// An object identifier by its DER content octets (X.690, 8.19).
class Oid {
 public:
  Oid() = default;
  Oid(const KnownOid& known)  // NOLINT(google-explicit-constructor): the same value, owned
      : content_(to_bytes(BytesView(known))) {}

  /// From "1.2.840.113549": at least two arcs, the first at most 2, the second below 40 unless the
  /// first is 2, no leading zeros, each arc below 2^63.
  static std::optional<Oid> parse(std::string_view text);
  /// From the content octets of an OBJECT IDENTIFIER: minimal, each arc below 2^63, at most 128
  /// octets.
  static std::optional<Oid> from_content(BytesView content);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] BytesView content() const { return content_; }
  [[nodiscard]] bool empty() const { return content_.empty(); }
  auto operator<=>(const Oid&) const = default;
  bool operator==(const Oid&) const = default;
  bool operator==(const KnownOid& known) const {
    return std::ranges::equal(content_, BytesView(known));
  }

 private:
  Bytes content_;
};

/// Dotted text of well-formed content octets.
std::string oid_text(BytesView content);
inline bool is_oid(BytesView content, const KnownOid& known) {
  return std::ranges::equal(content, BytesView(known));
}

namespace oid {
// attribute types (RFC 5280, 4.1.2.4 and appendix A)
inline constexpr KnownOid common_name = known_oid("2.5.4.3");
inline constexpr KnownOid surname = known_oid("2.5.4.4");
inline constexpr KnownOid serial_number = known_oid("2.5.4.5");
inline constexpr KnownOid country = known_oid("2.5.4.6");
inline constexpr KnownOid locality = known_oid("2.5.4.7");
inline constexpr KnownOid province = known_oid("2.5.4.8");
inline constexpr KnownOid street_address = known_oid("2.5.4.9");
inline constexpr KnownOid organization = known_oid("2.5.4.10");
inline constexpr KnownOid organizational_unit = known_oid("2.5.4.11");
inline constexpr KnownOid postal_code = known_oid("2.5.4.17");
inline constexpr KnownOid given_name = known_oid("2.5.4.42");
inline constexpr KnownOid user_id = known_oid("0.9.2342.19200300.100.1.1");
inline constexpr KnownOid domain_component = known_oid("0.9.2342.19200300.100.1.25");
inline constexpr KnownOid email_address = known_oid("1.2.840.113549.1.9.1");
// PKCS#9 and Microsoft attributes of certification requests
inline constexpr KnownOid challenge_password = known_oid("1.2.840.113549.1.9.7");
inline constexpr KnownOid extension_request = known_oid("1.2.840.113549.1.9.14");
inline constexpr KnownOid microsoft_extension_request = known_oid("1.3.6.1.4.1.311.2.1.14");
// certificate and CRL extensions
inline constexpr KnownOid subject_key_identifier = known_oid("2.5.29.14");
inline constexpr KnownOid key_usage = known_oid("2.5.29.15");
inline constexpr KnownOid subject_alt_name = known_oid("2.5.29.17");
inline constexpr KnownOid issuer_alt_name = known_oid("2.5.29.18");
inline constexpr KnownOid basic_constraints = known_oid("2.5.29.19");
inline constexpr KnownOid crl_number = known_oid("2.5.29.20");
inline constexpr KnownOid reason_code = known_oid("2.5.29.21");
inline constexpr KnownOid invalidity_date = known_oid("2.5.29.24");
inline constexpr KnownOid delta_crl_indicator = known_oid("2.5.29.27");
inline constexpr KnownOid issuing_distribution_point = known_oid("2.5.29.28");
inline constexpr KnownOid certificate_issuer = known_oid("2.5.29.29");
inline constexpr KnownOid name_constraints = known_oid("2.5.29.30");
inline constexpr KnownOid crl_distribution_points = known_oid("2.5.29.31");
inline constexpr KnownOid certificate_policies = known_oid("2.5.29.32");
inline constexpr KnownOid policy_mappings = known_oid("2.5.29.33");
inline constexpr KnownOid authority_key_identifier = known_oid("2.5.29.35");
inline constexpr KnownOid policy_constraints = known_oid("2.5.29.36");
inline constexpr KnownOid ext_key_usage = known_oid("2.5.29.37");
inline constexpr KnownOid freshest_crl = known_oid("2.5.29.46");
inline constexpr KnownOid inhibit_any_policy = known_oid("2.5.29.54");
inline constexpr KnownOid no_rev_avail = known_oid("2.5.29.56");
inline constexpr KnownOid authority_info_access = known_oid("1.3.6.1.5.5.7.1.1");
inline constexpr KnownOid tls_feature = known_oid("1.3.6.1.5.5.7.1.24");
inline constexpr KnownOid ocsp_no_check = known_oid("1.3.6.1.5.5.7.48.1.5");
inline constexpr KnownOid ct_poison = known_oid("1.3.6.1.4.1.11129.2.4.3");
inline constexpr KnownOid ct_sct_list = known_oid("1.3.6.1.4.1.11129.2.4.2");
// access methods and policy qualifiers
inline constexpr KnownOid access_ocsp = known_oid("1.3.6.1.5.5.7.48.1");
inline constexpr KnownOid access_ca_issuers = known_oid("1.3.6.1.5.5.7.48.2");
inline constexpr KnownOid qualifier_cps = known_oid("1.3.6.1.5.5.7.2.1");
inline constexpr KnownOid qualifier_user_notice = known_oid("1.3.6.1.5.5.7.2.2");
// extended key usages (RFC 5280, 4.2.1.12, and vendors')
inline constexpr KnownOid usage_any = known_oid("2.5.29.37.0");
inline constexpr KnownOid usage_server_auth = known_oid("1.3.6.1.5.5.7.3.1");
inline constexpr KnownOid usage_client_auth = known_oid("1.3.6.1.5.5.7.3.2");
inline constexpr KnownOid usage_code_signing = known_oid("1.3.6.1.5.5.7.3.3");
inline constexpr KnownOid usage_email_protection = known_oid("1.3.6.1.5.5.7.3.4");
inline constexpr KnownOid usage_ipsec_end_system = known_oid("1.3.6.1.5.5.7.3.5");
inline constexpr KnownOid usage_ipsec_tunnel = known_oid("1.3.6.1.5.5.7.3.6");
inline constexpr KnownOid usage_ipsec_user = known_oid("1.3.6.1.5.5.7.3.7");
inline constexpr KnownOid usage_time_stamping = known_oid("1.3.6.1.5.5.7.3.8");
inline constexpr KnownOid usage_ocsp_signing = known_oid("1.3.6.1.5.5.7.3.9");
inline constexpr KnownOid usage_microsoft_sgc = known_oid("1.3.6.1.4.1.311.10.3.3");
inline constexpr KnownOid usage_netscape_sgc = known_oid("2.16.840.1.113730.4.1");
// otherName types
inline constexpr KnownOid smtp_utf8_mailbox = known_oid("1.3.6.1.5.5.7.8.9");
}  // namespace oid

}  // namespace signet::ca
