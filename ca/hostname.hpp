// SPDX-License-Identifier: Apache-2.0
// Host names, mailboxes and URIs as text: what may become a subject alternative name.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::ca {

/// Non-ASCII labels become `xn--` labels (RFC 3492) without case mapping; ASCII ones stay. Errors:
/// not UTF-8, a control character, an empty label, a label over 63 or a name over 253 octets, a
/// trailing dot, an `xn--` label that does not decode and encode back to itself.
Result<std::string> to_ascii_name(std::string_view name);

/// The grammar of names that become dNSName entries: optional `*.`, then labels of letters, digits
/// and inner hyphens joined by dots, optional final dot.
bool is_host_name(std::string_view name);
/// One label of that grammar.
bool is_host_label(std::string_view label);
/// `*`, `*x`, `x*` or `x*y` with x, xy-parts being labels.
bool is_wildcard_label(std::string_view label);

struct Mailbox {
  std::string_view local;
  std::string_view host;
};
/// Splits at the one `@`; nullopt when there is none, more than one, or a side is empty.
std::optional<Mailbox> split_mailbox(std::string_view address);

/// What name constraints and checks need of a URI (RFC 3986).
struct UriParts {
  std::string scheme;
  bool has_authority = false;
  std::string host;  ///< without port and user; brackets of an IPv6 literal kept
};
/// An absolute URI of printable ASCII: scheme, then something; well-formed percent escapes; a
/// plausible authority. nullopt otherwise.
std::optional<UriParts> parse_uri(std::string_view uri);

namespace punycode {
std::optional<std::string> encode(std::u32string_view label);  ///< without the xn-- prefix
std::optional<std::u32string> decode(std::string_view label);
}  // namespace punycode

}  // namespace signet::ca
