// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ca/oid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace signet::ca {

/// One AttributeTypeAndValue.
struct NameAttribute {
  Oid type;
  std::string value;         ///< UTF-8; of a value that is no string: "#" and the hex of its DER
  std::uint8_t string_type;  ///< the tag it had or is to have (tag::utf8_string ...)
  bool operator==(const NameAttribute&) const = default;
};
using RelativeName = std::vector<NameAttribute>;  ///< a SET; usually of one

/// A distinguished name (RFC 5280, 4.1.2.4): parsed and as the octets it came in; compared by
/// octets.
class DistinguishedName {
 public:
  DistinguishedName();  ///< the empty name, 30 00
  /// @param der one Name; at most 256 attributes
  static Result<DistinguishedName> parse(BytesView der);
  /// Writes the RDNs in order; the values of each SET are sorted (X.690, 11.6).
  static DistinguishedName from(std::vector<RelativeName> rdns);

  [[nodiscard]] BytesView der() const { return der_; }
  [[nodiscard]] const std::vector<RelativeName>& rdns() const { return rdns_; }
  [[nodiscard]] bool empty() const { return rdns_.empty(); }
  [[nodiscard]] std::string text() const;  ///< RFC 4514: last RDN first, "CN=a,O=b"
  [[nodiscard]] std::optional<std::string> last(const KnownOid& type) const;
  [[nodiscard]] std::vector<std::string> all(const KnownOid& type) const;  ///< in order
  bool operator==(const DistinguishedName& other) const { return der_ == other.der_; }

 private:
  std::vector<RelativeName> rdns_;
  Bytes der_;
};

/// RFC 5280, 7.1, near enough: attribute values compared without case and with folded white space.
bool equal_folded(const NameAttribute& a, const NameAttribute& b);
/// True when `prefix`'s RDNs begin `name` (directoryName constraints, RFC 5280, 4.2.1.10).
bool begins_with(const DistinguishedName& name, const DistinguishedName& prefix);

/// The subject attributes a role or CA request can set; written in the order C, ST, L, street,
/// postalCode, O, OU, CN, serialNumber, UIDs. Values of one list form one multi-valued RDN, each
/// UID its own. PrintableString where the characters allow it, else UTF8String.
struct Subject {
  std::string common_name;
  std::string serial_number;  ///< the attribute, not the certificate's serial
  std::vector<std::string> user_ids;
  std::vector<std::string> country, organization, organizational_unit, locality, province,
      street_address, postal_code;

  /// `invalid` naming the attribute: not UTF-8, a control character, or longer than RFC 5280's
  /// upper bound (characters: CN, O, OU, serialNumber 64; L, ST, street 128; postalCode 40; C 2;
  /// UID 256). Empty values are left out.
  [[nodiscard]] Result<DistinguishedName> name() const;
};

}  // namespace signet::ca
