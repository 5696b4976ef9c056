// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/ca_fields.hpp"

#include "ca/hostname.hpp"
#include "engines/pki/names.hpp"

namespace signet::pki {
namespace {

/// Far above any chain that is ever verified; what is larger is a mistake.
constexpr std::int64_t longest_path = 255;

Result<void> check_domains(const std::vector<std::string>& domains) {
  for (const std::string& domain : domains) {
    std::string_view name = domain;
    if (name.starts_with('.')) name.remove_prefix(1);
    if (name.starts_with('*') || name.ends_with('.') || !ca::is_host_name(name))
      return invalid("permitted_dns_domains: \"" + domain + "\" is not a domain");
  }
  return {};
}

}  // namespace

const core::Schema<CaFields>& ca_fields() {
  using F = CaFields;
  static const core::Schema<CaFields> schema{
      {"common_name", &F::common_name,
       "Common name of the subject; also a subject alternative name where it is a host name."},
      {"alt_names", &F::alt_names, "Further DNS names and mail addresses, comma-separated."},
      {"ip_sans", &F::ip_sans, "IP addresses."},
      {"uri_sans", &F::uri_sans, "URIs."},
      {"other_sans", &F::other_sans, "Other names: `<oid>;UTF8:<value>`."},
      {"exclude_cn_from_sans", &F::exclude_cn_from_sans,
       "The common name does not become a subject alternative name."},
      {"serial_number", &F::serial_number, "The subject's attribute serialNumber."},
      {"ou", &F::ou, "Organizational units of the subject."},
      {"organization", &F::organization, "Organizations of the subject."},
      {"country", &F::country, "Countries of the subject."},
      {"locality", &F::locality, "Localities of the subject."},
      {"province", &F::province, "Provinces or states of the subject."},
      {"street_address", &F::street_address, "Street addresses of the subject."},
      {"postal_code", &F::postal_code, "Postal codes of the subject."},
      {"ttl", &F::ttl, "Validity; 0 takes the mount's default. Never above its maximum."},
      {"not_before", &F::not_before, "Start of validity (RFC 3339)."},
      {"not_after", &F::not_after, "End of validity (RFC 3339), instead of ttl."},
      {"not_before_duration", &F::not_before_duration, "How far validity is dated back."},
      {"format", &F::format, "pem, der or pem_bundle."},
      {"private_key_format", &F::private_key_format, "der (the traditional form) or pkcs8."},
      {"signature_bits", &F::signature_bits, "Hash of RSA signatures: 256, 384, 512, or 0."},
      {"use_pss", &F::use_pss, "RSA signatures are RSASSA-PSS."},
  };
  return schema;
}

const core::Schema<CaLimitFields>& ca_limit_fields() {
  using F = CaLimitFields;
  static const core::Schema<CaLimitFields> schema{
      {"max_path_length", &F::max_path_length,
       "How many CA certificates may stand below; -1: any number."},
      {"permitted_dns_domains", &F::permitted_dns_domains,
       "The domains that certificates below may be for."},
      {"key_usage", &F::key_usage, "DigitalSignature may be added to CertSign and CRLSign."},
      {"ext_key_usage", &F::ext_key_usage, "Extended usages by name."},
      {"ext_key_usage_oids", &F::ext_key_usage_oids, "Extended usages by OID."},
  };
  return schema;
}

Result<Role> ca_role(const CaFields& fields, const CaLimitFields* limits) {
  RoleFields made;
  made.allow_any_name = true;
  made.enforce_hostnames = false;
  made.allowed_uri_sans = made.allowed_other_sans = {"*"};
  made.allowed_user_ids = made.allowed_serial_numbers = {"*"};
  made.cn_validations = {"disabled"};
  made.require_cn = false;
  made.key_type = "any";
  made.server_flag = made.client_flag = false;
  made.key_usage.clear();
  if (limits != nullptr) {
    made.key_usage = limits->key_usage;
    made.ext_key_usage = limits->ext_key_usage;
    made.ext_key_usage_oids = limits->ext_key_usage_oids;
  }
  made.ou = fields.ou;
  made.organization = fields.organization;
  made.country = fields.country;
  made.locality = fields.locality;
  made.province = fields.province;
  made.street_address = fields.street_address;
  made.postal_code = fields.postal_code;
  made.not_before_duration = fields.not_before_duration;
  made.signature_bits = fields.signature_bits;
  made.use_pss = fields.use_pss;
  return Role::make(std::move(made));
}

Result<CaNames> ca_names(const Role& role, const CaFields& fields, const std::string& common_name,
                         std::vector<std::string>& warnings) {
  static const std::vector<std::string> no_user_ids;
  // A CA's common name is a title ("Example Inc."): where it cannot be a host name it just is none.
  const bool is_title =
      common_name.find('@') == std::string::npos && !ca::to_ascii_name(common_name);
  const NameRequest asked{common_name,       fields.alt_names,
                          fields.ip_sans,    fields.uri_sans,
                          fields.other_sans, fields.serial_number,
                          no_user_ids,       fields.exclude_cn_from_sans || is_title};
  const CheckedNames checked = TRY(checked_names(role, {}, asked, nullptr, warnings));
  CaNames names;
  names.subject = TRY(checked.subject.name());
  names.sans = checked.sans;
  return names;
}

Result<Validity> ca_validity(const core::Request& request, const Role& role, const CaFields& fields,
                             std::vector<std::string>& warnings) {
  return validity_of(role, {fields.ttl, fields.not_before, fields.not_after},
                     {request.mount->default_ttl(), request.mount->max_ttl()},
                     {UnixTime{}, LeafNotAfter::permit}, request.now, warnings);
}

Result<ca::CaProfile> ca_profile(const Role& role, const CaLimitFields& limits) {
  ca::CaProfile profile;
  if (role.key_usage.has(ca::usage::digital_signature))
    profile.key_usage = profile.key_usage | ca::usage::digital_signature;
  profile.ext_key_usage = role.ext_key_usage;
  profile.scheme = role.scheme;
  if (limits.max_path_length) {
    if (*limits.max_path_length > longest_path)
      return invalid("max_path_length " + std::to_string(*limits.max_path_length) + " is above " +
                     std::to_string(longest_path));
    profile.max_path_length =
        *limits.max_path_length < 0 ? -1 : static_cast<int>(*limits.max_path_length);
  }
  TRY(check_domains(limits.permitted_dns_domains));
  profile.name_constraints.permitted.dns = limits.permitted_dns_domains;
  return profile;
}

}  // namespace signet::pki
