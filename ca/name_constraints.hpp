// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "ca/general_name.hpp"
#include "ca/ip_address.hpp"
#include "ca/name.hpp"

#include <span>
#include <string>
#include <vector>

namespace signet::ca {

/// Subtrees by type. The empty text matches every name of its type.
struct Subtrees {
  std::vector<std::string> dns;    ///< "example.com": it and all below; ".example.com": below only
  std::vector<std::string> email;  ///< "host", ".domain" or a mailbox
  std::vector<std::string> uri;    ///< "host" (exactly) or ".domain"
  std::vector<IpNetwork> ip;
  std::vector<DistinguishedName> directory;
  bool has_foreign = false;  ///< parsed only: x400, ediParty, registeredID, otherName

  [[nodiscard]] bool empty() const {
    return dns.empty() && email.empty() && uri.empty() && ip.empty() && directory.empty() &&
           !has_foreign;
  }
};

/// A nameConstraints extension (RFC 5280, 4.2.1.10).
struct NameConstraints {
  Subtrees permitted;
  Subtrees excluded;
  bool critical = true;
  [[nodiscard]] bool empty() const { return permitted.empty() && excluded.empty(); }
};

/// The extension's value.
void write_name_constraints(DerWriter& out, const NameConstraints& constraints);
Result<NameConstraints> parse_name_constraints(BytesView value);

/// Checks a certificate's names against every ancestor's constraints (RFC 5280, 6.1.3 (b), (c)),
/// each ancestor's permitted subtrees standing on their own. Stricter than most verifiers: a
/// wildcard counts as excluded when one of its expansions is; hosts of URIs and mailboxes match
/// exactly; emailAddress attributes and, without dNSName, a CN that looks like a host are names
/// too. `invalid` naming the name; "too many name constraints" above 2^20 comparisons.
Result<void> check_name_constraints(std::span<const NameConstraints> ancestors,
                                    const DistinguishedName& subject, const SubjectAltNames& sans);

}  // namespace signet::ca
