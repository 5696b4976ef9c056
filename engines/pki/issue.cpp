// SPDX-License-Identifier: Apache-2.0
// issue/{role}: a certificate with a fresh key (pki.md 6.3).
#include "engines/pki/leaf.hpp"
#include "engines/pki/pki.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Operation;
using core::Request;
using core::Response;

struct IssueFields : LeafFields {
  std::string key_type;
  std::int64_t key_bits = 0;
};

namespace {

const core::Schema<IssueFields>& issue_fields() {
  static const core::Schema<IssueFields> schema =
      core::Schema<IssueFields>{
          {"key_type", &IssueFields::key_type, "rsa, ec or ed25519; for roles that take any."},
          {"key_bits", &IssueFields::key_bits, "Size of the key; for roles that take any."},
      }
          .with(leaf_fields());
  return schema;
}

/// The key to make: the role's, or where that leaves it open the request's.
Result<crypto::KeySpec> key_spec(const Role& role, const IssueFields& fields,
                                 std::vector<std::string>& warnings) {
  crypto::KeySpec spec;
  if (role.key_type) {
    if (!fields.key_type.empty() || fields.key_bits != 0)
      warnings.emplace_back("parameters key_type and key_bits ignored as role had specific values");
    spec = {*role.key_type, static_cast<int>(role.fields.key_bits)};
  } else {
    if (fields.key_type.empty() || fields.key_type == "any")
      return invalid(
          "role key type \"any\" not allowed for issuing certificates without providing key_type "
          "and/or key_bits request parameters");
    const auto bits = resolved_key_bits(fields.key_type, fields.key_bits);
    if (!bits) return invalid("failed to validate role: " + bits.error().message);
    spec = {*crypto::key_type_named(fields.key_type), static_cast<int>(*bits)};
  }
  if (spec.type == crypto::KeyType::ec && spec.bits == 224)
    return invalid("keys on P-224 are taken in requests to sign but not generated");
  if (spec.type == crypto::KeyType::rsa && spec.bits > 4096)
    return invalid(
        "RSA keys of more than 4096 bits are taken in requests to sign but not "
        "generated");
  return spec;
}

}  // namespace

std::vector<core::Route> issue_routes() {
  std::vector<core::Route> routes;
  for (const char* pattern : {"issue/{role}", "issuer/{issuer_ref}/issue/{role}"})
    routes.emplace_back(pattern, Operation::update, issue_fields(), &PkiEngine::issue,
                        "Issue a certificate and its key.");
  return routes;
}

Result<Response> PkiEngine::issue(Request& request, const IssueFields& fields) {
  return issuing([&] { return issue_once(request, fields); });
}

Result<Response> PkiEngine::issue_once(Request& request, const IssueFields& fields) {
  std::vector<std::string> warnings;
  const RoleView view = roles_.find(fields.role);
  if (view.role == nullptr) return invalid("unknown role: " + fields.role);
  const Role& role = *view.role;
  const crypto::KeySpec spec = TRY(key_spec(role, fields, warnings));
  const Format format = TRY(format_named(fields.format));
  const bool pkcs8 = TRY(wants_pkcs8(fields.private_key_format));
  const auto from =
      TRY(templates_->get(issuers(), fields.role, view.role, view.number,
                          names_issuer(request) ? fields.issuer_ref : role.fields.issuer_ref));
  const NameRequest asked{fields.common_name, fields.alt_names,           fields.ip_sans,
                          fields.uri_sans,    fields.other_sans,          fields.serial_number,
                          fields.user_ids,    fields.exclude_cn_from_sans};
  const CheckedNames names = TRY(checked_names(role, caller_of(request), asked, nullptr, warnings));
  const Validity validity = TRY(validity_for(request, *from, fields, warnings));
  TRY(check_user_ids(role, names.subject.user_ids));
  const ca::DistinguishedName subject = TRY(names.subject.name());
  const crypto::PrivateKey key = new_key(spec);
  LeafOrder order{fields, *from, key.public_key(), subject, &names.sans, validity,
                  {},     &key,  format,           pkcs8,   fields.role};
  Response response = TRY(finish_leaf(request, std::move(order)));
  response.warnings.insert(response.warnings.begin(), warnings.begin(), warnings.end());
  return response;
}

}  // namespace signet::pki
