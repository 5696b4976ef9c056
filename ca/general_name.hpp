// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ca/der_writer.hpp"
#include "ca/ip_address.hpp"
#include "ca/name.hpp"
#include "ca/oid.hpp"

#include <compare>
#include <string>
#include <vector>

namespace signet::ca {

/// An otherName whose value is a UTF8String.
struct OtherName {
  Oid type;
  std::string value;
  auto operator<=>(const OtherName&) const = default;
};

/// The entries of a subjectAltName (RFC 5280, 4.2.1.6) by type, each list in its own order.
struct SubjectAltNames {
  std::vector<std::string> dns;
  std::vector<std::string> email;
  std::vector<IpAddress> ip;
  std::vector<std::string> uri;
  std::vector<OtherName> other;
  /// Only when parsed: otherNames that are no UTF8String, directoryNames, registeredIDs and the
  /// rest. They cannot be written.
  bool has_foreign_other_name = false;
  bool has_foreign_name = false;

  [[nodiscard]] bool empty() const {
    return dns.empty() && email.empty() && ip.empty() && uri.empty() && other.empty();
  }
  [[nodiscard]] std::size_t size() const {
    return dns.size() + email.size() + ip.size() + uri.size() + other.size();
  }
};

/// The GeneralNames value: otherNames (sorted by OID, then value) first, then DNS, email, IP, URI.
void write_general_names(DerWriter& out, const SubjectAltNames& names);
/// Parses an extension value (one GeneralNames). Entries with controls or non-ASCII are refused.
Result<SubjectAltNames> parse_general_names(BytesView value);

}  // namespace signet::ca
