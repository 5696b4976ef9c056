// SPDX-License-Identifier: Apache-2.0
// Roots, and requests for intermediates (pki.md 7.2, 7.3).
#include "ca/csr.hpp"
#include "ca/der_writer.hpp"
#include "ca/serial.hpp"
#include "ca/tbs.hpp"
#include "core/clock_check.hpp"
#include "engines/pki/ca_fields.hpp"
#include "engines/pki/new_issuer.hpp"
#include "engines/pki/new_key.hpp"
#include "engines/pki/output.hpp"
#include "engines/pki/pki.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

struct RootFields : CaFields, CaLimitFields, NewKeyFields {
  std::optional<std::string> issuer_name;
};

struct RequestFields : CaFields, NewKeyFields {
  bool add_basic_constraints = false;
};

namespace {

const core::Schema<RootFields>& root_fields() {
  static const core::Schema<RootFields> schema =
      core::Schema<RootFields>{
          {"issuer_name", &RootFields::issuer_name, "Name of the new issuer."},
      }
          .with(new_key_fields())
          .with(ca_fields())
          .with(ca_limit_fields());
  return schema;
}

const core::Schema<RequestFields>& request_fields() {
  static const core::Schema<RequestFields> schema =
      core::Schema<RequestFields>{
          {"add_basic_constraints", &RequestFields::add_basic_constraints,
           "The request asks for basic constraints (some CAs need that)."},
      }
          .with(new_key_fields())
          .with(ca_fields());
  return schema;
}

bool is_rotation(const Request& request) {
  return request.relative_path.starts_with("root/rotate/");
}

/// intermediate/cross-sign is for a key that is there.
Result<KeySource> request_key_source(const Request& request, const RequestFields& fields) {
  if (request.relative_path != "intermediate/cross-sign") return key_source(fields);
  auto of_existing = static_cast<const NewKeyFields&>(fields);
  of_existing.exported = "existing";
  return key_source(of_existing);
}

/// root/rotate names its issuer `next`, if that is free, so that root/replace finds it.
Result<std::string> root_name(const Issuers& issuers, const Request& request,
                              const RootFields& fields) {
  if (fields.issuer_name) return checked_issuer_name(issuers, *fields.issuer_name);
  if (!is_rotation(request)) return std::string();
  return checked_issuer_name(issuers, "next").value_or("");
}

/// The mount's URLs as they go into a root, which cannot name itself in them.
Result<ca::IssuerUrls> root_urls(const Config& config, std::vector<std::string>& warnings) {
  const bool is_unfit = config.urls.uses_issuer_id();
  if (is_unfit)
    warnings.emplace_back(
        "When generating root CA, found global AIA configuration with issuer_id template "
        "unsuitable for root generation. This AIA configuration has been ignored. To include AIA "
        "on this root CA, set the global AIA configuration to not include issuer_id and instead to "
        "refer to a static issuer name.");
  if (is_unfit || config.urls.empty()) {
    warnings.emplace_back(no_urls_warning);
    return ca::IssuerUrls{};
  }
  auto filled = rendered(config.urls, config.cluster, {});
  if (!filled) return invalid("unable to fetch AIA URL information: " + filled.error().message);
  return filled;
}

/// What an answer shows in the request's form.
struct Shown {
  Format format = Format::pem;
  bool wants_pkcs8 = false;
  const crypto::PrivateKey* private_key = nullptr;  ///< null: it stays here
};

Result<Shown> shown_as(const CaFields& fields, KeySource source) {
  Shown shown;
  shown.format = TRY(format_named(fields.format));
  if (source == KeySource::exported)
    shown.wants_pkcs8 = TRY(wants_pkcs8(fields.private_key_format));
  return shown;
}

/// Puts the object (certificate or request) and what goes with it into the answer.
void show(Response& response, Json& data, const Shown& shown, const char* member,
          std::string_view label, BytesView der) {
  std::string text = object_text(shown.format, label, der);
  if (shown.private_key == nullptr) {
    data[member] = std::move(text);
    return;
  }
  if (shown.format == Format::pem_bundle)
    response.secrets.emplace_back(member, pem_bundle(shown.private_key, {std::move(text)}));
  else
    data[member] = std::move(text);
  data["private_key_type"] = name(shown.private_key->spec().type);
  response.secrets.emplace_back(
      "private_key", private_key_text(shown.format, shown.wants_pkcs8, *shown.private_key));
}

IssuerEntry root_entry(PkiEngine& engine, const Request& request, const ChosenKey& key,
                       ca::Certificate certificate, std::string name) {
  IssuerEntry entry;
  entry.id = engine.context().random.uuid();
  entry.name = std::move(name);
  entry.key_id = key.entry.id;
  entry.revocation_signature_algorithm = signature_algorithm_name(certificate);
  entry.changed_at = request.now;
  entry.certificate = std::move(certificate);
  return entry;
}

Result<ca::Certificate> sign_root(PkiEngine& engine, const CaNames& names, const Validity& validity,
                                  const ca::CaProfile& profile, const crypto::PrivateKey& key) {
  ca::CaRequest wanted;
  wanted.serial = ca::serial_at_random(engine.context().random);
  wanted.not_before = validity.not_before;
  wanted.not_after = validity.not_after;
  wanted.subject = &names.subject;
  wanted.key = &key.public_key();
  wanted.sans = names.sans;
  ca::LintedTbs tbs = TRY(ca::prepare_root(profile, wanted));
  auto certificate = ca::parse_certificate(ca::sign(key, std::move(tbs)).view());
  if (!certificate) throw Fault("a root made here cannot be read: " + certificate.error().message);
  return certificate;
}

/// Key, certificate, issuer and defaults, as one unit. OCSP may say of a serial that it was never
/// issued only where nothing can have signed with this key before or elsewhere.
void stage_root(PkiEngine& engine, Request& request, const Issuers& issuers, const ChosenKey& key,
                IssuerEntry& entry) {
  const IssuerRecords& records = engine.records();
  const auto authority = records.authority_of(entry.certificate);
  entry.authority = authority.number;
  entry.knows_all_serials = key.entry.is_internal && authority.is_new;
  stage_certificate(request, engine.context().mount_id, authority.number, entry.certificate);
  if (key.is_new) records.insert(request.unit(), key.entry, *key.key);
  records.insert(request.unit(), authority, entry.certificate);
  records.insert(request.unit(), entry);
  if (const auto defaults = defaults_with(issuers.config().defaults, issuers, entry.id,
                                          key.is_new ? std::optional(key.entry.id) : std::nullopt))
    records.write(request.unit(), *defaults);
}

/// Critical CA:TRUE without a path length.
ca::Extension basic_constraints_request() {
  ca::DerWriter value(16);
  value.sequence([&] { value.boolean(true); });
  return {ca::Oid(ca::oid::basic_constraints), true, value.take()};
}

}  // namespace

std::vector<Route> generate_routes() {
  std::vector<Route> routes;
  for (const char* pattern :
       {"root/generate/{exported}", "issuers/generate/root/{exported}", "root/rotate/{exported}"})
    routes.emplace_back(pattern, Operation::update, root_fields(), &PkiEngine::generate_root,
                        "Make a self-signed CA.");
  for (const char* pattern :
       {"intermediate/generate/{exported}", "issuers/generate/intermediate/{exported}",
        "intermediate/cross-sign"})
    routes.emplace_back(pattern, Operation::update, request_fields(), &PkiEngine::generate_request,
                        "Make a request for an intermediate CA.");
  return routes;
}

Result<Response> PkiEngine::generate_root(Request& request, const RootFields& fields) {
  TRY(core::check_clock(context_.database));
  const auto snapshot = issuers_for(request);
  const KeySource source = TRY(key_source(fields));
  Shown shown = TRY(shown_as(fields, source));
  const Role role = TRY(ca_role(fields, &fields));
  std::string issuer_name = TRY(root_name(*snapshot, request, fields));
  std::vector<std::string> warnings;
  const CaNames names = TRY(ca_names(role, fields, fields.common_name, warnings));
  const Validity validity = TRY(ca_validity(request, role, fields, warnings));
  ca::CaProfile profile = TRY(ca_profile(role, fields));
  if (names.subject.empty())
    warnings.emplace_back(
        "This issuer certificate was generated without a Subject; this makes it likely that "
        "issuing leaf certs with this certificate will cause TLS validation libraries to reject "
        "this certificate.");
  profile.urls = TRY(root_urls(snapshot->config(), warnings));
  if (profile.max_path_length == 0)
    warnings.emplace_back(
        "Max path length of the generated certificate is zero. This certificate cannot be used to "
        "issue intermediate CA certificates.");
  const ChosenKey key = TRY(choose_key(*this, *snapshot, source, fields));
  ca::Certificate certificate = TRY(sign_root(*this, names, validity, profile, *key.key));
  IssuerEntry entry =
      root_entry(*this, request, key, std::move(certificate), std::move(issuer_name));
  stage_root(*this, request, *snapshot, key, entry);

  const BytesView der = entry.certificate.der.view();
  Json data{{"issuing_ca", certificate_text(shown.format, der)},
            {"serial_number", entry.certificate.serial.colons()},
            {"expiration", validity.not_after.seconds},
            {"issuer_id", entry.id.text()},
            {"issuer_name", entry.name},
            {"key_id", key.entry.id.text()},
            {"key_name", key.entry.name}};
  if (source == KeySource::exported) shown.private_key = key.key.get();
  Response response;
  show(response, data, shown, "certificate", "CERTIFICATE", der);
  response.data = std::move(data);
  response.warnings = std::move(warnings);
  return response;
}

Result<Response> PkiEngine::generate_request(Request& request, const RequestFields& fields) {
  const auto snapshot = issuers_for(request);
  const KeySource source = TRY(request_key_source(request, fields));
  Shown shown = TRY(shown_as(fields, source));
  const Role role = TRY(ca_role(fields, nullptr));
  std::vector<std::string> warnings;
  const CaNames names = TRY(ca_names(role, fields, fields.common_name, warnings));
  const ChosenKey key = TRY(choose_key(*this, *snapshot, source, fields));
  std::vector<ca::Extension> extensions;
  if (fields.add_basic_constraints) extensions.push_back(basic_constraints_request());
  const Der csr = ca::build_csr(names.subject, names.sans, extensions, *key.key, role.scheme);
  if (key.is_new) {
    records_.insert(request.unit(), key.entry, *key.key);
    if (const auto defaults =
            defaults_with(snapshot->config().defaults, *snapshot, std::nullopt, key.entry.id))
      records_.write(request.unit(), *defaults);
  }
  if (snapshot->config().urls.empty())
    warnings.push_back(std::string(no_urls_warning) +
                       " Since this certificate is an intermediate, it might be useful to "
                       "regenerate this certificate after fixing this problem for the root mount.");

  Json data{{"key_id", key.entry.id.text()}};
  if (source == KeySource::exported) shown.private_key = key.key.get();
  Response response;
  show(response, data, shown, "csr", "CERTIFICATE REQUEST", csr.view());
  response.data = std::move(data);
  response.warnings = std::move(warnings);
  return response;
}

}  // namespace signet::pki
