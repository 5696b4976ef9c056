// SPDX-License-Identifier: Apache-2.0
#include "ca/lint.hpp"

#include "ca/hostname.hpp"

#include <algorithm>
#include <array>

namespace signet::ca {
namespace {

constexpr std::size_t most_sans = 1000;
constexpr UnixTime year_1950{-631152000};
constexpr UnixTime end_of_time{253402300799};  // 9999-12-31T23:59:59Z

/// RFC 5280, 4.1.2.2; Serial itself is positive and at most 20 octets.
Result<void> has_serial(const LintSubject& it) {
  if (it.serial.magnitude().empty()) return invalid("the certificate has no serial number");
  return {};
}

/// RFC 5280, 4.1.2.5. Equality is a second that OpenSSL counts as expired already.
Result<void> has_validity(const LintSubject& it) {
  if (it.not_before >= it.not_after) {
    return invalid("The certificate's Not Before (" + rfc3339(it.not_before) +
                   ") is later than the certificate's Not After (" + rfc3339(it.not_after) + ")");
  }
  if (it.not_before < year_1950 || it.not_after > end_of_time) {
    return invalid("the certificate's validity lies outside the years 1950 to 9999");
  }
  return {};
}

Result<void> ends_with_issuer(const LintSubject& it) {
  if (it.may_outlive_issuer || it.not_after <= it.issuer_not_after) return {};
  return invalid(
      "cannot satisfy request, as TTL would result in notAfter of " + rfc3339(it.not_after) +
      " that is beyond the expiration of the CA certificate at " + rfc3339(it.issuer_not_after));
}

/// RFC 5280, 4.2.1.6: IA5String without controls; nothing that could not be written.
Result<void> has_writable_sans(const LintSubject& it) {
  if (it.sans.size() > most_sans) return invalid("more than 1000 subject alternative names");
  for (const auto* list : {&it.sans.dns, &it.sans.email, &it.sans.uri}) {
    for (const std::string& name : *list) {
      if (name.empty()) return invalid("an empty subject alternative name");
      if (std::ranges::any_of(name, [](char c) { return c < 0x20 || c == 0x7f; })) {
        return invalid("a subject alternative name holds other than printable ASCII characters");
      }
    }
  }
  for (const OtherName& name : it.sans.other) {
    if (!string_value(tag::utf8_string, as_bytes(name.value))) {
      return invalid("the other name of " + name.type.text() + " is not valid text");
    }
  }
  return {};
}

/// RFC 5280, 4.2.1.3 and 4.2.1.9: a CA signs certificates, and says so in basicConstraints.
Result<void> fits_ca(const LintSubject& it) {
  if (it.is_ca && !it.key_usage.has(usage::cert_sign)) {
    return invalid("a CA certificate needs the key usage CertSign");
  }
  for (const Extension& extension : it.extra) {
    if (extension.oid != oid::basic_constraints) continue;
    const BasicConstraints constraints = TRY(parse_basic_constraints(extension.value));
    if (constraints.is_ca && !it.is_ca) return invalid("a leaf must not claim to be a CA");
  }
  return {};
}

/// RFC 5280, 4.2: no extension twice.
Result<void> has_unique_extensions(const LintSubject& it) {
  for (std::size_t i = 0; i < it.extra.size(); ++i) {
    const Oid& oid = it.extra[i].oid;
    const auto is_same = [&oid](BytesView other) {
      return std::ranges::equal(other, oid.content());
    };
    const auto earlier = it.extra.first(i);
    if (std::ranges::any_of(it.written, is_same) ||
        std::ranges::any_of(earlier, [&oid](const Extension& one) { return one.oid == oid; })) {
      return invalid("extension " + oid.text() + " would stand in the certificate twice");
    }
  }
  return {};
}

/// RFC 5280, 6.1.3 (b) and (c), for every ancestor known.
Result<void> keeps_constraints(const LintSubject& it) {
  return check_name_constraints(it.constraints, it.subject, it.sans);
}

/// RFC 5280, 4.1.2.6
Result<void> has_name(const LintSubject& it) {
  if (!it.subject.empty()) return {};
  if (it.is_ca) return invalid("a CA certificate needs a subject");
  const bool has_san =
      !it.sans.empty() || it.sans.has_foreign_name || it.sans.has_foreign_other_name;
  if (!has_san) return invalid("neither a subject nor a subject alternative name");
  return {};
}

Result<void> leaves_signing_to_cas(const LintSubject& it) {
  if (it.is_ca || !it.key_usage.has_any(usage::cert_sign | usage::crl_sign)) return {};
  return invalid("the key usages CertSign and CRLSign are for CA certificates");
}

Result<void> has_host_names(const LintSubject& it) {
  for (const std::string& name : it.sans.dns) {
    if (!is_host_name(name) || name.ends_with('.')) {
      return invalid("subject alternate name " + name + " is not a host name");
    }
  }
  return {};
}

struct Rule {
  Result<void> (*check)(const LintSubject&);
  bool is_strict_only;
};
constexpr std::array<Rule, 10> rules{{
    {has_serial, false},
    {has_validity, false},
    {ends_with_issuer, false},
    {has_writable_sans, false},
    {fits_ca, false},
    {has_unique_extensions, false},
    {keeps_constraints, false},
    {has_name, true},
    {leaves_signing_to_cas, true},
    {has_host_names, true},
}};

}  // namespace

Result<void> lint(const LintSubject& subject) {
  for (const Rule& rule : rules) {
    if (rule.is_strict_only && !subject.strict) continue;
    TRY(rule.check(subject));
  }
  return {};
}

}  // namespace signet::ca
