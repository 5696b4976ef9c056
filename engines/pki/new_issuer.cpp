// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/new_issuer.hpp"

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/signature_algorithms.hpp"
#include "engines/pki/pki.hpp"
#include "storage/certificates.hpp"

namespace signet::pki {

namespace {

constexpr std::size_t longest_name = 1024;

}  // namespace

const char* const no_urls_warning =
    "This mount hasn't configured any authority information access (AIA) fields; this may make it "
    "harder for systems to find missing certificates in the chain or to validate revocation status "
    "of certificates. Consider updating /config/urls or the newly generated issuer with this "
    "information.";

Result<std::string> checked_issuer_name(const Issuers& issuers, std::string_view name,
                                        const IssuerEntry* own) {
  const std::string_view trimmed = trim(name);
  if (trimmed.empty()) return invalid("expected non-empty issuer name");
  if (equal_ignoring_case(trimmed, "default"))
    return invalid("reserved keyword 'default' can not be used as issuer name");
  if (!is_name(trimmed)) return invalid("issuer name contained invalid characters");
  if (trimmed.size() > longest_name) return invalid("issuer name is longer than 1024 characters");
  const auto taken = issuers.resolve(trimmed);
  if (taken && *taken != own) return invalid("issuer name already in use");
  return std::string(trimmed);
}

Result<std::string> checked_key_name(const Issuers& issuers, std::string_view name,
                                     const KeyEntry* own) {
  const std::string_view trimmed = trim(name);
  if (equal_ignoring_case(trimmed, "default"))
    return invalid("reserved keyword 'default' can not be used as key name");
  if (!is_name(trimmed)) return invalid("key name contained invalid characters");
  if (trimmed.size() > longest_name) return invalid("key name is longer than 1024 characters");
  const auto taken = issuers.resolve_key(trimmed);
  if (taken && *taken != own) return invalid("key name already in use");
  return std::string(trimmed);
}

ChosenKey new_key_entry(PkiEngine& engine, crypto::PrivateKey key, std::string name) {
  ChosenKey chosen;
  chosen.is_new = true;
  chosen.entry.id = engine.context().random.uuid();
  chosen.entry.name = std::move(name);
  chosen.entry.spec = key.spec();
  chosen.entry.spki = to_bytes(key.public_key().spki());
  chosen.key = std::make_shared<const crypto::PrivateKey>(std::move(key));
  return chosen;
}

void stage_certificate(core::Request& request, const Uuid& mount, std::int64_t authority,
                       const ca::Certificate& certificate) {
  const crypto::Sha256 spki_hash = crypto::sha256(certificate.spki);
  storage::CertificateRow row;
  row.issuer = authority;
  row.serial = to_bytes(certificate.serial.magnitude());
  row.mount = mount;
  row.source = "rest";
  row.not_before = certificate.not_before;
  row.not_after = certificate.not_after;
  row.der = certificate.der.bytes;
  row.spki_hash = to_bytes(BytesView(spki_hash));
  if (request.token != nullptr) row.entity = Uuid::parse(request.token->entity_id);
  storage::CertificateStore::stage(request.unit(), std::move(row));
}

std::optional<DefaultsConfig> defaults_with(const DefaultsConfig& now, const Issuers& issuers,
                                            const std::optional<Uuid>& new_issuer,
                                            const std::optional<Uuid>& new_key) {
  DefaultsConfig after = now;
  if (new_issuer && (issuers.default_issuer() == nullptr || now.follows_latest_issuer))
    after.issuer = new_issuer;
  if (new_key && issuers.default_key() == nullptr) after.key = new_key;
  if (after.issuer == now.issuer && after.key == now.key) return std::nullopt;
  return after;
}

std::string signature_algorithm_name(const ca::Certificate& certificate) {
  const auto algorithm = crypto::parse_signature_algorithm(certificate.signature_algorithm);
  if (!algorithm) return {};
  if (algorithm->key == crypto::KeyType::ed25519) return "Ed25519";
  const crypto::Hash hash = algorithm->scheme.hash;
  const std::string digest = hash == crypto::Hash::sha512   ? "SHA512"
                             : hash == crypto::Hash::sha384 ? "SHA384"
                                                            : "SHA256";
  if (algorithm->key == crypto::KeyType::ec) return "ECDSAWith" + digest;
  return digest + (algorithm->scheme.is_pss ? "WithRSAPSS" : "WithRSA");
}

}  // namespace signet::pki
