// SPDX-License-Identifier: Apache-2.0
// config/issuers, root/replace and config/keys: what "default" means (pki.md 9.2, 9.3).
#include "engines/pki/pki.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Json;
using core::NoFields;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

struct DefaultIssuerFields {
  std::string issuer;
  std::optional<bool> follows_latest;
};

struct ReplaceRootFields {
  std::string issuer = "next";
};

struct DefaultKeyFields {
  std::string key;
};

namespace {

const core::Schema<DefaultIssuerFields>& default_issuer_fields() {
  using F = DefaultIssuerFields;
  static const core::Schema<DefaultIssuerFields> schema{
      {"default", &F::issuer, "Issuer that `default` stands for: an id or a name."},
      {"default_follows_latest_issuer", &F::follows_latest,
       "The newest issuer with a key becomes the default."},
  };
  return schema;
}

const core::Schema<ReplaceRootFields>& replace_fields() {
  static const core::Schema<ReplaceRootFields> schema{
      {"default", &ReplaceRootFields::issuer, "Issuer that becomes the default: an id or a name."},
  };
  return schema;
}

const core::Schema<DefaultKeyFields>& default_key_fields() {
  static const core::Schema<DefaultKeyFields> schema{
      {"default", &DefaultKeyFields::key, "Key that `default` stands for: an id or a name."},
  };
  return schema;
}

Json issuers_json(const IssuerEntry* issuer, const DefaultsConfig& defaults) {
  return {{"default", issuer == nullptr ? "" : issuer->id.text()},
          {"default_follows_latest_issuer", defaults.follows_latest_issuer}};
}

Json keys_json(const KeyEntry* key) { return {{"default", key == nullptr ? "" : key->id.text()}}; }

bool names_nothing(const std::string& reference) {
  return reference.empty() || reference == "default";
}

Result<Response> set_default_issuer(PkiEngine& engine, Request& request,
                                    const std::string& reference,
                                    const std::optional<bool>& follows_latest) {
  if (names_nothing(reference))
    return invalid("Invalid issuer specification; must be non-empty and can't be 'default'.");
  const auto snapshot = engine.issuers_for(request);
  const auto issuer = snapshot->resolve(reference);
  if (!issuer) return invalid("Error resolving issuer reference: " + issuer.error().message);
  DefaultsConfig defaults = snapshot->config().defaults;
  defaults.issuer = (*issuer)->id;
  if (follows_latest) defaults.follows_latest_issuer = *follows_latest;
  engine.records().write(request.unit(), defaults);
  Response response = Response::of(issuers_json(*issuer, defaults));
  if (!(*issuer)->key_id)
    response.warnings.emplace_back(
        "This selected default issuer has no key associated with it. Some operations like issuing "
        "certificates and signing CRLs will be unavailable with the requested default issuer until "
        "a key is imported or the default issuer is changed.");
  return response;
}

}  // namespace

std::vector<Route> defaults_routes() {
  const auto& nothing = core::no_fields();
  std::vector<Route> routes;
  Route issuers("config/issuers", Operation::read, nothing, &PkiEngine::read_default_issuer,
                "Which issuer is the default.");
  issuers.also(Operation::update, default_issuer_fields(), &PkiEngine::write_default_issuer,
               "Choose the default issuer.");
  routes.push_back(std::move(issuers));
  routes.emplace_back("root/replace", Operation::update, replace_fields(), &PkiEngine::replace_root,
                      "Make another issuer the default one.");
  Route keys("config/keys", Operation::read, nothing, &PkiEngine::read_default_key,
             "Which key is the default.");
  keys.also(Operation::update, default_key_fields(), &PkiEngine::write_default_key,
            "Choose the default key.");
  routes.push_back(std::move(keys));
  return routes;
}

Result<Response> PkiEngine::read_default_issuer(Request&, const NoFields&) {
  const auto snapshot = issuers();
  return Response::of(issuers_json(snapshot->default_issuer(), snapshot->config().defaults));
}

Result<Response> PkiEngine::write_default_issuer(Request& request,
                                                 const DefaultIssuerFields& fields) {
  return deciding(
      [&] { return set_default_issuer(*this, request, fields.issuer, fields.follows_latest); });
}

Result<Response> PkiEngine::replace_root(Request& request, const ReplaceRootFields& fields) {
  return deciding([&] { return set_default_issuer(*this, request, fields.issuer, std::nullopt); });
}

Result<Response> PkiEngine::read_default_key(Request&, const NoFields&) {
  return Response::of(keys_json(issuers()->default_key()));
}

Result<Response> PkiEngine::write_default_key(Request& request, const DefaultKeyFields& fields) {
  if (names_nothing(fields.key))
    return invalid("Invalid key specification; must be non-empty and can't be 'default'.");
  return deciding([&]() -> Result<Response> {
    const auto snapshot = issuers_for(request);
    const auto key = snapshot->resolve_key(fields.key);
    if (!key) return invalid("Error resolving issuer reference: " + key.error().message);
    DefaultsConfig defaults = snapshot->config().defaults;
    defaults.key = (*key)->id;
    records_.write(request.unit(), defaults);
    return Response::of(keys_json(*key));
  });
}

}  // namespace signet::pki
