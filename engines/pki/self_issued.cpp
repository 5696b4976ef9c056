// SPDX-License-Identifier: Apache-2.0
// Another CA's self-issued certificate, signed by an issuer of the mount (pki.md 8.2).
#include "engines/pki/self_issued.hpp"

#include "crypto/digest.hpp"
#include "crypto/signature_algorithms.hpp"
#include "engines/pki/new_issuer.hpp"
#include "engines/pki/output.hpp"
#include "engines/pki/pki.hpp"
#include "storage/certificates.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Operation;
using core::Request;
using core::Response;
using core::Route;

struct SelfIssuedFields {
  std::string certificate;
  bool require_matching_certificate_algorithms = false;
  std::string issuer_ref = "default";
};

namespace {

const core::Schema<SelfIssuedFields>& self_issued_fields() {
  using F = SelfIssuedFields;
  static const core::Schema<SelfIssuedFields> schema{
      {"certificate", &F::certificate, "The self-issued CA certificate, in PEM."},
      {"require_matching_certificate_algorithms", &F::require_matching_certificate_algorithms,
       "Refuses a certificate that was signed with another algorithm than the signer's."},
      {"issuer_ref", &F::issuer_ref, "Issuer that signs: an id, a name or `default`."},
  };
  return schema;
}

Result<ca::Certificate> parse_self_issued(const std::string& text) {
  const auto blocks = parse_pem(text);
  if (!blocks || blocks->empty()) return invalid("certificate could not be PEM-decoded");
  auto parsed = ca::parse_certificate(blocks->front().der);
  if (!parsed) return invalid("given certificate could not be read: " + parsed.error().message);
  if (!parsed->is_ca()) return invalid("given certificate is not a CA certificate");
  if (parsed->issuer != parsed->subject) return invalid("given certificate is not self-issued");
  return parsed;
}

/// The hash and padding that the signer's own certificate was signed with.
crypto::SignatureScheme scheme_of(const IssuingIssuer& by) {
  const auto own = crypto::parse_signature_algorithm(by.entry->certificate.signature_algorithm);
  return own ? own->scheme : crypto::SignatureScheme{};
}

Result<ca::Certificate> cross_sign(const IssuingIssuer& by, const ca::Certificate& given) {
  ca::CaProfile profile;
  if (given.key_usage) profile.key_usage = *given.key_usage;
  profile.ext_key_usage = given.ext_key_usage;
  profile.max_path_length = given.basic_constraints->path_length;
  if (given.name_constraints) profile.name_constraints = *given.name_constraints;
  profile.urls = by.signer.urls;
  profile.scheme = scheme_of(by);
  const crypto::PublicKey key = TRY(given.public_key());
  ca::CaRequest wanted;
  wanted.serial = given.serial;
  wanted.not_before = given.not_before;
  wanted.not_after = given.not_after;
  wanted.subject = &given.subject;
  wanted.key = &key;
  wanted.sans = given.sans;
  wanted.subject_key_id = given.subject_key_id;
  wanted.may_outlive_issuer = true;
  return sign_below(by, profile, wanted);
}

/// Stored so that it can be revoked. The serial is the given certificate's: one signed a second
/// time is not stored again, and a lost COMMIT could not be settled by it.
Result<void> stage_once(PkiEngine& engine, Request& request, std::int64_t authority,
                        const ca::Certificate& made) {
  const core::EngineContext& context = engine.context();
  const auto stored =
      storage::CertificateStore(context.database).find(authority, made.serial.magnitude());
  if (stored) {
    // RFC 5280, 4.1.2.2: who revoked one certificate would revoke another with it.
    if (!std::ranges::equal(stored->spki_hash, crypto::sha256(made.spki)))
      return invalid("the serial number " + made.serial.colons() +
                     " belongs to another certificate of the signer");
    return {};
  }
  request.unit().cannot_settle();
  // Two who sign the same certificate at once: the second decides again.
  request.unit().raise(Issuers::kind, context.mount_id);
  stage_certificate(request, context.mount_id, authority, made);
  return {};
}

}  // namespace

std::vector<Route> self_issued_routes() {
  std::vector<Route> routes;
  routes.push_back(
      std::move(Route("root/sign-self-issued", Operation::update, self_issued_fields(),
                      &PkiEngine::sign_self_issued, "Sign another CA's self-issued certificate.")
                    .sudo()));
  routes.emplace_back("issuer/{issuer_ref}/sign-self-issued", Operation::update,
                      self_issued_fields(), &PkiEngine::sign_self_issued,
                      "Sign another CA's self-issued certificate.");
  return routes;
}

Result<Response> PkiEngine::sign_self_issued(Request& request, const SelfIssuedFields& fields) {
  return issuing([&]() -> Result<Response> {
    const auto snapshot = issuers_for(request);
    const ca::Certificate given = TRY(parse_self_issued(fields.certificate));
    const IssuingIssuer by = TRY(snapshot->issuing(fields.issuer_ref));
    const ca::Certificate made = TRY(cross_sign(by, given));
    if (fields.require_matching_certificate_algorithms &&
        made.signature_algorithm != given.signature_algorithm)
      return invalid("the given certificate was signed with " + signature_algorithm_name(given) +
                     ", the signer signs with " + signature_algorithm_name(made));
    TRY(stage_once(*this, request, by.entry->authority, made));
    return Response::of({{"certificate", certificate_text(Format::pem, made.der.view())},
                         {"issuing_ca", by.entry->pem}});
  });
}

}  // namespace signet::pki
