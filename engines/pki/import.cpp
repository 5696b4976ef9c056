// SPDX-License-Identifier: Apache-2.0
// CAs from elsewhere: intermediate/set-signed, config/ca, issuers/import (pki.md 7.4).
#include "engines/pki/pem_import.hpp"
#include "engines/pki/pki.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

struct SetSignedFields {
  SecretBytes certificate;
};

struct BundleFields {
  SecretBytes pem_bundle;
};

namespace {

const core::Schema<SetSignedFields>& set_signed_fields() {
  static const core::Schema<SetSignedFields> schema{
      {"certificate", &SetSignedFields::certificate,
       "The signed certificate, and the chain above it if it is at hand, in PEM."},
  };
  return schema;
}

const core::Schema<BundleFields>& bundle_fields() {
  static const core::Schema<BundleFields> schema{
      {"pem_bundle", &BundleFields::pem_bundle,
       "CA certificates and private keys in any order, in PEM."},
  };
  return schema;
}

/// The ids, or null when there are none.
Json list_of(const std::vector<Uuid>& ids) {
  if (ids.empty()) return nullptr;
  Json list = Json::array();
  for (const Uuid& id : ids) list.push_back(id.text());
  return list;
}

std::vector<std::string> warnings_of(const PemImport& import, const Issuers& issuers) {
  std::vector<std::string> warnings;
  const IssuerEntry* chosen = issuers.default_issuer();
  if (chosen != nullptr && import.defaults().issuer == chosen->id && !chosen->key_id &&
      !import.gave_key_to(chosen->id))
    warnings.emplace_back(
        "The default issuer has no key associated with it. Some operations like issuing "
        "certificates and signing CRLs will be unavailable with the requested default issuer until "
        "a key is imported or the default issuer is changed.");
  if (import.defaults().follows_latest_issuer && import.new_issuers_with_key() > 1)
    warnings.emplace_back(
        "Default issuer left unchanged: could not select new issuer automatically as multiple "
        "imported issuers had key material.");
  if (issuers.config().urls.empty()) warnings.emplace_back(no_urls_warning);
  return warnings;
}

Result<Response> import_text(PkiEngine& engine, Request& request, const SecretBytes& text,
                             bool keys_allowed) {
  if (text.empty()) return invalid("'pem_bundle' and 'certificate' parameters were empty");
  PemContents contents = TRY(parse_bundle(text, keys_allowed));
  const auto snapshot = engine.issuers_for(request);
  PemImport import(engine, request, *snapshot);
  for (crypto::PrivateKey& key : contents.keys) import.add_key(std::move(key), {});
  for (ca::Certificate& certificate : contents.certificates)
    import.add_issuer(std::move(certificate));
  import.finish();

  Json mapping = Json::object();
  for (const auto& [issuer, key] : import.mapping())
    mapping[issuer.text()] = key ? key->text() : "";
  Response response = Response::of({{"mapping", std::move(mapping)},
                                    {"imported_issuers", list_of(import.new_issuers())},
                                    {"imported_keys", list_of(import.new_keys())},
                                    {"existing_issuers", list_of(import.known_issuers())},
                                    {"existing_keys", list_of(import.known_keys())}});
  response.warnings = warnings_of(import, *snapshot);
  return response;
}

}  // namespace

std::vector<Route> import_routes() {
  std::vector<Route> routes;
  routes.emplace_back("intermediate/set-signed", Operation::update, set_signed_fields(),
                      &PkiEngine::set_signed, "Bring back the certificate of an intermediate CA.");
  for (const char* pattern : {"config/ca", "issuers/import/bundle"})
    routes.emplace_back(pattern, Operation::update, bundle_fields(), &PkiEngine::import_bundle,
                        "Bring CA certificates and private keys from elsewhere.");
  routes.emplace_back("issuers/import/cert", Operation::update, bundle_fields(),
                      &PkiEngine::import_certificates, "Bring CA certificates from elsewhere.");
  return routes;
}

Result<Response> PkiEngine::set_signed(Request& request, const SetSignedFields& fields) {
  return import_text(*this, request, fields.certificate, true);
}

Result<Response> PkiEngine::import_bundle(Request& request, const BundleFields& fields) {
  return import_text(*this, request, fields.pem_bundle, true);
}

Result<Response> PkiEngine::import_certificates(Request& request, const BundleFields& fields) {
  return import_text(*this, request, fields.pem_bundle, false);
}

}  // namespace signet::pki
