// SPDX-License-Identifier: Apache-2.0
// The rule for one DNS name or mail address, step by step as pki.md 4.2 numbers them.
#include "base/text.hpp"
#include "ca/hostname.hpp"
#include "engines/pki/names.hpp"

#include <algorithm>

namespace signet::pki {
namespace {

/// A name taken apart.
struct Parts {
  std::string_view name;  ///< as asked
  std::string_view host;  ///< behind '@', or below the wildcard's label
  std::string_view wildcard_label;
  bool is_email = false;
  bool is_wild = false;
};

/// Steps 1 to 3. False: the name can never be allowed.
bool take_apart(const RoleFields& role, std::string_view name, Parts& parts) {
  parts.name = parts.host = name;
  if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
    if (name.find('@', at + 1) != std::string_view::npos) return false;
    parts.is_email = true;
    parts.host = name.substr(at + 1);
  }
  const auto stars = std::count(parts.host.begin(), parts.host.end(), '*');
  if (stars == 0) return true;
  if (!role.allow_wildcard_certificates || stars > 1 || parts.is_email) return false;
  parts.is_wild = true;
  const std::size_t dot = parts.host.find('.');
  parts.wildcard_label = parts.host.substr(0, dot);
  parts.host = dot == std::string_view::npos ? std::string_view() : parts.host.substr(dot + 1);
  return parts.wildcard_label.find('*') != std::string_view::npos;
}

/// Step 4.
bool is_host_form(const Parts& parts) {
  if (!parts.host.empty()) {
    const auto ascii = ca::to_ascii_name(parts.host);
    if (!ascii || !ca::is_host_name(*ascii)) return false;
  }
  return !parts.is_wild || ca::is_wildcard_label(parts.wildcard_label);
}

bool ends_with_ignoring_case(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() &&
         equal_ignoring_case(text.substr(text.size() - ending.size()), ending);
}

/// `host` lies below `domain`. Deviates from Vault, which compares suffixes with case: DNS has
/// none.
bool is_below(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() && host[host.size() - domain.size() - 1] == '.' &&
         ends_with_ignoring_case(host, domain);
}

/// Step 6.
bool is_local(const RoleFields& role, const Parts& parts) {
  for (const std::string_view local : {"localhost", "localdomain"}) {
    if (parts.host == local) return true;
    if (role.allow_subdomains && is_below(parts.host, local)) return true;
  }
  return false;
}

/// Step 7 for one entry.
bool fits(const RoleFields& role, const Parts& parts, std::string_view domain) {
  if (role.allow_bare_domains && (equal_ignoring_case(parts.name, domain) ||
                                  (parts.is_email && equal_ignoring_case(parts.host, domain))))
    return true;
  if (role.allow_subdomains &&
      (is_below(parts.host, domain) || (parts.is_wild && equal_ignoring_case(parts.host, domain))))
    return true;
  return role.allow_glob_domains && domain.find('*') != std::string_view::npos &&
         glob_match(domain, parts.name);
}

}  // namespace

bool is_name_allowed(const RoleFields& role, const Caller& caller, std::string_view name) {
  Parts parts;
  if (!take_apart(role, name, parts)) return false;
  if (role.enforce_hostnames && !is_host_form(parts)) return false;
  if (role.allow_any_name) return true;
  if (role.allow_localhost && is_local(role, parts)) return true;
  for (const std::string& domain : role.allowed_domains) {
    if (domain.empty()) continue;
    // A template that cannot be filled in allows nothing; without an entity it is plain text.
    if (role.allowed_domains_template && caller.has_entity &&
        domain.find("{{") != std::string::npos)
      continue;
    if (fits(role, parts, domain)) return true;
  }
  return false;
}

}  // namespace signet::pki
