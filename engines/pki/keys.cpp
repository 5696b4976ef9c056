// SPDX-License-Identifier: Apache-2.0
// Private keys as objects: list, read, rename, delete, generate, import (pki.md 9.3).
#include "engines/pki/fields.hpp"
#include "engines/pki/new_issuer.hpp"
#include "engines/pki/new_key.hpp"
#include "engines/pki/output.hpp"
#include "engines/pki/pem_import.hpp"
#include "engines/pki/pki.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

struct KeyRef {
  std::string key_ref;
};

struct KeyNameFields {
  std::string key_ref;
  std::string key_name;
};

struct GenerateKeyFields {
  std::string key_type = "rsa";
  std::int64_t key_bits = 0;
  std::optional<std::string> key_name;
};

struct ImportKeyFields {
  SecretBytes pem_bundle;
  std::optional<std::string> key_name;
};

namespace {

const core::Schema<KeyRef>& key_ref_field() {
  static const core::Schema<KeyRef> schema{
      {"key_ref", &KeyRef::key_ref, "Key: an id, a name or `default`."},
  };
  return schema;
}

const core::Schema<KeyNameFields>& key_name_fields() {
  static const core::Schema<KeyNameFields> schema{
      {"key_ref", &KeyNameFields::key_ref, "Key: an id, a name or `default`."},
      {"key_name", &KeyNameFields::key_name, "Name of the key; empty removes it."},
  };
  return schema;
}

const core::Schema<GenerateKeyFields>& generate_fields() {
  using F = GenerateKeyFields;
  static const core::Schema<GenerateKeyFields> schema{
      {"key_type", &F::key_type, "rsa, ec or ed25519."},
      {"key_bits", &F::key_bits, "Size of the key; 0: the default."},
      {"key_name", &F::key_name, "Name of the key."},
  };
  return schema;
}

const core::Schema<ImportKeyFields>& import_fields() {
  static const core::Schema<ImportKeyFields> schema{
      {"pem_bundle", &ImportKeyFields::pem_bundle, "One private key in PEM."},
      {"key_name", &ImportKeyFields::key_name, "Name of the key."},
  };
  return schema;
}

Json key_json(const KeyEntry& key) {
  return {{"key_id", key.id.text()}, {"key_name", key.name}, {"key_type", name(key.spec.type)}};
}

Result<Response> generate(PkiEngine& engine, Request& request, const GenerateKeyFields& fields,
                          bool is_exported) {
  const auto snapshot = engine.issuers_for(request);
  std::string name;
  if (fields.key_name) name = TRY(checked_key_name(*snapshot, *fields.key_name));
  const auto spec = new_key_spec(fields.key_type, fields.key_bits);
  if (!spec) return invalid("Validation for key_type, key_bits failed: " + spec.error().message);
  ChosenKey made = new_key_entry(engine, engine.new_key(*spec), std::move(name));
  made.entry.is_internal = !is_exported;
  engine.records().insert(request.unit(), made.entry, *made.key);
  if (const auto defaults =
          defaults_with(snapshot->config().defaults, *snapshot, std::nullopt, made.entry.id))
    engine.records().write(request.unit(), *defaults);
  Response response = Response::of(key_json(made.entry));
  if (is_exported)
    response.secrets.emplace_back("private_key", private_key_text(Format::pem, false, *made.key));
  return response;
}

}  // namespace

std::vector<Route> key_routes() {
  std::vector<Route> routes;
  routes.emplace_back("keys", Operation::list, list_fields(), &PkiEngine::list_keys,
                      "List the private keys.");
  Route one("key/{key_ref}", Operation::read, key_ref_field(), &PkiEngine::read_key,
            "Read what is known of a private key.");
  one.also(Operation::update, key_name_fields(), &PkiEngine::write_key, "Name a private key.");
  one.also(Operation::remove, key_ref_field(), &PkiEngine::delete_key, "Delete a private key.");
  routes.push_back(std::move(one));
  routes.emplace_back("keys/generate/internal", Operation::update, generate_fields(),
                      &PkiEngine::generate_internal_key, "Make a private key that stays here.");
  routes.emplace_back("keys/generate/exported", Operation::update, generate_fields(),
                      &PkiEngine::generate_exported_key, "Make a private key and answer it once.");
  routes.emplace_back("keys/import", Operation::update, import_fields(), &PkiEngine::import_key,
                      "Bring a private key from elsewhere.");
  return routes;
}

Result<Response> PkiEngine::list_keys(Request&, const ListFields& fields) {
  const auto snapshot = issuers();
  const KeyEntry* chosen = snapshot->default_key();
  std::vector<std::string> keys;
  Json info = Json::object();
  for (const KeyEntry& key : snapshot->keys()) {
    std::string id = key.id.text();
    if (id <= fields.after) continue;
    info[id] = {{"key_name", key.name}, {"is_default", &key == chosen}};
    keys.push_back(std::move(id));
    if (fields.limit > 0 && static_cast<std::int64_t>(keys.size()) == fields.limit) break;
  }
  if (keys.empty()) return absent();
  return Response::of({{"keys", std::move(keys)}, {"key_info", std::move(info)}});
}

Result<Response> PkiEngine::read_key(Request&, const KeyRef& fields) {
  return deciding([&]() -> Result<Response> {
    const auto snapshot = issuers();
    const auto key = snapshot->resolve_key(fields.key_ref);
    if (!key) return absent();
    const auto public_key = crypto::PublicKey::from_spki((*key)->spki);
    if (!public_key) throw Fault("a stored public key cannot be read");
    const crypto::Sha1 key_id = public_key->key_id();
    Json data = key_json(**key);
    data["subject_key_id"] = hex(key_id, ':');
    return Response::of(std::move(data));
  });
}

Result<Response> PkiEngine::write_key(Request& request, const KeyNameFields& fields) {
  return deciding([&]() -> Result<Response> {
    const auto snapshot = issuers_for(request);
    const KeyEntry* before = TRY(snapshot->resolve_key(fields.key_ref));
    KeyEntry after = *before;
    after.name.clear();
    if (!fields.key_name.empty())
      after.name = TRY(checked_key_name(*snapshot, fields.key_name, before));
    records_.rename(request.unit(), after, *snapshot->private_key(*before));
    Response response = Response::of(key_json(after));
    if (after.name.empty())
      response.warnings.push_back(
          "Name successfully deleted, you will now need to reference this key by it's Id: " +
          after.id.text());
    return response;
  });
}

Result<Response> PkiEngine::delete_key(Request& request, const KeyRef& fields) {
  context_.changes.refresh();  // what another node has just made is deleted too
  const auto snapshot = issuers_for(request);
  const auto found = snapshot->resolve_key(fields.key_ref);
  if (!found) return Response::no_content();
  const KeyEntry& key = **found;
  for (const IssuerEntry& issuer : snapshot->all())
    if (issuer.key_id == key.id)
      return invalid("Failed to Delete Key.  Key in Use by Issuer: " + issuer.id.text());
  records_.remove_key(request.unit(), key.id);
  if (&key != snapshot->default_key()) return Response::no_content();
  DefaultsConfig defaults = snapshot->config().defaults;
  defaults.key.reset();
  records_.write(request.unit(), defaults);
  Response response = Response::of(nullptr);
  response.warnings.push_back("Deleted key " + key.id.text() + " (via key_ref " + fields.key_ref +
                              "); this was configured as the default key. Operations without an "
                              "explicit key will not work until a new default is configured.");
  return response;
}

Result<Response> PkiEngine::generate_internal_key(Request& request,
                                                  const GenerateKeyFields& fields) {
  return generate(*this, request, fields, false);
}

Result<Response> PkiEngine::generate_exported_key(Request& request,
                                                  const GenerateKeyFields& fields) {
  return generate(*this, request, fields, true);
}

Result<Response> PkiEngine::import_key(Request& request, const ImportKeyFields& fields) {
  const auto snapshot = issuers_for(request);
  std::string name;
  if (fields.key_name) name = TRY(checked_key_name(*snapshot, *fields.key_name));
  crypto::PrivateKey key = TRY(parse_one_key(fields.pem_bundle));
  PemImport import(*this, request, *snapshot);
  const PemImport::Added added = import.add_key(std::move(key), std::move(name));
  import.finish();
  Response response = Response::of(key_json(*added.key));
  if (!added.is_new)
    response.warnings.emplace_back("Key already imported, use key/ endpoint to update name.");
  return response;
}

}  // namespace signet::pki
