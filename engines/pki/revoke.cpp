// SPDX-License-Identifier: Apache-2.0
// revoke and revoke-with-key (pki.md section 12): one row, never a CRL.
#include "ca/certificate.hpp"
#include "ca/chain.hpp"
#include "crypto/digest.hpp"
#include "engines/pki/pki.hpp"
#include "engines/pki/status.hpp"
#include "storage/certificates.hpp"
#include "storage/revocations.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Operation;
using core::Request;
using core::Response;

struct RevokeFields {
  std::optional<std::string> serial_number;
  std::optional<std::string> certificate;
  std::optional<SecretBytes> private_key;
};

/// A certificate that may be revoked.
struct PkiEngine::Revocable {
  ca::Certificate certificate;
  std::int64_t authority = 0;
  bool is_stored = true;
};

namespace {

/// Below this, what was given can be no PEM: perhaps a file's name.
constexpr std::size_t shortest_certificate = 75;
constexpr std::size_t shortest_private_key = 64;

const core::Schema<RevokeFields>& revoke_fields() {
  static const core::Schema<RevokeFields> schema{
      {"serial_number", &RevokeFields::serial_number,
       "Serial number of the certificate: hex, with colons or hyphens."},
      {"certificate", &RevokeFields::certificate,
       "The certificate itself, PEM; also one that is not stored."},
  };
  return schema;
}

const core::Schema<RevokeFields>& revoke_with_key_fields() {
  static const core::Schema<RevokeFields> schema{
      {"serial_number", &RevokeFields::serial_number,
       "Serial number of the certificate: hex, with colons or hyphens."},
      {"certificate", &RevokeFields::certificate,
       "The certificate itself, PEM; also one that is not stored."},
      {"private_key", &RevokeFields::private_key, "The certificate's private key, PEM."},
  };
  return schema;
}

Response revoked_answer(UnixTime at) {
  return Response::of({{"revocation_time", at.seconds},
                       {"revocation_time_rfc3339", rfc3339(at)},
                       {"state", "revoked"}});
}

Result<ca::Certificate> parse_presented(const std::string& text) {
  if (text.size() < shortest_certificate)
    return invalid(
        "provided certificate data was too short; perhaps a path was passed to the API rather "
        "than the contents of a PEM file");
  const auto blocks = parse_pem(text);
  if (!blocks || blocks->empty()) return invalid("certificate could not be PEM-decoded");
  auto certificate = ca::parse_certificate(blocks->front().der);
  if (!certificate)
    return invalid("certificate could not be parsed: " + certificate.error().message);
  return certificate;
}

Result<void> check_key(const ca::Certificate& certificate, const SecretBytes& text) {
  const auto key = crypto::PrivateKey::parse(text.reveal());
  if (!key) return invalid("failed to parse provided private key: " + key.error().message);
  if (!std::ranges::equal(key->public_key().spki(), certificate.spki))
    return invalid("provided private key does not match certificate's public key");
  return {};
}

void stage_presented(storage::CommitUnit& unit, const Uuid& mount,
                     const ca::Certificate& certificate, std::int64_t authority) {
  const crypto::Sha256 spki_hash = crypto::sha256(certificate.spki);
  storage::CertificateRow row;
  row.issuer = authority;
  row.serial = to_bytes(certificate.serial.magnitude());
  row.mount = mount;
  row.source = "revoke";
  row.not_before = certificate.not_before;
  row.not_after = certificate.not_after;
  row.der = certificate.der.bytes;
  row.spki_hash = to_bytes(BytesView(spki_hash));
  storage::CertificateStore::stage(unit, std::move(row));
  unit.cannot_settle();  // the serial was not drawn for this unit
}

}  // namespace

std::vector<core::Route> revoke_routes() {
  std::vector<core::Route> routes;
  routes.emplace_back("revoke", Operation::update, revoke_fields(), &PkiEngine::revoke,
                      "Revoke a certificate.");
  routes.emplace_back("revoke-with-key", Operation::update, revoke_with_key_fields(),
                      &PkiEngine::revoke_with_key,
                      "Revoke a certificate whose private key one has.");
  return routes;
}

Result<PkiEngine::Revocable> PkiEngine::stored_certificate(const std::string& serial_number) {
  if (serial_number.empty()) return invalid("The serial number must be provided");
  const auto serial = Serial::parse(serial_number);
  std::optional<storage::CertificateRow> row;
  if (serial)
    row = storage::CertificateStore(context_.database).find(context_.mount_id, serial->magnitude());
  if (!row) return invalid("certificate with serial " + serial_number + " not found.");
  auto certificate = ca::parse_certificate(row->der);
  if (!certificate) throw Fault("a stored certificate cannot be read");
  return Revocable{std::move(*certificate), row->issuer, true};
}

Result<PkiEngine::Revocable> PkiEngine::presented_certificate(const Issuers& issuers,
                                                              const std::string& text) {
  ca::Certificate certificate = TRY(parse_presented(text));
  const auto signer = std::ranges::find_if(issuers.all(), [&](const IssuerEntry& issuer) {
    return ca::is_issued_by(certificate, issuer.certificate);
  });
  if (signer == issuers.all().end())
    return invalid(
        "unable to verify signature on presented cert from any present issuer in this mount; "
        "certificates from previous CAs will need to have their issuing CA and key re-imported if "
        "revocation is necessary");
  const auto stored = storage::CertificateStore(context_.database)
                          .find(signer->authority, certificate.serial.magnitude());
  if (stored && stored->der != certificate.der.bytes)
    return invalid("certificate with serial " + certificate.serial.colons() +
                   " is stored, but it is not the presented one");
  return Revocable{std::move(certificate), signer->authority, stored.has_value()};
}

Result<Response> PkiEngine::revoke(Request& request, const RevokeFields& fields) {
  return revoke_certificate(request, fields, false);
}

Result<Response> PkiEngine::revoke_with_key(Request& request, const RevokeFields& fields) {
  return revoke_certificate(request, fields, true);
}

Result<Response> PkiEngine::revoke_certificate(Request& request, const RevokeFields& fields,
                                               bool needs_key) {
  if (!fields.serial_number && !fields.certificate)
    return invalid("The serial number or certificate to revoke must be provided.");
  if (fields.serial_number && fields.certificate)
    return invalid("Must provide either the certificate or the serial to revoke; not both.");
  if (needs_key && !fields.private_key)
    return invalid("Must have private key to revoke via the /revoke-with-key path.");
  if (needs_key && fields.private_key->size() < shortest_private_key)
    return invalid(
        "Provided data for private_key was too short; perhaps a path was passed to the API rather "
        "than the contents of a PEM file?");
  const auto snapshot = issuers_for(request);
  const Revocable found =
      TRY(fields.serial_number ? stored_certificate(*fields.serial_number)
                               : presented_certificate(*snapshot, *fields.certificate));
  const ca::Certificate& certificate = found.certificate;
  if (needs_key) TRY(check_key(certificate, *fields.private_key));
  for (const IssuerEntry& issuer : snapshot->all())
    if (issuer.certificate.der == certificate.der)
      return invalid("adding issuer (id: " + issuer.id.text() + ") to its own CRL is not allowed");

  const Bytes serial = to_bytes(certificate.serial.magnitude());
  const storage::RevocationStore revocations(context_.database);
  if (const auto earlier = revocations.find(found.authority, serial))
    return revoked_answer(earlier->revoked_at);
  if (certificate.not_after < request.now + expiry_slack &&
      !snapshot->config().crl.allow_expired_cert_revocation) {
    Response response;
    response.warnings.push_back("certificate with serial " + certificate.serial.colons() +
                                " already expired; refusing to add to CRL");
    return response;
  }
  storage::CommitUnit& unit = request.unit();
  if (!found.is_stored) stage_presented(unit, context_.mount_id, certificate, found.authority);
  storage::RevocationRow row;
  row.issuer = found.authority;
  row.serial = serial;
  row.mount = context_.mount_id;
  row.revoked_at = request.now;
  row.not_after = certificate.not_after;
  storage::RevocationStore::stage(
      unit, std::move(row),
      Error{ErrorCode::conflict,
            "another request has just revoked this certificate; ask again for its time",
            {}});
  unit.after_commit(
      [this, authority = found.authority, serial] { status_->revoked(authority, serial); });
  return revoked_answer(request.now);
}

}  // namespace signet::pki
