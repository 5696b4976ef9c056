// SPDX-License-Identifier: Apache-2.0
// Certificates and the CA by public paths (pki.md section 11).
#include "crypto/digest.hpp"
#include "engines/pki/fields.hpp"
#include "engines/pki/http_cache.hpp"
#include "engines/pki/pki.hpp"
#include "engines/pki/serial_text.hpp"
#include "storage/certificates.hpp"
#include "storage/revocations.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Json;
using core::NoFields;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

struct SerialField {
  std::string serial;
};

namespace {

constexpr const char* der_type = "application/pkix-cert";
constexpr const char* pem_type = "application/pem-certificate-chain";

const core::Schema<SerialField>& serial_field() {
  static const core::Schema<SerialField> schema{
      {"serial", &SerialField::serial, "Serial number: hex, with colons or hyphens."},
  };
  return schema;
}

/// 204 that all the same says what would be there.
Response nothing(const char* content_type) { return Response::raw_bytes(content_type, {}, 204); }

/// May be kept by others, but is asked for again at each use: another issuer may be the default.
Response conditional(const Request& request, const char* type, Bytes body, UnixTime changed_at) {
  const crypto::Sha256 hash = crypto::sha256(body);
  const std::string etag = "\"" + hex(BytesView(hash).first(16)) + "\"";
  return with_cache_headers(request, Response::raw_bytes(type, std::move(body)),
                            {etag, changed_at, request.now});
}

Json revocation_json(const std::optional<UnixTime>& revoked_at) {
  return {{"revocation_time", revoked_at ? revoked_at->seconds : 0},
          {"revocation_time_rfc3339", revoked_at ? rfc3339(*revoked_at) : std::string()}};
}

std::string chain_text(const Issuers& issuers, const IssuerEntry& issuer) {
  std::string text;
  for (const IssuerEntry* link : issuers.chain_of(issuer)) {
    if (!text.empty()) text += '\n';
    text += link->pem;
  }
  return text;
}

UnixTime chain_changed_at(const Issuers& issuers, const IssuerEntry& issuer) {
  UnixTime latest = issuer.changed_at;
  for (const IssuerEntry* link : issuers.chain_of(issuer))
    latest = std::max(latest, link->changed_at);
  return latest;
}

/// `resolve("default")`: the default issuer, or the error that JSON answers show.
Result<const IssuerEntry*> default_of(const Issuers& issuers) { return issuers.resolve("default"); }

}  // namespace

std::vector<Route> fetch_routes() {
  std::vector<Route> routes;
  const auto add = [&](const char* pattern, const auto& schema, auto handler, const char* summary) {
    Route route(pattern, Operation::read, schema, handler, summary);
    route.unauthenticated().unaudited();
    routes.push_back(std::move(route));
  };
  const auto& none = core::no_fields();
  add("ca", none, &PkiEngine::read_ca_der, "Certificate of the default issuer, DER.");
  add("ca/pem", none, &PkiEngine::read_ca_pem, "Certificate of the default issuer, PEM.");
  add("ca_chain", none, &PkiEngine::read_ca_chain, "Chain of the default issuer, PEM.");
  add("cert/ca", none, &PkiEngine::read_ca_json, "Certificate of the default issuer.");
  add("cert/ca/raw", none, &PkiEngine::read_ca_der, "Certificate of the default issuer, DER.");
  add("cert/ca/raw/pem", none, &PkiEngine::read_ca_pem, "Certificate of the default issuer, PEM.");
  add("cert/ca_chain", none, &PkiEngine::read_ca_chain_json, "Chain of the default issuer.");
  const auto& serial = serial_field();
  add("cert/{serial:any}", serial, &PkiEngine::read_certificate,
      "A certificate by its serial number.");
  add("cert/{serial:any}/raw", serial, &PkiEngine::read_certificate_der,
      "A certificate by its serial number, DER.");
  add("cert/{serial:any}/raw/pem", serial, &PkiEngine::read_certificate_pem,
      "A certificate by its serial number, PEM.");
  const auto& reference = issuer_ref_field();
  add("issuer/{issuer_ref}/json", reference, &PkiEngine::read_issuer_json,
      "An issuer's certificate and chain.");
  add("issuer/{issuer_ref}/der", reference, &PkiEngine::read_issuer_der,
      "An issuer's certificate, DER.");
  add("issuer/{issuer_ref}/pem", reference, &PkiEngine::read_issuer_pem,
      "An issuer's certificate, PEM.");
  return routes;
}

Result<Response> PkiEngine::read_ca_der(Request& request, const NoFields&) {
  const auto snapshot = issuers_for_status(request);
  const IssuerEntry* issuer = snapshot->default_issuer();
  if (issuer == nullptr) return nothing(der_type);
  return conditional(request, der_type, issuer->certificate.der.bytes, issuer->changed_at);
}

Result<Response> PkiEngine::read_ca_pem(Request& request, const NoFields&) {
  const auto snapshot = issuers_for_status(request);
  const IssuerEntry* issuer = snapshot->default_issuer();
  if (issuer == nullptr) return nothing(pem_type);
  return conditional(request, pem_type, to_bytes(issuer->pem), issuer->changed_at);
}

Result<Response> PkiEngine::read_ca_chain(Request& request, const NoFields&) {
  const auto snapshot = issuers_for_status(request);
  const IssuerEntry* issuer = snapshot->default_issuer();
  // Deviates from Vault, which calls this PEM text application/pkix-cert.
  if (issuer == nullptr) return nothing(der_type);
  return conditional(request, pem_type, to_bytes(chain_text(*snapshot, *issuer)),
                     chain_changed_at(*snapshot, *issuer));
}

Result<Response> PkiEngine::read_ca_json(Request& request, const NoFields&) {
  const auto snapshot = issuers_for_status(request);
  const IssuerEntry* issuer = TRY(default_of(*snapshot));
  Json data = revocation_json(issuer->revoked_at);
  data["certificate"] = issuer->pem;
  return Response::of(std::move(data));
}

Result<Response> PkiEngine::read_ca_chain_json(Request& request, const NoFields&) {
  const auto snapshot = issuers_for_status(request);
  const IssuerEntry* issuer = TRY(default_of(*snapshot));
  Json data = revocation_json(std::nullopt);
  data["certificate"] = data["ca_chain"] = chain_text(*snapshot, *issuer);
  return Response::of(std::move(data));
}

namespace {

/// The row of a path's serial; nullopt when there is none. What can be no serial is no path of
/// ours.
Result<std::optional<storage::CertificateRow>> row_of(storage::Database& database,
                                                      const Uuid& mount, const std::string& text) {
  if (!looks_like_serial(text)) return absent("unsupported path");
  const auto serial = Serial::parse(text);
  if (!serial) return std::optional<storage::CertificateRow>();
  return storage::CertificateStore(database).find(mount, serial->magnitude());
}

}  // namespace

Result<Response> PkiEngine::read_certificate(Request& request, const SerialField& fields) {
  const auto row = TRY(row_of(context_.database, context_.mount_id, fields.serial));
  if (!row) return absent();
  const auto revoked = storage::RevocationStore(context_.database).find(row->issuer, row->serial);
  Json data = revocation_json(revoked ? std::optional(revoked->revoked_at) : std::nullopt);
  data["certificate"] = pem("CERTIFICATE", row->der, false);
  if (revoked) {
    const auto snapshot = issuers_for_status(request);
    const auto signers = snapshot->of_authority(row->issuer);
    if (!signers.empty()) data["issuer_id"] = signers.front()->id.text();
  }
  return Response::of(std::move(data));
}

Result<Response> PkiEngine::read_certificate_der(Request& request, const SerialField& fields) {
  auto row = TRY(row_of(context_.database, context_.mount_id, fields.serial));
  if (!row) return nothing(der_type);
  return conditional(request, der_type, std::move(row->der), row->not_before);
}

Result<Response> PkiEngine::read_certificate_pem(Request& request, const SerialField& fields) {
  const auto row = TRY(row_of(context_.database, context_.mount_id, fields.serial));
  if (!row) return nothing(pem_type);
  return conditional(request, pem_type, to_bytes(pem("CERTIFICATE", row->der, false)),
                     row->not_before);
}

Result<Response> PkiEngine::read_issuer_json(Request& request, const IssuerRef& fields) {
  const auto snapshot = issuers_for_status(request);
  const IssuerEntry* issuer = TRY(absent_if(snapshot->resolve(fields.issuer_ref)));
  Json chain = Json::array();
  for (const IssuerEntry* link : snapshot->chain_of(*issuer)) chain.push_back(link->pem + "\n");
  return Response::of({{"certificate", issuer->pem + "\n"},
                       {"ca_chain", std::move(chain)},
                       {"issuer_id", issuer->id.text()},
                       {"issuer_name", issuer->name}});
}

Result<Response> PkiEngine::read_issuer_der(Request& request, const IssuerRef& fields) {
  const auto snapshot = issuers_for_status(request);
  const IssuerEntry* issuer = TRY(absent_if(snapshot->resolve(fields.issuer_ref)));
  return conditional(request, der_type, issuer->certificate.der.bytes, issuer->changed_at);
}

Result<Response> PkiEngine::read_issuer_pem(Request& request, const IssuerRef& fields) {
  const auto snapshot = issuers_for_status(request);
  const IssuerEntry* issuer = TRY(absent_if(snapshot->resolve(fields.issuer_ref)));
  return conditional(request, pem_type, to_bytes(issuer->pem + "\n"), issuer->changed_at);
}

}  // namespace signet::pki
