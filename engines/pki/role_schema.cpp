// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "engines/pki/role.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {
namespace {

/// A JSON array as text holds commas of its own: it is not split like other lists.
Result<void> decode_policies(const core::Json& from, const core::FieldInfo& field, RoleFields& to) {
  if (from.is_string() && trim(from.get_ref<const std::string&>()).starts_with('[')) {
    to.policy_identifiers = {std::string(trim(from.get_ref<const std::string&>()))};
    return {};
  }
  return core::decode(from, field, to.policy_identifiers);
}

}  // namespace

const core::Schema<RoleFields>& role_schema() {
  using F = RoleFields;
  static const core::Schema<RoleFields> schema{
      {"name", &F::name, "Name of the role."},
      {"ttl", &F::ttl, "Validity when a request gives none; 0 takes the mount's default."},
      {"max_ttl", &F::max_ttl, "Most that a request's ttl can be; 0 takes the mount's maximum."},
      {"issuer_ref", &F::issuer_ref, "Issuer that signs: an id, a name or `default`."},
      {"allow_localhost", &F::allow_localhost, "Allows `localhost` and `localdomain`."},
      {"allowed_domains", &F::allowed_domains, "Domains that the role may be used for."},
      {"allowed_domains_template", &F::allowed_domains_template,
       "Entries of allowed_domains may name attributes of the caller's identity."},
      {"allow_globs_in_identity_templates", &F::allow_globs_in_identity_templates,
       "A value filled into a template may hold `*`."},
      {"allow_bare_domains", &F::allow_bare_domains, "Allows the domains themselves."},
      {"allow_subdomains", &F::allow_subdomains, "Allows names below the domains."},
      {"allow_glob_domains", &F::allow_glob_domains, "`*` in a domain matches any characters."},
      {"allow_wildcard_certificates", &F::allow_wildcard_certificates,
       "Allows names with a wildcard in their first label."},
      {"allow_any_name", &F::allow_any_name, "Allows every name."},
      {"enforce_hostnames", &F::enforce_hostnames, "Names must be valid host names."},
      {"allow_ip_sans", &F::allow_ip_sans, "Allows IP addresses."},
      {"allowed_ip_sans_cidr", &F::allowed_ip_sans_cidr,
       "Ranges that IP addresses must lie in; empty allows all."},
      {"allowed_uri_sans", &F::allowed_uri_sans, "Patterns of URIs that are allowed."},
      {"allowed_uri_sans_template", &F::allowed_uri_sans_template,
       "Entries of allowed_uri_sans may name attributes of the caller's identity."},
      {"allowed_other_sans", &F::allowed_other_sans,
       "`<oid>;UTF8:<pattern>` of otherNames that are allowed, or `*`."},
      {"allowed_serial_numbers", &F::allowed_serial_numbers,
       "Patterns of the subject's serialNumber."},
      {"allowed_user_ids", &F::allowed_user_ids, "Patterns of the subject's user ids."},
      {"server_flag", &F::server_flag, "Adds the extended usage serverAuth."},
      {"client_flag", &F::client_flag, "Adds the extended usage clientAuth."},
      {"code_signing_flag", &F::code_signing_flag, "Adds the extended usage codeSigning."},
      {"email_protection_flag", &F::email_protection_flag,
       "Adds the extended usage emailProtection."},
      {"key_type", &F::key_type, "rsa, ec, ed25519, or any."},
      {"key_bits", &F::key_bits, "Size of keys; the least one for requests. 0: the default."},
      {"signature_bits", &F::signature_bits, "Hash of RSA signatures: 256, 384, 512, or 0."},
      {"use_pss", &F::use_pss, "RSA signatures are RSASSA-PSS."},
      {"key_usage", &F::key_usage, "Key usages by name; empty leaves the extension out."},
      {"ext_key_usage", &F::ext_key_usage, "Further extended usages by name."},
      {"ext_key_usage_oids", &F::ext_key_usage_oids, "Further extended usages by OID."},
      {"use_csr_common_name", &F::use_csr_common_name,
       "The common name is taken from the request to sign."},
      {"use_csr_sans", &F::use_csr_sans,
       "Subject alternative names are taken from the request to sign."},
      {"ou", &F::ou, "Organizational units of the subject."},
      {"organization", &F::organization, "Organizations of the subject."},
      {"country", &F::country, "Countries of the subject."},
      {"locality", &F::locality, "Localities of the subject."},
      {"province", &F::province, "Provinces or states of the subject."},
      {"street_address", &F::street_address, "Street addresses of the subject."},
      {"postal_code", &F::postal_code, "Postal codes of the subject."},
      {"generate_lease", &F::generate_lease, "Certificates hang on leases."},
      {"no_store", &F::no_store, "Certificates are not stored."},
      {"require_cn", &F::require_cn, "A common name must be given."},
      {"cn_validations", &F::cn_validations,
       "What a common name may be: email, hostname, or disabled alone.",
       core::FieldFlag::lower_case},
      {{"policy_identifiers", "Policies: OIDs, or a JSON array of {oid, notice, cps}.",
        core::FieldFlag::none, "list"},
       decode_policies},
      {"basic_constraints_valid_for_non_ca", &F::basic_constraints_valid_for_non_ca,
       "Leaves carry basic constraints that say they are no CA."},
      {"not_before_duration", &F::not_before_duration, "How far validity is dated back."},
      {"not_before", &F::not_before, "Fixed start of validity (RFC 3339)."},
      {"not_before_bound", &F::not_before_bound,
       "What a request's not_before may be: permit, duration or forbid."},
      {"not_after", &F::not_after, "Fixed end of validity (RFC 3339)."},
      {"not_after_bound", &F::not_after_bound,
       "What a request's not_after may be: permit, ttl-limited, forbid or the latest time."},
  };
  return schema;
}

nlohmann::json Role::json() const {
  const RoleFields& f = fields;
  return {{"ttl", f.ttl.count()},
          {"max_ttl", f.max_ttl.count()},
          {"issuer_ref", f.issuer_ref},
          {"allow_localhost", f.allow_localhost},
          {"allowed_domains", f.allowed_domains},
          {"allowed_domains_template", f.allowed_domains_template},
          {"allow_globs_in_identity_templates", f.allow_globs_in_identity_templates},
          {"allow_bare_domains", f.allow_bare_domains},
          {"allow_token_displayname", false},
          {"allow_subdomains", f.allow_subdomains},
          {"allow_glob_domains", f.allow_glob_domains},
          {"allow_wildcard_certificates", f.allow_wildcard_certificates},
          {"allow_any_name", f.allow_any_name},
          {"enforce_hostnames", f.enforce_hostnames},
          {"allow_ip_sans", f.allow_ip_sans},
          {"allowed_ip_sans_cidr", f.allowed_ip_sans_cidr},
          {"allowed_uri_sans", f.allowed_uri_sans},
          {"allowed_uri_sans_template", f.allowed_uri_sans_template},
          {"allowed_other_sans", f.allowed_other_sans},
          {"allowed_serial_numbers", f.allowed_serial_numbers},
          {"allowed_user_ids", f.allowed_user_ids},
          {"server_flag", f.server_flag},
          {"client_flag", f.client_flag},
          {"code_signing_flag", f.code_signing_flag},
          {"email_protection_flag", f.email_protection_flag},
          {"key_type", f.key_type},
          {"key_bits", f.key_bits},
          {"signature_bits", f.signature_bits},
          {"use_pss", f.use_pss},
          {"key_usage", f.key_usage},
          {"ext_key_usage", f.ext_key_usage},
          {"ext_key_usage_oids", f.ext_key_usage_oids},
          {"use_csr_common_name", f.use_csr_common_name},
          {"use_csr_sans", f.use_csr_sans},
          {"ou", f.ou},
          {"organization", f.organization},
          {"country", f.country},
          {"locality", f.locality},
          {"province", f.province},
          {"street_address", f.street_address},
          {"postal_code", f.postal_code},
          {"generate_lease", f.generate_lease},
          {"no_store", f.no_store},
          {"require_cn", f.require_cn},
          {"cn_validations", f.cn_validations},
          {"policy_identifiers", f.policy_identifiers},
          {"basic_constraints_valid_for_non_ca", f.basic_constraints_valid_for_non_ca},
          {"not_before_duration", f.not_before_duration.count()},
          {"not_before", f.not_before},
          {"not_before_bound", f.not_before_bound},
          {"not_after", f.not_after},
          {"not_after_bound", f.not_after_bound}};
}

Role Role::from_record(std::string_view text) {
  const auto record = nlohmann::json::parse(text, nullptr, false);
  if (!record.is_object()) throw Fault("a stored PKI role cannot be read");
  auto decoded = role_schema().decode_all(record, {});
  if (!decoded) throw Fault("a stored PKI role cannot be read: " + decoded.error().message);
  auto role = make(std::move(*decoded));
  if (!role) throw Fault("a stored PKI role cannot be read: " + role.error().message);
  return std::move(*role);
}

}  // namespace signet::pki
