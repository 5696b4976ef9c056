// SPDX-License-Identifier: Apache-2.0
// A role: what may be issued under a name (pki.md section 3).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "ca/extensions.hpp"
#include "ca/ip_address.hpp"
#include "ca/key_usage.hpp"
#include "ca/name.hpp"
#include "ca/oid.hpp"
#include "core/schema.hpp"
#include "crypto/key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace signet::pki {

/// A role as it is written and shown; once checked, key_bits and signature_bits are resolved.
struct RoleFields {
  std::string name;
  Seconds ttl{0}, max_ttl{0};
  std::string issuer_ref = "default";
  bool allow_localhost = true;
  std::vector<std::string> allowed_domains;
  bool allowed_domains_template = false;
  bool allow_globs_in_identity_templates = false;
  bool allow_bare_domains = false;
  bool allow_subdomains = false;
  bool allow_glob_domains = false;
  bool allow_wildcard_certificates = true;
  bool allow_any_name = false;
  bool enforce_hostnames = true;
  bool allow_ip_sans = true;
  std::vector<std::string> allowed_ip_sans_cidr;
  std::vector<std::string> allowed_uri_sans;
  bool allowed_uri_sans_template = false;
  std::vector<std::string> allowed_other_sans;
  std::vector<std::string> allowed_serial_numbers;
  std::vector<std::string> allowed_user_ids;
  bool server_flag = true;
  bool client_flag = true;
  bool code_signing_flag = false;
  bool email_protection_flag = false;
  std::string key_type = "rsa";
  std::int64_t key_bits = 0;
  std::int64_t signature_bits = 0;
  bool use_pss = false;
  std::vector<std::string> key_usage{"DigitalSignature", "KeyAgreement", "KeyEncipherment"};
  std::vector<std::string> ext_key_usage;
  std::vector<std::string> ext_key_usage_oids;
  bool use_csr_common_name = true;
  bool use_csr_sans = true;
  std::vector<std::string> ou, organization, country, locality, province, street_address,
      postal_code;
  bool generate_lease = false;
  bool no_store = false;
  bool require_cn = true;
  std::vector<std::string> cn_validations{"email", "hostname"};
  std::vector<std::string> policy_identifiers;
  bool basic_constraints_valid_for_non_ca = false;
  Seconds not_before_duration{30};
  std::string not_before;
  std::string not_before_bound = "permit";
  std::string not_after;
  std::string not_after_bound = "permit";
};

const core::Schema<RoleFields>& role_schema();

/// `<oid>;UTF8:<glob>` of allowed_other_sans.
struct OtherSanRule {
  ca::Oid type;
  std::string glob;
};

/// Splits `<oid>;<type>:<value>`; the only type is utf8 or utf-8 in any case. Errors: "expected a
/// semicolon in other SAN ...", "only utf8 other SANs are supported; ...".
Result<OtherSanRule> parse_other_san(std::string_view text);

/// A checked role with what its texts mean, decoded once.
struct Role {
  RoleFields fields;

  std::optional<crypto::KeyType> key_type;  ///< absent: any
  ca::KeyUsage key_usage;
  ca::ExtKeyUsages ext_key_usage;
  std::vector<ca::Policy> policies;
  std::vector<ca::IpNetwork> ip_networks;
  bool allows_every_other_san = false;
  std::vector<OtherSanRule> other_sans;
  bool validates_cn = true;  ///< false: cn_validations is "disabled"
  bool cn_may_be_email = true, cn_may_be_hostname = true;
  std::optional<UnixTime> not_before, not_after;
  std::optional<UnixTime> not_after_limit;  ///< not_after_bound given as a time
  crypto::SignatureScheme scheme;
  ca::Subject subject;  ///< the attributes that every certificate of the role has

  /// Checks and decodes (pki.md 3.1); errors are 400. Resolves key_bits and signature_bits, sorts
  /// nothing. `no_store` wins over `generate_lease`.
  static Result<Role> make(RoleFields fields);
  /// As GET shows it and as it is stored.
  [[nodiscard]] nlohmann::json json() const;
  /// From a stored record. @throws Fault when it is not one of ours
  static Role from_record(std::string_view text);
};

/// 0 becomes the type's default. Errors: "unknown key type x", "RSA keys < 2048 bits are unsafe and
/// not supported: got x", "unsupported bit length for EC key: x" ...
Result<std::int64_t> resolved_key_bits(std::string_view key_type, std::int64_t bits);
/// Of the hash: 0, 256, 384 or 512. "unsupported hash signature algorithm: x"
Result<std::int64_t> resolved_signature_bits(std::string_view key_type, std::int64_t bits);

}  // namespace signet::pki
