// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/role.hpp"

#include "base/text.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace signet::pki {
namespace {

Result<std::optional<UnixTime>> fixed_time(const std::string& text, const char* field) {
  if (text.empty()) return std::optional<UnixTime>();
  const auto time = parse_rfc3339(text);
  if (!time) return invalid(std::string(field) + ": " + text + " is not a time of RFC 3339");
  return time;
}

Result<void> read_keys(Role& role) {
  RoleFields& fields = role.fields;
  fields.key_bits = TRY(resolved_key_bits(fields.key_type, fields.key_bits));
  fields.signature_bits = TRY(resolved_signature_bits(fields.key_type, fields.signature_bits));
  if (fields.key_type != "any") role.key_type = crypto::key_type_named(fields.key_type);
  role.scheme.is_pss = fields.use_pss;
  role.scheme.hash = fields.signature_bits == 384   ? crypto::Hash::sha384
                     : fields.signature_bits == 512 ? crypto::Hash::sha512
                                                    : crypto::Hash::sha256;
  return {};
}

Result<void> read_usages(Role& role) {
  const RoleFields& fields = role.fields;
  for (const std::string& name : fields.key_usage)
    if (const auto usage = ca::key_usage_named(name)) role.key_usage = role.key_usage | *usage;
  if (fields.server_flag) role.ext_key_usage.add(ca::ExtKeyUsage::server_auth);
  if (fields.client_flag) role.ext_key_usage.add(ca::ExtKeyUsage::client_auth);
  if (fields.code_signing_flag) role.ext_key_usage.add(ca::ExtKeyUsage::code_signing);
  if (fields.email_protection_flag) role.ext_key_usage.add(ca::ExtKeyUsage::email_protection);
  for (const std::string& name : fields.ext_key_usage)
    if (const auto usage = ca::ext_key_usage_named(name)) role.ext_key_usage.add(*usage);
  for (const std::string& text : fields.ext_key_usage_oids) {
    const auto oid = ca::Oid::parse(text);
    if (!oid)
      return invalid("\"" + text +
                     "\" could not be parsed as a valid oid for an extended key usage");
    role.ext_key_usage.oids.push_back(*oid);
  }
  return {};
}

Result<void> read_sans(Role& role) {
  const RoleFields& fields = role.fields;
  role.allows_every_other_san =
      fields.allowed_other_sans.size() == 1 && fields.allowed_other_sans.front() == "*";
  if (!role.allows_every_other_san) {
    for (const std::string& text : fields.allowed_other_sans) {
      auto rule = parse_other_san(text);
      if (!rule) return invalid("error parsing allowed_other_sans: " + rule.error().message);
      role.other_sans.push_back(std::move(*rule));
    }
  }
  for (const std::string& text : fields.allowed_ip_sans_cidr) {
    const auto network = ca::IpNetwork::parse(text);
    if (!network)
      return invalid("error parsing allowed_ip_sans_cidr: invalid CIDR address: " + text);
    role.ip_networks.push_back(*network);
  }
  return {};
}

Result<void> read_times(Role& role) {
  const RoleFields& fields = role.fields;
  const std::string& before = fields.not_before_bound;
  if (before != "permit" && before != "duration" && before != "forbid")
    return invalid(
        "Unknown value for field `not_before_bound`. Possible values are `permit` `duration` or "
        "`forbid`");
  const std::string& after = fields.not_after_bound;
  if (after != "permit" && after != "ttl-limited" && after != "forbid") {
    role.not_after_limit = parse_rfc3339(after);
    if (!role.not_after_limit)
      return invalid(
          "Unknown value for field `not_after_bound`. Possible values are `permit`, "
          "`ttl-limited`, `forbid`, or an explicit timestamp.");
  }
  role.not_before = TRY(fixed_time(fields.not_before, "not_before"));
  role.not_after = TRY(fixed_time(fields.not_after, "not_after"));
  return {};
}

Result<void> read_cn_validations(Role& role) {
  std::vector<std::string>& given = role.fields.cn_validations;
  std::erase(given, "");
  if (given.empty()) given = {"email", "hostname"};
  for (auto item = given.begin(); item != given.end(); ++item) {
    if (*item != "email" && *item != "hostname" && *item != "disabled")
      return invalid("cn_validations value incorrect: unknown type: `" + *item + "`");
    if (std::find(given.begin(), item, *item) != item)
      return invalid("cn_validations value incorrect: `" + *item + "` specified multiple times");
  }
  const auto has = [&](std::string_view name) {
    return std::find(given.begin(), given.end(), name) != given.end();
  };
  if (has("disabled") && given.size() > 1)
    return invalid(
        "cn_validations value incorrect: cannot specify `disabled` along with `email` or "
        "`hostname`");
  role.validates_cn = !has("disabled");
  role.cn_may_be_email = has("email");
  role.cn_may_be_hostname = has("hostname");
  return {};
}

/// A policy with qualifiers is shown as the JSON object that it could have been given as.
std::string policy_text(const ca::Policy& policy) {
  nlohmann::ordered_json object{{"oid", policy.oid.text()}};
  if (!policy.cps.empty()) object["cps"] = policy.cps;
  if (!policy.notice.empty()) object["notice"] = policy.notice;
  return object.dump();
}

Result<void> read_policies(Role& role) {
  std::vector<std::string>& given = role.fields.policy_identifiers;
  role.policies = TRY(ca::parse_policies(given));
  if (given.empty() || !given.front().starts_with('[')) return {};
  given.clear();
  for (const ca::Policy& policy : role.policies) given.push_back(policy_text(policy));
  return {};
}

void read_subject(Role& role) {
  const RoleFields& fields = role.fields;
  role.subject.country = unique_in_order(fields.country);
  role.subject.organization = unique_in_order(fields.organization);
  role.subject.organizational_unit = unique_in_order(fields.ou);
  role.subject.locality = unique_in_order(fields.locality);
  role.subject.province = unique_in_order(fields.province);
  role.subject.street_address = unique_in_order(fields.street_address);
  role.subject.postal_code = unique_in_order(fields.postal_code);
}

bool is_one_of(std::int64_t value, std::initializer_list<std::int64_t> allowed) {
  return std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

}  // namespace

Result<std::int64_t> resolved_key_bits(std::string_view key_type, std::int64_t bits) {
  if (key_type == "ed25519" || key_type == "any") return 0;
  if (key_type == "rsa") {
    if (bits == 0) return 2048;
    if (bits < 2048)
      return invalid("RSA keys < 2048 bits are unsafe and not supported: got " +
                     std::to_string(bits));
    if (!is_one_of(bits, {2048, 3072, 4096, 8192}))
      return invalid("unsupported bit length for RSA key: " + std::to_string(bits));
    return bits;
  }
  if (key_type == "ec") {
    if (bits == 0) return 256;
    if (!is_one_of(bits, {224, 256, 384, 521}))
      return invalid("unsupported bit length for EC key: " + std::to_string(bits));
    return bits;
  }
  return invalid("unknown key type " + std::string(key_type));
}

Result<std::int64_t> resolved_signature_bits(std::string_view key_type, std::int64_t bits) {
  if (key_type == "ed25519") return 0;
  if (!is_one_of(bits, {0, 256, 384, 512}))
    return invalid("unsupported hash signature algorithm: " + std::to_string(bits));
  if (key_type == "rsa" && bits == 0) return 256;
  return bits;
}

Result<OtherSanRule> parse_other_san(std::string_view text) {
  const std::size_t semicolon = text.find(';');
  if (semicolon == std::string_view::npos)
    return invalid("expected a semicolon in other SAN \"" + std::string(text) + "\"");
  const std::string_view typed = text.substr(semicolon + 1);
  const std::size_t colon = typed.find(':');
  if (colon == std::string_view::npos)
    return invalid("expected a colon in other SAN \"" + std::string(text) + "\"");
  const std::string type = lower(trim(typed.substr(0, colon)));
  if (type != "utf8" && type != "utf-8")
    return invalid("only utf8 other SANs are supported; found non-supported type in other SAN \"" +
                   std::string(text) + "\"");
  const auto oid = ca::Oid::parse(trim(text.substr(0, semicolon)));
  if (!oid)
    return invalid("could not parse the object identifier of other SAN \"" + std::string(text) +
                   "\"");
  return OtherSanRule{*oid, std::string(typed.substr(colon + 1))};
}

Result<Role> Role::make(RoleFields fields) {
  Role role;
  role.fields = std::move(fields);
  if (role.fields.max_ttl.count() > 0 && role.fields.ttl > role.fields.max_ttl)
    return invalid("\"ttl\" value must be less than \"max_ttl\" value");
  TRY(read_keys(role));
  TRY(read_usages(role));
  TRY(read_sans(role));
  TRY(read_times(role));
  TRY(read_cn_validations(role));
  TRY(read_policies(role));
  read_subject(role);
  if (role.fields.no_store) role.fields.generate_lease = false;
  return role;
}

}  // namespace signet::pki
