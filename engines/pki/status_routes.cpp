// SPDX-License-Identifier: Apache-2.0
// CRL fetches, crl/rotate and OCSP (pki.md sections 13.2 and 14).
#include "engines/pki/fields.hpp"
#include "engines/pki/pki.hpp"
#include "engines/pki/status.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::NoFields;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

/// The request of an OCSP GET as the path carries it.
struct OcspPath {
  std::string request;
};

namespace {

const core::Schema<OcspPath>& ocsp_path() {
  static const core::Schema<OcspPath> schema{{"request", &OcspPath::request,
                                              "OCSP request (RFC 6960) as base64 of its DER.",
                                              core::required}};
  return schema;
}

Response empty_204(const char* content_type) { return Response::raw_bytes(content_type, {}, 204); }
constexpr const char* der_type = "application/pkix-crl";
constexpr const char* pem_type = "application/x-pem-file";

/// An issuer by the path's reference, or the default one. On the raw forms what is not there is an
/// empty 204, as the reference answers; null: that.
const IssuerEntry* find_issuer(const Issuers& issuers, const std::string& reference) {
  const auto found = issuers.resolve(reference.empty() ? "default" : reference);
  return found ? *found : nullptr;
}

core::Json as_certificate_json(const std::string& pem) {
  return {{"certificate", pem}, {"revocation_time", 0}, {"revocation_time_rfc3339", ""}};
}

}  // namespace

std::shared_ptr<const Issuers> PkiEngine::issuers_for_status(const Request& request) {
  auto last = issuers_.last();
  if (!request.may_wait || (last && !context_.database.is_reachable())) return last;
  return issuers();
}

Result<Response> PkiEngine::read_crl_der(Request& request, const IssuerRef& fields) {
  const auto issuers = issuers_for_status(request);
  if (!issuers) return core::needs_worker();
  const IssuerEntry* issuer = find_issuer(*issuers, fields.issuer_ref);
  if (issuer == nullptr) {
    if (!request.may_wait) return core::needs_worker();
    return empty_204(der_type);
  }
  return status_->crl(request, *issuer, Status::CrlForm::der);
}

Result<Response> PkiEngine::read_crl_pem(Request& request, const IssuerRef& fields) {
  const auto issuers = issuers_for_status(request);
  if (!issuers) return core::needs_worker();
  const IssuerEntry* issuer = find_issuer(*issuers, fields.issuer_ref);
  if (issuer == nullptr) {
    if (!request.may_wait) return core::needs_worker();
    return empty_204(pem_type);
  }
  return status_->crl(request, *issuer,
                      fields.issuer_ref.empty() ? Status::CrlForm::pem : Status::CrlForm::pem_line);
}

Result<Response> PkiEngine::read_crl_json(Request& request, const IssuerRef& fields) {
  const auto issuers = issuers_for_status(request);
  const auto issuer = TRY(absent_if(issuers->resolve(fields.issuer_ref)));
  const std::string pem = TRY(status_->crl_pem(request, *issuer, true));
  if (pem.empty()) return absent();
  return Response::of({{"crl", pem}});
}

Result<Response> PkiEngine::read_certificate_crl(Request& request, const NoFields&) {
  const auto issuers = issuers_for_status(request);
  const IssuerEntry* issuer = find_issuer(*issuers, {});
  if (issuer == nullptr) return absent();
  const std::string pem = TRY(status_->crl_pem(request, *issuer, false));
  if (pem.empty()) return absent();
  return Response::of(as_certificate_json(pem));
}

Result<Response> PkiEngine::read_no_delta(Request&, const IssuerRef&) {
  return empty_204(der_type);
}

Result<Response> PkiEngine::rotate_crls(Request& request, const NoFields&) {
  auto warnings = TRY(status_->rotate(request));
  Response response = Response::of({{"success", true}});
  response.warnings = std::move(warnings);
  return response;
}

Result<Response> PkiEngine::rotate_deltas(Request&, const NoFields&) {
  Response response = Response::of({{"success", true}});
  if (!issuers()->config().crl.enable_delta)
    response.warnings.emplace_back(
        "requested rebuild of delta CRL when delta CRL is not enabled; this is a no-op");
  return response;
}

Result<Response> PkiEngine::ocsp_get(Request& request, const OcspPath& fields) {
  if (auto known = status_->ocsp_again(request, fields.request)) return *std::move(known);
  const auto der = crl::decode_ocsp_path(fields.request);
  return status_->ocsp(request, der ? BytesView(*der) : BytesView(), fields.request);
}

Result<Response> PkiEngine::ocsp_post(Request& request, const NoFields&) {
  return status_->ocsp(request, request.raw_body);
}

std::vector<Route> status_routes() {
  const auto& reference = issuer_ref_field();
  const auto& nothing = core::no_fields();
  static const core::Schema<IssuerRef> no_reference{};
  const auto open = [](Route route) { return std::move(route.unauthenticated().unaudited()); };
  const auto fast = [&](Route route) { return open(std::move(route.inplace())); };
  std::vector<Route> routes;
  routes.push_back(fast({"crl", Operation::read, no_reference, &PkiEngine::read_crl_der,
                         "CRL of the default issuer, DER."}));
  routes.push_back(fast({"crl/pem", Operation::read, no_reference, &PkiEngine::read_crl_pem,
                         "CRL of the default issuer, PEM."}));
  routes.push_back(open({"crl/delta", Operation::read, no_reference, &PkiEngine::read_no_delta,
                         "Delta CRL: none is published."}));
  routes.push_back(open({"crl/delta/pem", Operation::read, no_reference, &PkiEngine::read_no_delta,
                         "Delta CRL: none is published."}));
  routes.push_back({"crl/rotate", Operation::read, nothing, &PkiEngine::rotate_crls,
                    "Build every CRL of the mount now."});
  routes.push_back({"crl/rotate-delta", Operation::read, nothing, &PkiEngine::rotate_deltas,
                    "Build every delta CRL now."});
  routes.push_back(open({"cert/crl", Operation::read, nothing, &PkiEngine::read_certificate_crl,
                         "CRL of the default issuer, in JSON."}));
  routes.push_back(open({"issuer/{issuer_ref}/crl", Operation::read, reference,
                         &PkiEngine::read_crl_json, "CRL of an issuer, in JSON."}));
  routes.push_back(fast({"issuer/{issuer_ref}/crl/der", Operation::read, reference,
                         &PkiEngine::read_crl_der, "CRL of an issuer, DER."}));
  routes.push_back(fast({"issuer/{issuer_ref}/crl/pem", Operation::read, reference,
                         &PkiEngine::read_crl_pem, "CRL of an issuer, PEM."}));
  for (const char* form : {"issuer/{issuer_ref}/crl/delta", "issuer/{issuer_ref}/crl/delta/der",
                           "issuer/{issuer_ref}/crl/delta/pem"})
    routes.push_back(open({form, Operation::read, reference, &PkiEngine::read_no_delta,
                           "Delta CRL: none is published."}));
  routes.push_back(fast({"ocsp/{request...}", Operation::read, ocsp_path(), &PkiEngine::ocsp_get,
                         "OCSP by GET (RFC 6960, A.1)."}));
  routes.push_back(fast(std::move(Route("ocsp", Operation::update, nothing, &PkiEngine::ocsp_post,
                                        "OCSP by POST (RFC 6960, A.1).")
                                      .raw_body())));
  return routes;
}

}  // namespace signet::pki
