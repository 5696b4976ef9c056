// SPDX-License-Identifier: Apache-2.0
// Intermediates signed by an issuer of the mount (pki.md 8.1).
#include "ca/csr.hpp"
#include "ca/serial.hpp"
#include "engines/pki/ca_fields.hpp"
#include "engines/pki/new_issuer.hpp"
#include "engines/pki/output.hpp"
#include "engines/pki/pki.hpp"
#include "engines/pki/self_issued.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

struct SignIntermediateFields : CaFields, CaLimitFields {
  std::string csr;
  bool use_csr_values = false;
  std::string skid;
  std::string issuer_ref = "default";
  std::string issuer_name;
};

namespace {

const core::Schema<SignIntermediateFields>& sign_intermediate_fields() {
  using F = SignIntermediateFields;
  static const core::Schema<SignIntermediateFields> schema =
      core::Schema<SignIntermediateFields>{
          {"csr", &F::csr, "The request to sign, in PEM."},
          {"use_csr_values", &F::use_csr_values,
           "Subject, alternative names and extensions are the request's own."},
          {"skid", &F::skid, "Subject key identifier to set, in hex (for cross-signing)."},
          {"issuer_ref", &F::issuer_ref, "Issuer that signs: an id, a name or `default`."},
          {"issuer_name", &F::issuer_name, "Taken but not used."},
      }
          .with(ca_fields())
          .with(ca_limit_fields());
  return schema;
}

Result<Bytes> parse_skid(const std::string& text) {
  std::string digits;
  for (const char c : text)
    if (c != ':' && c != '-' && c != ' ') digits += c;
  auto bytes = from_hex(digits);
  if (!bytes) return invalid("cannot parse requested SKID value as hex: " + text);
  return std::move(*bytes);
}

/// What not even a CA's request decides: what makes it one, and what points to its issuer.
bool is_copied_to_ca(const ca::Extension& extension) {
  static const std::array<BytesView, 8> ours{ca::oid::basic_constraints,
                                             ca::oid::subject_key_identifier,
                                             ca::oid::authority_key_identifier,
                                             ca::oid::authority_info_access,
                                             ca::oid::crl_distribution_points,
                                             ca::oid::freshest_crl,
                                             ca::oid::ct_poison,
                                             ca::oid::ct_sct_list};
  return std::none_of(ours.begin(), ours.end(), [&](BytesView oid) {
    return std::ranges::equal(extension.oid.content(), oid);
  });
}

/// The names to certify: the request's own, or those asked for, whose common name the request's
/// stands in for.
Result<CaNames> names_of(const SignIntermediateFields& fields, const Role& role, const ca::Csr& csr,
                         std::vector<std::string>& warnings) {
  if (fields.use_csr_values) return CaNames{csr.subject, {}};
  std::string common_name = fields.common_name;
  if (common_name.empty()) common_name = csr.subject.last(ca::oid::common_name).value_or("");
  return ca_names(role, fields, common_name, warnings);
}

std::vector<std::string> warnings_about(const ca::Certificate& made, const IssuingIssuer& by) {
  std::vector<std::string> warnings;
  if (made.not_after > by.entry->certificate.not_after)
    warnings.emplace_back(
        "The expiration time for the signed certificate is after the CA's expiration time. If the "
        "new certificate is not treated as a root, validation paths with the certificate past the "
        "issuing CA's expiration time will fail.");
  const ca::IssuerUrls& urls = by.signer.urls;
  if (urls.authority_info.empty() && urls.crl_distribution_points.empty() &&
      urls.delta_crl_distribution_points.empty())
    warnings.emplace_back(no_urls_warning);
  if (made.basic_constraints && made.basic_constraints->path_length == 0)
    warnings.emplace_back(
        "Max path length of the signed certificate is zero. This certificate cannot be used to "
        "issue intermediate CA certificates.");
  return warnings;
}

Json answer(const Issuers& issuers, const IssuerEntry& by, const ca::Certificate& made,
            Format format) {
  const Format one = format == Format::der ? Format::der : Format::pem;
  std::vector<std::string> chain{certificate_text(one, made.der.view())};
  for (const IssuerEntry* link : issuers.chain_of(by))
    chain.push_back(certificate_text(one, link->certificate.der.view()));
  Json data{{"issuing_ca", certificate_text(one, by.certificate.der.view())},
            {"serial_number", made.serial.colons()},
            {"expiration", made.not_after.seconds}};
  data["certificate"] = format == Format::pem_bundle
                            ? std::string(pem_bundle(nullptr, chain).reveal_text())
                            : chain.front();
  data["ca_chain"] = std::move(chain);
  return data;
}

Result<Response> sign(PkiEngine& engine, Request& request, const SignIntermediateFields& fields) {
  const auto snapshot = engine.issuers_for(request);
  const Format format = TRY(format_named(fields.format));
  const IssuingIssuer by = TRY(snapshot->issuing(fields.issuer_ref));
  const ca::Csr csr = TRY(ca::parse_csr_pem(fields.csr));
  const Role role = TRY(ca_role(fields, &fields));
  std::vector<std::string> warnings;
  const CaNames names = TRY(names_of(fields, role, csr, warnings));
  const Validity validity = TRY(ca_validity(request, role, fields, warnings));
  ca::CaProfile profile = TRY(ca_profile(role, fields));
  profile.urls = by.signer.urls;

  ca::CaRequest wanted;
  wanted.serial = ca::serial_at_random(engine.context().random);
  wanted.not_before = validity.not_before;
  wanted.not_after = validity.not_after;
  wanted.subject = &names.subject;
  wanted.key = &csr.public_key;
  wanted.sans = names.sans;
  if (!fields.skid.empty()) wanted.subject_key_id = TRY(parse_skid(fields.skid));
  wanted.may_outlive_issuer = true;
  if (fields.use_csr_values)
    std::copy_if(csr.extensions.begin(), csr.extensions.end(), std::back_inserter(wanted.extra),
                 is_copied_to_ca);
  const ca::Certificate made = TRY(sign_below(by, profile, wanted));

  stage_certificate(request, engine.context().mount_id, by.entry->authority, made);
  Response response = Response::of(answer(*snapshot, *by.entry, made, format));
  for (std::string& warning : warnings_about(made, by)) warnings.push_back(std::move(warning));
  response.warnings = std::move(warnings);
  return response;
}

}  // namespace

std::vector<Route> sign_ca_routes() {
  std::vector<Route> routes;
  for (const char* pattern : {"root/sign-intermediate", "issuer/{issuer_ref}/sign-intermediate"})
    routes.emplace_back(pattern, Operation::update, sign_intermediate_fields(),
                        &PkiEngine::sign_intermediate, "Sign a request for an intermediate CA.");
  for (Route& route : self_issued_routes()) routes.push_back(std::move(route));
  return routes;
}

Result<ca::Certificate> sign_below(const IssuingIssuer& by, const ca::CaProfile& profile,
                                   const ca::CaRequest& wanted) {
  ca::LintedTbs tbs = TRY(ca::prepare_intermediate(*by.signer.issuer, profile, wanted));
  auto made = ca::parse_certificate(by.signer.issuer->sign(std::move(tbs)).view());
  if (!made) throw Fault("a CA certificate made here cannot be read: " + made.error().message);
  return made;
}

Result<Response> PkiEngine::sign_intermediate(Request& request,
                                              const SignIntermediateFields& fields) {
  return issuing([&] { return pki::sign(*this, request, fields); });
}

}  // namespace signet::pki
