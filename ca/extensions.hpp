// SPDX-License-Identifier: Apache-2.0
// Encoders and decoders of certificate extensions (RFC 5280, 4.2). Each write_ function appends one
// whole Extension, with the criticality of its kind.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ca/der_reader.hpp"
#include "ca/der_writer.hpp"
#include "ca/general_name.hpp"
#include "ca/key_usage.hpp"
#include "ca/name_constraints.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::ca {

struct Extension {
  Oid oid;
  bool critical = false;
  Bytes value;  ///< content of extnValue's OCTET STRING
  bool operator==(const Extension&) const = default;
};

struct BasicConstraints {
  bool is_ca = false;
  std::optional<int> path_length;  ///< only with is_ca
  bool operator==(const BasicConstraints&) const = default;
};

/// URLs of authorityInfoAccess.
struct AuthorityInfo {
  std::vector<std::string> ocsp;
  std::vector<std::string> ca_issuers;
  [[nodiscard]] bool empty() const { return ocsp.empty() && ca_issuers.empty(); }
};

/// One certificate policy; empty texts give no qualifier.
struct Policy {
  Oid oid;
  std::string notice;  ///< user notice explicitText
  std::string cps;     ///< URI of the practice statement
};
/// From a role's `policy_identifiers`: OIDs, or one JSON array of {"oid","notice","cps"} objects.
Result<std::vector<Policy>> parse_policies(const std::vector<std::string>& identifiers);
bool has_qualifiers(const std::vector<Policy>& policies);

/// Appends `SEQUENCE { oid, [TRUE,] OCTET STRING { body } }`.
template <class Body>
void write_extension(DerWriter& out, BytesView oid, bool critical, Body&& body) {
  out.sequence([&] {
    out.oid(oid);
    if (critical) out.boolean(true);
    out.element(tag::octet_string, std::forward<Body>(body));
  });
}
void write_extension(DerWriter& out, const Extension& extension);

void write_key_usage(DerWriter& out, KeyUsage usage);                  ///< nothing when empty
void write_ext_key_usage(DerWriter& out, const ExtKeyUsages& usages);  ///< nothing when empty
void write_basic_constraints(DerWriter& out, const BasicConstraints& constraints);
void write_subject_key_identifier(DerWriter& out, BytesView key_id);
void write_authority_key_identifier(DerWriter& out, BytesView key_id);  ///< nothing when empty
void write_authority_info_access(DerWriter& out, const AuthorityInfo& info);
/// `critical`: RFC 5280, 4.2.1.6 wants it exactly when the subject is empty.
void write_subject_alt_name(DerWriter& out, const SubjectAltNames& names, bool critical);
void write_certificate_policies(DerWriter& out, const std::vector<Policy>& policies);
void write_name_constraints_extension(DerWriter& out, const NameConstraints& constraints);
/// One DistributionPoint a URL.
void write_crl_distribution_points(DerWriter& out, const std::vector<std::string>& urls);
void write_freshest_crl(DerWriter& out, const std::vector<std::string>& urls);

/// A SEQUENCE OF Extension; refuses a repeated OID, an empty list, a coded FALSE.
Result<std::vector<Extension>> parse_extensions(DerReader& sequence);
const Extension* find_extension(const std::vector<Extension>& extensions, const KnownOid& oid);

Result<KeyUsage> parse_key_usage(BytesView value);
Result<ExtKeyUsages> parse_ext_key_usage(BytesView value);
Result<BasicConstraints> parse_basic_constraints(BytesView value);
Result<Bytes> parse_subject_key_identifier(BytesView value);
/// The keyIdentifier field; empty when absent.
Result<Bytes> parse_authority_key_identifier(BytesView value);
Result<AuthorityInfo> parse_authority_info_access(BytesView value);
/// Every URI in a fullName, in order.
Result<std::vector<std::string>> parse_crl_distribution_points(BytesView value);
Result<std::vector<Policy>> parse_certificate_policies(BytesView value);

}  // namespace signet::ca
