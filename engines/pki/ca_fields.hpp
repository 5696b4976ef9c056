// SPDX-License-Identifier: Apache-2.0
// Fields that everything shares which makes CA certificates or requests for them (pki.md 7.1).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "ca/general_name.hpp"
#include "ca/name.hpp"
#include "ca/profile.hpp"
#include "core/request.hpp"
#include "core/schema.hpp"
#include "engines/pki/role.hpp"
#include "engines/pki/validity.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace signet::pki {

/// Subject, names and form of the answer.
struct CaFields {
  std::string common_name, alt_names;
  std::vector<std::string> ip_sans, uri_sans, other_sans;
  bool exclude_cn_from_sans = false;
  std::string serial_number;
  std::vector<std::string> ou, organization, country, locality, province, street_address,
      postal_code;
  Seconds ttl{0};
  std::string not_before, not_after;
  Seconds not_before_duration{30};
  std::string format = "pem";
  std::string private_key_format = "der";
  std::int64_t signature_bits = 0;
  bool use_pss = false;
};
const core::Schema<CaFields>& ca_fields();

/// What a CA certificate may be used for; not part of requests for one.
struct CaLimitFields {
  std::optional<std::int64_t> max_path_length;
  std::vector<std::string> permitted_dns_domains;
  std::vector<std::string> key_usage;
  std::vector<std::string> ext_key_usage, ext_key_usage_oids;
};
const core::Schema<CaLimitFields>& ca_limit_fields();

/// The role that CA fields amount to: it allows every name. `limits` null: none.
Result<Role> ca_role(const CaFields& fields, const CaLimitFields* limits);

struct CaNames {
  ca::DistinguishedName subject;
  ca::SubjectAltNames sans;
};
/// @param common_name  of the fields, or what stands in for it
Result<CaNames> ca_names(const Role& role, const CaFields& fields, const std::string& common_name,
                         std::vector<std::string>& warnings);

/// How long; the mount's limits hold, an issuer's do not (a CA may outlive its signer).
Result<Validity> ca_validity(const core::Request& request, const Role& role, const CaFields& fields,
                             std::vector<std::string>& warnings);

/// Usages, constraints, path length and signature; the URLs are the caller's.
Result<ca::CaProfile> ca_profile(const Role& role, const CaLimitFields& limits);

}  // namespace signet::pki
