// SPDX-License-Identifier: Apache-2.0
#include "ca/hostname.hpp"

#include "base/text.hpp"
#include "ca/ip_address.hpp"
#include "ca/utf8.hpp"

#include <algorithm>

namespace signet::ca {
namespace {

constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_name = 253;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0; });
}

Result<std::string> to_ascii_label(std::string_view label) {
  if (label.empty()) return invalid("empty label in the name");
  std::string ascii(label);
  if (!is_ascii(label)) {
    const auto points = code_points(label);
    const auto encoded = points ? punycode::encode(*points) : std::nullopt;
    if (!encoded) return invalid("a label that cannot be encoded in the name");
    ascii = "xn--" + *encoded;
  } else if (label.size() >= 4 && equal_ignoring_case(label.substr(0, 4), "xn--")) {
    const auto points = punycode::decode(lower(label.substr(4)));
    const bool has_foreign =
        points && std::ranges::any_of(*points, [](char32_t point) { return point >= 0x80; });
    const auto again = has_foreign ? punycode::encode(*points) : std::nullopt;
    if (!again || *again != lower(label.substr(4))) {
      return invalid("a malformed xn-- label in the name");
    }
  }
  if (ascii.size() > longest_label) return invalid("a label of over 63 octets in the name");
  return ascii;
}

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Printable ASCII without the characters RFC 3986 leaves out, percent escapes whole.
bool has_uri_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c <= 0x20 || c >= 0x7f) return false;
    if (std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos) return false;
    if (c == '%' &&
        (i + 2 >= text.size() || !is_hex_digit(text[i + 1]) || !is_hex_digit(text[i + 2]))) {
      return false;
    }
  }
  return true;
}

/// host[:port] without user information.
std::optional<std::string> host_of(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  std::string_view host = authority;
  std::string_view port;
  if (!authority.empty() && authority[0] == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = authority.substr(0, end + 1);
    port = authority.substr(end + 1);
    const auto address = host.substr(1, host.size() - 2);
    if (address.find(':') == std::string_view::npos || !IpAddress::parse(address)) {
      return std::nullopt;
    }
  } else {
    const std::size_t colon = authority.find(':');
    host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
    if (host.find_first_of("[]") != std::string_view::npos) return std::nullopt;
  }
  if (!port.empty() && (port[0] != ':' || !std::ranges::all_of(port.substr(1), [](char c) {
                          return c >= '0' && c <= '9';
                        }))) {
    return std::nullopt;
  }
  return std::string(host);
}

}  // namespace

Result<std::string> to_ascii_name(std::string_view name) {
  const auto points = code_points(name);
  if (!points) return invalid("the name is not valid UTF-8");
  if (std::ranges::any_of(*points, is_control)) {
    return invalid("a control character in the name");
  }
  std::string ascii;
  while (true) {
    const std::size_t end = name.find('.');
    const std::string label = TRY(to_ascii_label(name.substr(0, end)));
    ascii += label;
    if (end == std::string_view::npos) break;
    ascii += '.';
    name.remove_prefix(end + 1);
  }
  if (ascii.size() > longest_name) return invalid("the name is longer than 253 octets");
  return ascii;
}

bool is_host_label(std::string_view label) {
  return !label.empty() && label.size() <= longest_label && is_alphanumeric(label.front()) &&
         is_alphanumeric(label.back()) &&
         std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_host_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > longest_name) return false;
  while (true) {
    const std::size_t end = name.find('.');
    if (!is_host_label(name.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    name.remove_prefix(end + 1);
  }
}

bool is_wildcard_label(std::string_view label) {
  const std::size_t star = label.find('*');
  if (star == std::string_view::npos || label.size() > longest_label) return false;
  const std::string_view before = label.substr(0, star);
  const std::string_view after = label.substr(star + 1);
  return (before.empty() || is_host_label(before)) && (after.empty() || is_host_label(after));
}

std::optional<Mailbox> split_mailbox(std::string_view address) {
  const std::size_t at = address.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == address.size() ||
      address.find('@', at + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return Mailbox{address.substr(0, at), address.substr(at + 1)};
}

std::optional<UriParts> parse_uri(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == uri.size()) return std::nullopt;
  const std::string_view scheme = uri.substr(0, colon);
  const bool has_scheme = is_alphanumeric(scheme[0]) && (scheme[0] < '0' || scheme[0] > '9') &&
                          std::ranges::all_of(scheme, [](char c) {
                            return is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
                          });
  if (!has_scheme || !has_uri_characters(uri)) return std::nullopt;
  UriParts parts{lower(scheme), false, {}};
  std::string_view rest = uri.substr(colon + 1);
  if (!rest.starts_with("//")) return parts;
  rest.remove_prefix(2);
  parts.has_authority = true;
  auto host = host_of(rest.substr(0, rest.find_first_of("/?#")));
  if (!host) return std::nullopt;
  parts.host = *std::move(host);
  return parts;
}

}  // namespace signet::ca
