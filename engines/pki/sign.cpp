// SPDX-License-Identifier: Apache-2.0
// sign/{role} and sign-verbatim: a certificate for a key that somebody else keeps
// (pki.md 6.4, 6.5).
#include "ca/csr.hpp"
#include "ca/der_reader.hpp"
#include "engines/pki/leaf.hpp"
#include "engines/pki/pki.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Operation;
using core::Request;
using core::Response;

struct SignFields : LeafFields {
  std::string csr;
};

struct VerbatimFields : SignFields {
  std::vector<std::string> key_usage{"DigitalSignature", "KeyAgreement", "KeyEncipherment"};
  std::vector<std::string> ext_key_usage;
  std::vector<std::string> ext_key_usage_oids;
  std::int64_t signature_bits = 0;
  bool use_pss = false;
  std::optional<bool> basic_constraints_valid_for_non_ca;
};

namespace {

const core::Schema<SignFields>& sign_fields() {
  static const core::Schema<SignFields> schema =
      core::Schema<SignFields>{
          {"csr", &SignFields::csr, "PKCS#10 request to sign, PEM."},
      }
          .with(leaf_fields());
  return schema;
}

const core::Schema<VerbatimFields>& verbatim_fields() {
  using F = VerbatimFields;
  static const core::Schema<VerbatimFields> schema =
      core::Schema<VerbatimFields>{
          {"key_usage", &F::key_usage, "Key usages, unless the request to sign has its own."},
          {"ext_key_usage", &F::ext_key_usage,
           "Extended usages by name, unless the request to sign has its own."},
          {"ext_key_usage_oids", &F::ext_key_usage_oids,
           "Extended usages by OID, unless the request to sign has its own."},
          {"signature_bits", &F::signature_bits, "Hash of RSA signatures: 256, 384, 512, or 0."},
          {"use_pss", &F::use_pss, "RSA signatures are RSASSA-PSS."},
          {"basic_constraints_valid_for_non_ca", &F::basic_constraints_valid_for_non_ca,
           "The certificate carries basic constraints that say it is no CA."},
      }
          .with(sign_fields());
  return schema;
}

/// The modulus' bits of an RSA key that the parser of requests refused; 0 when it cannot be read.
int refused_rsa_bits(std::string_view pem_text) {
  const auto blocks = parse_pem(pem_text);
  if (!blocks || blocks->empty()) return 0;
  const auto bits = [&]() -> Result<int> {
    ca::DerReader outer(blocks->front().der);
    ca::DerReader request = TRY(outer.sequence());
    ca::DerReader info = TRY(request.sequence());
    TRY(info.any());  // version
    TRY(info.any());  // subject
    ca::DerReader spki = TRY(info.sequence());
    TRY(spki.any());  // algorithm
    const BytesView key = TRY(spki.bit_string());
    ca::DerReader key_reader(key);
    ca::DerReader numbers = TRY(key_reader.sequence());
    BytesView modulus = TRY(numbers.integer_content());
    while (!modulus.empty() && modulus.front() == 0) modulus = modulus.subspan(1);
    if (modulus.empty()) return 0;
    int top = 0;
    for (unsigned octet = modulus.front(); octet != 0; octet >>= 1) ++top;
    return static_cast<int>((modulus.size() - 1) * 8) + top;
  }();
  return bits ? *bits : 0;
}

Error wrong_key_type(const Role& role) {
  return invalid("role requires keys of type " + role.fields.key_type);
}

Error too_few_bits(const Role& role, int bits) {
  return invalid("role requires a minimum of a " + std::to_string(role.fields.key_bits) +
                 "-bit key, but CSR's key is " + std::to_string(bits) + " bits");
}

/// Parses and checks the key against the role; key_bits is the least size.
Result<ca::Csr> csr_for(const Role& role, const std::string& text) {
  auto csr = ca::parse_csr_pem(text);
  if (!csr) {
    // The role's own words come first, as Vault has them, where the key is too small for anyone.
    const int bits = role.key_type ? refused_rsa_bits(text) : 0;
    if (bits != 0 && bits < 2048)
      return *role.key_type == crypto::KeyType::rsa ? too_few_bits(role, bits)
                                                    : wrong_key_type(role);
    return csr.error();
  }
  if (role.key_type) {
    const crypto::KeySpec& key = csr->public_key.spec();
    if (key.type != *role.key_type) return wrong_key_type(role);
    if (key.bits < role.fields.key_bits) return too_few_bits(role, key.bits);
  }
  return csr;
}

std::vector<std::string> csr_warnings(const Role& role, const LeafFields& fields,
                                      const ca::Csr& csr) {
  std::vector<std::string> warnings;
  if (role.fields.use_csr_common_name && !fields.common_name.empty())
    warnings.emplace_back(
        "the common_name field was provided but the role is set with \"use_csr_common_name\" set "
        "to true");
  if (role.fields.use_csr_sans && !fields.alt_names.empty())
    warnings.emplace_back(
        "the alt_names field was provided but the role is set with \"use_csr_sans\" set to true");
  if (csr.basic_constraints)
    warnings.emplace_back(
        "specified CSR contained a Basic Constraints extension that was ignored during issuance");
  return warnings;
}

NameRequest names_asked(const LeafFields& fields) {
  return {fields.common_name, fields.alt_names,     fields.ip_sans,  fields.uri_sans,
          fields.other_sans,  fields.serial_number, fields.user_ids, fields.exclude_cn_from_sans};
}

/// What a request to sign may not decide even verbatim: whether it is a CA, and what points to the
/// issuer. The SAN is copied whole unless otherNames make it be written anew.
bool is_copied(const ca::Extension& extension, bool rewrites_sans) {
  static const std::array<BytesView, 8> ours{ca::oid::basic_constraints,
                                             ca::oid::subject_key_identifier,
                                             ca::oid::authority_key_identifier,
                                             ca::oid::authority_info_access,
                                             ca::oid::crl_distribution_points,
                                             ca::oid::freshest_crl,
                                             ca::oid::ct_poison,
                                             ca::oid::ct_sct_list};
  const auto is = [&](BytesView oid) { return std::ranges::equal(extension.oid.content(), oid); };
  if (rewrites_sans && is(ca::oid::subject_alt_name)) return false;
  return std::none_of(ours.begin(), ours.end(), is);
}

/// The role that sign-verbatim works under: it forbids nothing; of a named role only lifetimes,
/// storage, issuer and basic constraints count (pki.md 6.5).
Result<Role> verbatim_role(const Role* named, const VerbatimFields& fields, const ca::Csr& csr) {
  RoleFields made;
  made.allow_any_name = true;
  made.enforce_hostnames = false;
  made.allowed_uri_sans = made.allowed_other_sans = {"*"};
  made.allowed_user_ids = made.allowed_serial_numbers = {"*"};
  made.cn_validations = {"disabled"};
  made.require_cn = false;
  made.key_type = "any";
  made.server_flag = made.client_flag = false;
  made.key_usage = csr.key_usage ? std::vector<std::string>() : fields.key_usage;
  if (!csr.ext_key_usage) {
    made.ext_key_usage = fields.ext_key_usage;
    made.ext_key_usage_oids = fields.ext_key_usage_oids;
  }
  made.signature_bits = fields.signature_bits;
  made.use_pss = fields.use_pss;
  if (named != nullptr) {
    made.ttl = named->fields.ttl;
    made.max_ttl = named->fields.max_ttl;
    made.generate_lease = named->fields.generate_lease;
    made.not_before_duration = named->fields.not_before_duration;
    made.no_store = named->fields.no_store;
    made.issuer_ref = named->fields.issuer_ref;
    made.basic_constraints_valid_for_non_ca = named->fields.basic_constraints_valid_for_non_ca;
  }
  if (fields.basic_constraints_valid_for_non_ca)
    made.basic_constraints_valid_for_non_ca = *fields.basic_constraints_valid_for_non_ca;
  return Role::make(std::move(made));
}

}  // namespace

std::vector<core::Route> sign_routes() {
  std::vector<core::Route> routes;
  for (const char* pattern : {"sign/{role}", "issuer/{issuer_ref}/sign/{role}"})
    routes.emplace_back(pattern, Operation::update, sign_fields(), &PkiEngine::sign,
                        "Sign a request, within a role.");
  for (const char* pattern :
       {"sign-verbatim", "sign-verbatim/{role}", "issuer/{issuer_ref}/sign-verbatim",
        "issuer/{issuer_ref}/sign-verbatim/{role}"})
    routes.emplace_back(pattern, Operation::update, verbatim_fields(), &PkiEngine::sign_verbatim,
                        "Sign a request as it is.");
  return routes;
}

Result<Response> PkiEngine::sign(Request& request, const SignFields& fields) {
  return issuing([&] { return sign_once(request, fields); });
}

Result<Response> PkiEngine::sign_once(Request& request, const SignFields& fields) {
  const RoleView view = roles_.find(fields.role);
  if (view.role == nullptr) return invalid("unknown role: " + fields.role);
  const Role& role = *view.role;
  const Format format = TRY(format_named(fields.format));
  const auto from =
      TRY(templates_->get(issuers(), fields.role, view.role, view.number,
                          names_issuer(request) ? fields.issuer_ref : role.fields.issuer_ref));
  const ca::Csr csr = TRY(csr_for(role, fields.csr));
  std::vector<std::string> warnings = csr_warnings(role, fields, csr);
  const CheckedNames names =
      TRY(checked_names(role, caller_of(request), names_asked(fields), &csr, warnings));
  const Validity validity = TRY(validity_for(request, *from, fields, warnings));
  TRY(check_user_ids(role, names.subject.user_ids));
  const ca::DistinguishedName subject = TRY(names.subject.name());
  LeafOrder order{fields, *from,   csr.public_key, subject, &names.sans, validity,
                  {},     nullptr, format,         false,   fields.role};
  Response response = TRY(finish_leaf(request, std::move(order)));
  response.warnings.insert(response.warnings.begin(), warnings.begin(), warnings.end());
  return response;
}

Result<Response> PkiEngine::sign_verbatim(Request& request, const VerbatimFields& fields) {
  return issuing([&] { return sign_verbatim_once(request, fields); });
}

Result<Response> PkiEngine::sign_verbatim_once(Request& request, const VerbatimFields& fields) {
  const RoleView view = roles_.find(fields.role);
  if (!fields.role.empty() && view.role == nullptr) return invalid("unknown role: " + fields.role);
  const Format format = TRY(format_named(fields.format));
  const bool by_body = fields.role.empty() || names_issuer(request);
  const std::string& reference = by_body ? fields.issuer_ref : view.role->fields.issuer_ref;
  const auto snapshot = issuers();
  TRY(snapshot->issuing(reference));
  const ca::Csr csr = TRY(ca::parse_csr_pem(fields.csr));
  if (csr.sans.has_foreign_other_name)
    return invalid("the CSR holds an otherName that is no UTF8String");
  Role made = TRY(verbatim_role(view.role.get(), fields, csr));
  const auto role = std::make_shared<const Role>(std::move(made));  // as templates hold roles
  const auto from = TRY(make_leaf_issuer(snapshot, role, view.number, reference));
  std::vector<std::string> warnings = csr_warnings(*role, fields, csr);
  const Validity validity = TRY(validity_for(request, *from, fields, warnings));
  const bool rewrites_sans = !csr.sans.other.empty();
  LeafOrder order{
      fields,     *from, csr.public_key, csr.subject, rewrites_sans ? &csr.sans : nullptr,
      validity,   {},    nullptr,        format,      false,
      fields.role};
  for (const ca::Extension& extension : csr.extensions)
    if (is_copied(extension, rewrites_sans)) order.extra.push_back(extension);
  Response response = TRY(finish_leaf(request, std::move(order)));
  response.warnings.insert(response.warnings.begin(), warnings.begin(), warnings.end());
  return response;
}

}  // namespace signet::pki
