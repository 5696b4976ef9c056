// SPDX-License-Identifier: Apache-2.0
// POST and PATCH of an issuer (pki.md 9.1).
#include "base/text.hpp"
#include "crl/crl.hpp"
#include "engines/pki/issuer_json.hpp"
#include "engines/pki/new_issuer.hpp"
#include "engines/pki/pki.hpp"

#include <array>

namespace signet::pki {

using core::Request;
using core::Response;

namespace {

/// The form of a signature algorithm's name that is stored; "" when there is no such name.
std::string canonical_algorithm(std::string_view given) {
  static constexpr std::array<std::string_view, 10> names{
      "SHA256WithRSA",    "SHA384WithRSA",    "SHA512WithRSA",   "SHA256WithRSAPSS",
      "SHA384WithRSAPSS", "SHA512WithRSAPSS", "ECDSAWithSHA256", "ECDSAWithSHA384",
      "ECDSAWithSHA512",  "Ed25519"};
  if (equal_ignoring_case(given, "PureEd25519")) return "Ed25519";
  for (const std::string_view name : names)
    if (equal_ignoring_case(given, name)) return std::string(name);
  return {};
}

/// One write of one issuer: each member checks and takes one field.
class IssuerWrite {
 public:
  IssuerWrite(const Issuers& issuers, const IssuerEntry& before, const IssuerFields& fields,
              bool is_patch)
      : issuers_(issuers), before_(before), fields_(fields), is_patch_(is_patch), after_(before) {}

  Result<IssuerEntry> run() {
    TRY(name());
    TRY(behavior());
    TRY(usage());
    TRY(algorithm());
    TRY(urls());
    TRY(chain());
    return std::move(after_);
  }

 private:
  /// Whether a field is to be set: to what was given, or to its default when all are replaced.
  template <class T>
  [[nodiscard]] bool sets(const std::optional<T>& field) const {
    return field.has_value() || !is_patch_;
  }

  Result<void> name() {
    if (!sets(fields_.issuer_name)) return {};
    const std::string wanted = fields_.issuer_name.value_or("");
    if (trim(wanted).empty())
      after_.name.clear();
    else
      after_.name = TRY(checked_issuer_name(issuers_, wanted, &before_));
    return {};
  }

  Result<void> behavior() {
    if (!sets(fields_.leaf_not_after_behavior)) return {};
    const auto behavior = leaf_not_after_named(fields_.leaf_not_after_behavior.value_or("err"));
    if (!behavior)
      return invalid(
          "Unknown value for field `leaf_not_after_behavior`. Possible values are `err`, "
          "`truncate`, and `permit`.");
    after_.leaf_not_after_behavior = *behavior;
    return {};
  }

  [[nodiscard]] bool may_sign_crls() const {
    const auto& usage = before_.certificate.key_usage;
    return !usage || usage->has(ca::usage::crl_sign);
  }

  Result<void> usage() {
    if (!sets(fields_.usage)) return {};
    if (!fields_.usage) {
      after_.usage = IssuerUsage{!before_.revoked_at, may_sign_crls(), true};
      return {};
    }
    const auto usage = IssuerUsage::parse(*fields_.usage);
    if (!usage)
      return invalid("Unable to parse specified usages: [" + join(*fields_.usage, " ") +
                     "] - valid values are crl-signing,issuing-certificates,ocsp-signing,"
                     "read-only");
    if (before_.revoked_at && usage->issuing_certificates)
      return invalid(
          "This issuer was revoked; unable to modify its usage to include certificate signing "
          "again. Reissue this certificate (preferably with a new key) and modify that entry "
          "instead.");
    if (usage->crl_signing && !may_sign_crls())
      return invalid(
          "This issuer's underlying certificate lacks the CRLSign KeyUsage value; unable to set "
          "CRLSigningUsage on this issuer as a result.");
    after_.usage = *usage;
    return {};
  }

  Result<void> algorithm() {
    if (!sets(fields_.revocation_signature_algorithm)) return {};
    const std::string given(trim(fields_.revocation_signature_algorithm.value_or("")));
    after_.revocation_signature_algorithm.clear();
    if (given.empty()) return {};
    const std::string name = canonical_algorithm(given);
    if (name.empty())
      return invalid("Unknown value for field `revocation_signature_algorithm`: " + given);
    const crypto::PublicKey key = TRY(before_.certificate.public_key());
    if (!crl::scheme_named(name, key.spec().type))
      return invalid("unable to use issuer of type " + std::string(crypto::name(key.spec().type)) +
                     " to sign with " + name);
    after_.revocation_signature_algorithm = name;
    return {};
  }

  void take(const std::optional<std::vector<std::string>>& given, std::vector<std::string>& to) {
    if (sets(given)) to = given.value_or(std::vector<std::string>());
  }

  Result<void> urls() {
    Urls& urls = after_.urls;
    take(fields_.issuing_certificates, urls.issuing_certificates);
    take(fields_.crl_distribution_points, urls.crl_distribution_points);
    take(fields_.delta_crl_distribution_points, urls.delta_crl_distribution_points);
    take(fields_.ocsp_servers, urls.ocsp_servers);
    if (sets(fields_.enable_aia_url_templating))
      urls.enable_templating = fields_.enable_aia_url_templating.value_or(false);
    return check_urls(urls);
  }

  /// "self" is the issuer itself, which comes first.
  Result<void> chain() {
    if (!sets(fields_.manual_chain)) return {};
    after_.manual_chain.clear();
    for (const std::string& reference : fields_.manual_chain.value_or(std::vector<std::string>())) {
      const IssuerEntry* link = &before_;
      if (reference != "self") link = TRY(issuers_.resolve(reference));
      if (after_.manual_chain.empty() && link != &before_)
        return invalid("expected first cert in chain to be a self-reference, but was: " +
                       reference + "/" + link->id.text());
      after_.manual_chain.push_back(link->id);
    }
    return {};
  }

  const Issuers& issuers_;
  const IssuerEntry& before_;
  const IssuerFields& fields_;
  const bool is_patch_;
  IssuerEntry after_;
};

Result<Response> change(PkiEngine& engine, Request& request, const IssuerFields& fields,
                        bool is_patch) {
  const auto snapshot = engine.issuers_for(request);
  const IssuerEntry* before = TRY(snapshot->resolve(fields.issuer_ref));
  IssuerEntry after = TRY(IssuerWrite(*snapshot, *before, fields, is_patch).run());
  after.changed_at = request.now;
  engine.records().update(request.unit(), after);
  after.chain = after.manual_chain.empty() ? after.built_chain : after.manual_chain;
  Response response = issuer_answer(*snapshot, after);
  if (auto warning = template_warning(after.urls, snapshot->config().cluster))
    response.warnings.push_back(std::move(*warning));
  return response;
}

}  // namespace

const core::Schema<IssuerFields>& issuer_schema() {
  using F = IssuerFields;
  static const core::Schema<IssuerFields> schema{
      {"issuer_ref", &F::issuer_ref, "Issuer: an id, a name or `default`."},
      {"issuer_name", &F::issuer_name, "Name of the issuer; empty removes it."},
      {"leaf_not_after_behavior", &F::leaf_not_after_behavior,
       "What becomes of leaves that would outlive the issuer: err, truncate or permit."},
      {"usage", &F::usage,
       "What the issuer may be used for: issuing-certificates, crl-signing, ocsp-signing, "
       "read-only."},
      {"revocation_signature_algorithm", &F::revocation_signature_algorithm,
       "What CRLs and OCSP answers are signed with; empty: what fits the key."},
      {"manual_chain", &F::manual_chain,
       "The chain to show, the issuer itself first, instead of the computed one."},
      {"issuing_certificates", &F::issuing_certificates, "Where this issuer can be fetched."},
      {"crl_distribution_points", &F::crl_distribution_points,
       "Where this issuer's CRL can be fetched."},
      {"delta_crl_distribution_points", &F::delta_crl_distribution_points,
       "Where this issuer's delta CRL can be fetched."},
      {"ocsp_servers", &F::ocsp_servers, "Where OCSP answers for this issuer."},
      {"enable_aia_url_templating", &F::enable_aia_url_templating,
       "The URLs may hold {{issuer_id}}, {{cluster_path}} and {{cluster_aia_path}}."},
  };
  return schema;
}

Result<Response> PkiEngine::write_issuer(Request& request, const IssuerFields& fields) {
  return deciding([&] { return change(*this, request, fields, false); });
}

Result<Response> PkiEngine::patch_issuer(Request& request, const IssuerFields& fields) {
  return deciding([&] { return change(*this, request, fields, true); });
}

}  // namespace signet::pki
