// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/names.hpp"

#include "base/text.hpp"
#include "ca/hostname.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace signet::pki {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  return pattern == text ||
         (pattern.find('*') != std::string_view::npos && glob_match(pattern, text));
}

/// Collects and checks one certificate's names; members in the order of pki.md 4.3.
class Collector {
 public:
  Collector(const Role& role, const Caller& caller, const NameRequest& request, const ca::Csr* csr,
            std::vector<std::string>& warnings)
      : role_(role), caller_(caller), request_(request), csr_(csr), warnings_(warnings) {
    names_.subject = role.subject;
  }

  Result<CheckedNames> run() {
    TRY(common_name());
    TRY(collect_dns_and_email());
    TRY(check_common_name());
    TRY(serial_number());
    TRY(check_dns_and_email());
    TRY(other_names());
    TRY(addresses());
    TRY(uris());
    user_ids();
    return std::move(names_);
  }

 private:
  [[nodiscard]] bool takes_sans_from_csr() const {
    return csr_ != nullptr && role_.fields.use_csr_sans;
  }

  Result<void> common_name() {
    std::string& cn = names_.subject.common_name;
    if (csr_ != nullptr && role_.fields.use_csr_common_name)
      cn = csr_->subject.last(ca::oid::common_name).value_or("");
    if (cn.empty()) cn = request_.common_name;
    if (cn.empty() && role_.fields.require_cn)
      return invalid(
          "the common_name field is required, or must be provided in a CSR with "
          "\"use_csr_common_name\" set to true, unless \"require_cn\" is set to false");
    return {};
  }

  /// @return false when the entry is no host name and was left out
  Result<bool> add_name(std::string_view name) {
    if (name.find('@') != std::string_view::npos) {
      names_.sans.email.emplace_back(name);
      return true;
    }
    std::string ascii = TRY(ca::to_ascii_name(name));
    if (!ca::is_host_name(ascii)) return false;
    names_.sans.dns.push_back(std::move(ascii));
    return true;
  }

  Result<void> collect_dns_and_email() {
    if (takes_sans_from_csr()) {
      names_.sans.dns = csr_->sans.dns;
      names_.sans.email = csr_->sans.email;
    }
    const std::string& cn = names_.subject.common_name;
    if (!cn.empty() && !request_.exclude_cn_from_sans) TRY(add_name(cn));
    if (!takes_sans_from_csr()) TRY(collect_alt_names());
    names_.sans.dns = unique_in_order(std::move(names_.sans.dns));
    names_.sans.email = unique_in_order(std::move(names_.sans.email));
    std::sort(names_.sans.email.begin(), names_.sans.email.end());
    return {};
  }

  Result<void> collect_alt_names() {
    std::vector<std::string> left_out;
    std::vector<std::string> entries;
    for (const std::string& entry : split(trim(request_.alt_names), ','))
      if (const std::string_view name = trim(entry); !name.empty()) entries.emplace_back(name);
    for (const std::string& name : unique_in_order(std::move(entries))) {
      const bool added = TRY(add_name(name));
      if (!added) left_out.push_back(name);
    }
    if (!left_out.empty())
      warnings_.push_back("alt_names that are no valid host names were left out: " +
                          join(left_out, ", "));
    return {};
  }

  Result<void> check_common_name() {
    const std::string& cn = names_.subject.common_name;
    if (cn.empty() || !role_.validates_cn) return {};
    const bool is_email = cn.find('@') != std::string::npos;
    if (is_name_allowed(role_.fields, caller_, cn) &&
        (is_email ? role_.cn_may_be_email : role_.cn_may_be_hostname))
      return {};
    return invalid("common name " + cn + " not allowed by this role");
  }

  Result<void> serial_number() {
    std::string& serial = names_.subject.serial_number;
    serial = request_.serial_number;
    if (serial.empty() && csr_ != nullptr)
      serial = csr_->subject.last(ca::oid::serial_number).value_or("");
    if (serial.empty()) return {};
    const auto& allowed = role_.fields.allowed_serial_numbers;
    if (std::none_of(allowed.begin(), allowed.end(),
                     [&](const std::string& pattern) { return matches(pattern, serial); }))
      return invalid("serial_number " + serial + " not allowed by this role");
    return {};
  }

  Result<void> check_dns_and_email() {
    for (const std::string& name : names_.sans.dns)
      if (!is_name_allowed(role_.fields, caller_, name))
        return invalid("subject alternate name " + name + " not allowed by this role");
    for (const std::string& address : names_.sans.email)
      if (!is_name_allowed(role_.fields, caller_, address))
        return invalid("email address " + address + " not allowed by this role");
    return {};
  }

  Result<void> other_names() {
    for (const std::string& text : request_.other_sans) {
      auto parsed = parse_other_san(text);
      if (!parsed) return invalid("could not parse requested other SAN: " + parsed.error().message);
      names_.sans.other.push_back({parsed->type, parsed->glob});
    }
    if (takes_sans_from_csr()) {
      if (csr_->sans.has_foreign_other_name)
        return invalid(
            "could not parse requested other SAN: only UTF8String values are supported in a CSR");
      names_.sans.other.insert(names_.sans.other.end(), csr_->sans.other.begin(),
                               csr_->sans.other.end());
    }
    if (role_.allows_every_other_san) return {};
    for (const ca::OtherName& name : names_.sans.other) TRY(check_other_name(name));
    return {};
  }

  Result<void> check_other_name(const ca::OtherName& name) const {
    bool is_type_known = false;
    for (const OtherSanRule& rule : role_.other_sans) {
      if (rule.type != name.type) continue;
      is_type_known = true;
      if (matches(rule.glob, name.value)) return {};
    }
    if (!is_type_known)
      return invalid("other SAN OID " + name.type.text() + " not allowed by this role");
    return invalid("other SAN " + name.value + " not allowed for OID " + name.type.text() +
                   " by this role");
  }

  Result<void> addresses() {
    std::vector<ca::IpAddress>& found = names_.sans.ip;
    if (takes_sans_from_csr()) {
      found = csr_->sans.ip;
      if (!found.empty() && !role_.fields.allow_ip_sans)
        return invalid(
            "IP Subject Alternative Names are not allowed in this role, but was provided via CSR");
    } else {
      if (!request_.ip_sans.empty() && !role_.fields.allow_ip_sans)
        return invalid(
            "IP Subject Alternative Names are not allowed in this role, but was provided via the "
            "API");
      for (const std::string& text : request_.ip_sans) {
        const auto address = ca::IpAddress::parse(text);
        if (!address) return invalid("the value \"" + text + "\" is not a valid IP address");
        found.push_back(*address);
      }
    }
    if (role_.ip_networks.empty()) return {};
    for (const ca::IpAddress& address : found)
      if (std::none_of(role_.ip_networks.begin(), role_.ip_networks.end(),
                       [&](const ca::IpNetwork& network) { return network.contains(address); }))
        return invalid("the IP address \"" + address.text() + "\" is not allowed in this role");
    return {};
  }

  [[nodiscard]] bool is_uri_allowed(const std::string& uri) const {
    for (const std::string& pattern : role_.fields.allowed_uri_sans) {
      if (role_.fields.allowed_uri_sans_template && caller_.has_entity &&
          pattern.find("{{") != std::string::npos)
        continue;
      if (matches(pattern, uri)) return true;
    }
    return false;
  }

  Result<void> uris() {
    const bool from_csr = takes_sans_from_csr();
    names_.sans.uri = from_csr ? csr_->sans.uri : request_.uri_sans;
    const char* source = from_csr ? "CSR" : "API";
    if (!names_.sans.uri.empty() && role_.fields.allowed_uri_sans.empty())
      return invalid(
          fmt::format("URI Subject Alternative Names are not allowed in this role, but "
                      "were provided via the {}",
                      source));
    for (const std::string& uri : names_.sans.uri) {
      if (!is_uri_allowed(uri))
        return invalid(
            fmt::format("URI Subject Alternative Names were provided via the {} which "
                        "are not valid for this role",
                        source));
      if (!ca::parse_uri(uri))
        return invalid("the provided URI Subject Alternative Name \"" + uri +
                       "\" is not a valid URI");
    }
    return {};
  }

  void user_ids() {
    names_.subject.user_ids = request_.user_ids;
    if (names_.subject.user_ids.empty() && csr_ != nullptr)
      names_.subject.user_ids = csr_->subject.all(ca::oid::user_id);
  }

  const Role& role_;
  const Caller& caller_;
  const NameRequest& request_;
  const ca::Csr* csr_;
  std::vector<std::string>& warnings_;
  CheckedNames names_;
};

}  // namespace

Result<CheckedNames> checked_names(const Role& role, const Caller& caller,
                                   const NameRequest& request, const ca::Csr* csr,
                                   std::vector<std::string>& warnings) {
  return Collector(role, caller, request, csr, warnings).run();
}

Result<void> check_user_ids(const Role& role, const std::vector<std::string>& user_ids) {
  const auto& allowed = role.fields.allowed_user_ids;
  for (const std::string& id : user_ids)
    if (std::none_of(allowed.begin(), allowed.end(), [&](const std::string& pattern) {
          return equal_ignoring_case(pattern, id) || matches(pattern, id);
        }))
      return invalid("user_id " + id + " is not allowed by this role");
  return {};
}

}  // namespace signet::pki
