// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "ca/hostname.hpp"
#include "ca/name_constraints.hpp"

#include <algorithm>

namespace signet::ca {
namespace {

constexpr std::size_t most_comparisons = std::size_t{1} << 20;

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         equal_ignoring_case(text.substr(text.size() - end.size()), end);
}
std::string_view without_final_dot(std::string_view name) {
  if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
  return name;
}

/// "example.com": itself and below; ".example.com": below only.
bool is_within_dns(std::string_view name, std::string_view base) {
  name = without_final_dot(name);
  if (base.empty() || equal_ignoring_case(name, base)) return base.empty() || base[0] != '.';
  if (base[0] == '.') return name.size() > base.size() && ends_with_ignoring_case(name, base);
  return name.size() > base.size() && ends_with_ignoring_case(name, base) &&
         name[name.size() - base.size() - 1] == '.';
}

/// Like is_within_dns, and `*.example.com` counts for `foo.example.com`, one of its expansions.
bool may_expand_into_dns(std::string_view name, std::string_view base) {
  if (is_within_dns(name, base)) return true;
  if (!name.starts_with("*.")) return false;
  std::string_view bare = base;
  if (bare.starts_with('.')) bare.remove_prefix(1);
  const std::size_t dot = bare.find('.');
  return dot != std::string_view::npos &&
         equal_ignoring_case(without_final_dot(name.substr(2)), bare.substr(dot + 1));
}

/// "host": exactly; ".domain": below (RFC 5280, 4.2.1.10: URI and rfc822Name).
bool is_host_within(std::string_view host, std::string_view base) {
  if (base.empty()) return true;
  host = without_final_dot(host);
  if (base[0] == '.') return host.size() > base.size() && ends_with_ignoring_case(host, base);
  return equal_ignoring_case(host, base);
}

bool is_mailbox_within(std::string_view address, std::string_view base) {
  if (base.empty()) return true;
  const auto mailbox = split_mailbox(address);
  if (!mailbox) return false;
  const auto wanted = split_mailbox(base);
  if (!wanted) return is_host_within(mailbox->host, base);
  return mailbox->local == wanted->local && equal_ignoring_case(mailbox->host, wanted->host);
}

bool is_ip_text(std::string_view host) {
  return host.starts_with('[') || IpAddress::parse(host).has_value();
}

/// One certificate's names against all constraints.
class Matcher {
 public:
  explicit Matcher(std::span<const NameConstraints> ancestors) : ancestors_(ancestors) {}

  /// Fails when `name` is in an excluded subtree or, where an ancestor permits some of its type,
  /// in none of those.
  template <class Name, class Base, class Permitted, class Excluded>
  Result<void> check(const Name& name, const std::string& text, std::vector<Base> Subtrees::* trees,
                     Permitted&& is_permitted_by, Excluded&& is_excluded_by) {
    for (const NameConstraints& constraints : ancestors_) {
      const auto& permitted = constraints.permitted.*trees;
      const auto& excluded = constraints.excluded.*trees;
      comparisons_ += permitted.size() + excluded.size();
      if (comparisons_ > most_comparisons) return invalid("too many name constraints");
      const auto excludes = [&](const Base& base) { return is_excluded_by(name, base); };
      if (std::ranges::any_of(excluded, excludes)) {
        return invalid("name " + text + " is excluded by the issuer's name constraints");
      }
      const auto permits = [&](const Base& base) { return is_permitted_by(name, base); };
      if (!permitted.empty() && !std::ranges::any_of(permitted, permits)) {
        return invalid("name " + text + " is not permitted by the issuer's name constraints");
      }
    }
    return {};
  }

  Result<void> dns(const std::string& name) {
    return check(name, name, &Subtrees::dns, is_within_dns, may_expand_into_dns);
  }
  Result<void> email(const std::string& name) {
    return check(name, name, &Subtrees::email, is_mailbox_within, is_mailbox_within);
  }
  Result<void> ip(const IpAddress& address) {
    const auto contains = [](const IpAddress& one, const IpNetwork& network) {
      return network.contains(one);
    };
    return check(address, address.text(), &Subtrees::ip, contains, contains);
  }
  Result<void> uri(const std::string& name) {
    const bool is_constrained = std::ranges::any_of(ancestors_, [](const NameConstraints& one) {
      return !one.permitted.uri.empty() || !one.excluded.uri.empty();
    });
    if (!is_constrained) return {};
    const auto parts = parse_uri(name);
    // RFC 5280, 4.2.1.10: constraints cannot be applied without a host name.
    if (!parts || parts->host.empty() || is_ip_text(parts->host)) {
      return invalid("name " + name + " has no host name, but the issuer constrains URIs");
    }
    return check(parts->host, name, &Subtrees::uri, is_host_within, is_host_within);
  }
  Result<void> directory(const DistinguishedName& name) {
    return check(name, name.text(), &Subtrees::directory, begins_with, begins_with);
  }
  Result<void> foreign() const {
    for (const NameConstraints& constraints : ancestors_) {
      if (constraints.permitted.has_foreign || constraints.excluded.has_foreign) {
        return invalid("the issuer's name constraints hold a kind of name that is not supported");
      }
    }
    return {};
  }

 private:
  std::span<const NameConstraints> ancestors_;
  std::size_t comparisons_ = 0;
};

/// A mailbox in its otherName form (RFC 9598, 6): only its domain counts against hosts; a mailbox
/// constraint never permits it and always excludes it by the domain.
Result<void> check_utf8_mailbox(Matcher& matcher, const OtherName& name) {
  const auto permitted = [](const std::string& address, const std::string& base) {
    return base.find('@') == std::string::npos && is_mailbox_within(address, base);
  };
  const auto excluded = [](const std::string& address, const std::string& base) {
    const auto wanted = split_mailbox(base);
    return is_mailbox_within(address, wanted ? std::string(wanted->host) : base);
  };
  return matcher.check(name.value, name.value, &Subtrees::email, permitted, excluded);
}

}  // namespace

Result<void> check_name_constraints(std::span<const NameConstraints> ancestors,
                                    const DistinguishedName& subject, const SubjectAltNames& sans) {
  if (ancestors.empty()) return {};
  Matcher matcher(ancestors);
  if (!subject.empty()) TRY(matcher.directory(subject));
  for (const std::string& address : subject.all(oid::email_address)) TRY(matcher.email(address));
  for (const std::string& name : sans.dns) TRY(matcher.dns(name));
  for (const std::string& name : sans.email) TRY(matcher.email(name));
  for (const IpAddress& address : sans.ip) TRY(matcher.ip(address));
  for (const std::string& name : sans.uri) TRY(matcher.uri(name));
  for (const OtherName& name : sans.other) {
    if (name.type == oid::smtp_utf8_mailbox) TRY(check_utf8_mailbox(matcher, name));
  }
  const bool has_foreign =
      !sans.other.empty() || sans.has_foreign_name || sans.has_foreign_other_name;
  if (has_foreign) TRY(matcher.foreign());
  // Clients that still take the CN for a host name must not see more than the SANs could say.
  if (sans.dns.empty()) {
    for (const std::string& name : subject.all(oid::common_name)) {
      if (is_host_name(name) && name.find('.') != std::string::npos) TRY(matcher.dns(name));
    }
  }
  return {};
}

}  // namespace signet::ca
