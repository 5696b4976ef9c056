// SPDX-License-Identifier: Apache-2.0
// Lists of certificates (pki.md sections 1.5 and 11).
#include "ca/certificate.hpp"
#include "engines/pki/fields.hpp"
#include "engines/pki/pki.hpp"
#include "engines/pki/serial_text.hpp"
#include "storage/certificates.hpp"
#include "storage/revocations.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;

namespace {

constexpr std::size_t most_dns_names = 5;

Result<Response> keys_of(const std::vector<Bytes>& serials) {
  if (serials.empty()) return absent();
  Json keys = Json::array();
  for (const Bytes& serial : serials) keys.push_back(serial_text(serial));
  return Response::of({{"keys", std::move(keys)}});
}

Json key_of(const ca::Certificate& certificate) {
  const auto key = certificate.public_key();
  if (!key) return {{"key_type", "unknown"}, {"key_bits", 0}};
  return {{"key_type", name(key->spec().type)}, {"key_bits", key->spec().bits}};
}

Json details_of(const ca::Certificate& certificate) {
  Json details = key_of(certificate);
  details["common_name"] = certificate.subject.last(ca::oid::common_name).value_or("");
  details["issuer"] = certificate.issuer.text();
  details["not_before"] = rfc3339(certificate.not_before);
  details["not_after"] = rfc3339(certificate.not_after);
  const std::vector<std::string>& dns = certificate.sans.dns;
  if (dns.empty())
    details["dns_names"] = nullptr;
  else
    details["dns_names"] = std::vector<std::string>(
        dns.begin(),
        dns.begin() + static_cast<std::ptrdiff_t>(std::min(dns.size(), most_dns_names)));
  return details;
}

}  // namespace

std::vector<core::Route> list_routes() {
  std::vector<core::Route> routes;
  routes.emplace_back("certs", Operation::list, list_fields(), &PkiEngine::list_certificates,
                      "List the serial numbers of stored certificates.");
  routes.emplace_back("certs/detailed", Operation::list, list_fields(),
                      &PkiEngine::list_certificate_details,
                      "List stored certificates with what they say.");
  routes.emplace_back("certs/revoked", Operation::list, list_fields(), &PkiEngine::list_revoked,
                      "List the serial numbers of revoked certificates.");
  return routes;
}

Result<Response> PkiEngine::list_certificates(Request&, const ListFields& fields) {
  return keys_of(storage::CertificateStore(context_.database)
                     .serials(context_.mount_id, serial_bound(fields.after), fields.limit));
}

Result<Response> PkiEngine::list_revoked(Request&, const ListFields& fields) {
  return keys_of(storage::RevocationStore(context_.database)
                     .serials(context_.mount_id, serial_bound(fields.after), fields.limit));
}

Result<Response> PkiEngine::list_certificate_details(Request&, const ListFields& fields) {
  const auto rows = storage::CertificateStore(context_.database)
                        .list(context_.mount_id, serial_bound(fields.after), fields.limit);
  if (rows.empty()) return absent();
  Json keys = Json::array();
  Json infos = Json::object();
  std::vector<std::string> warnings;
  for (const auto& row : rows) {
    const std::string serial = serial_text(row.serial);
    const auto certificate = ca::parse_certificate(row.der);
    if (!certificate) {
      warnings.push_back("the certificate " + serial + " cannot be read and was left out");
      continue;
    }
    keys.push_back(serial);
    infos[serial] = details_of(*certificate);
  }
  Response response = Response::of({{"keys", std::move(keys)}, {"key_info", std::move(infos)}});
  response.warnings = std::move(warnings);
  return response;
}

}  // namespace signet::pki
