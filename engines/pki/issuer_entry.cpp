// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/issuer_entry.hpp"

#include "base/text.hpp"
#include "crypto/digest.hpp"

#include <array>

#include <nlohmann/json.hpp>

namespace signet::pki {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<LeafNotAfter, std::string_view>, 3> behaviors{{
    {LeafNotAfter::err, "err"},
    {LeafNotAfter::truncate, "truncate"},
    {LeafNotAfter::permit, "permit"},
}};

[[noreturn]] void forged(const char* what) {
  throw Fault(std::string("a sealed record of a PKI ") + what + " does not fit its row");
}

Json to_json(const IssuerEntry& entry) {
  Json record{{"name", entry.name},
              {"authority", entry.authority},
              {"leaf_not_after_behavior", name(entry.leaf_not_after_behavior)},
              {"issuing_certificates", entry.usage.issuing_certificates},
              {"crl_signing", entry.usage.crl_signing},
              {"ocsp_signing", entry.usage.ocsp_signing},
              {"revocation_signature_algorithm", entry.revocation_signature_algorithm},
              {"urls", to_record(entry.urls)},
              {"knows_all_serials", entry.knows_all_serials},
              {"changed_at", entry.changed_at.seconds}};
  if (entry.key_id) record["key_id"] = entry.key_id->text();
  if (entry.revoked_at) record["revoked_at"] = entry.revoked_at->seconds;
  Json chain = Json::array();
  for (const Uuid& id : entry.manual_chain) chain.push_back(id.text());
  record["manual_chain"] = std::move(chain);
  return record;
}

Uuid id_of(const Json& text) {
  const auto id = Uuid::parse(text.get<std::string>());
  if (!id) forged("issuer");
  return *id;
}

void fill(IssuerEntry& entry, const Json& record) {
  entry.name = record.at("name").get<std::string>();
  entry.authority = record.at("authority").get<std::int64_t>();
  entry.leaf_not_after_behavior =
      leaf_not_after_named(record.at("leaf_not_after_behavior").get<std::string>())
          .value_or(LeafNotAfter::err);
  entry.usage.issuing_certificates = record.at("issuing_certificates").get<bool>();
  entry.usage.crl_signing = record.at("crl_signing").get<bool>();
  entry.usage.ocsp_signing = record.at("ocsp_signing").get<bool>();
  entry.revocation_signature_algorithm =
      record.at("revocation_signature_algorithm").get<std::string>();
  from_record(record.at("urls"), entry.urls);
  entry.knows_all_serials = record.at("knows_all_serials").get<bool>();
  entry.changed_at.seconds = record.at("changed_at").get<std::int64_t>();
  if (record.contains("key_id")) entry.key_id = id_of(record.at("key_id"));
  if (record.contains("revoked_at"))
    entry.revoked_at = UnixTime{record.at("revoked_at").get<std::int64_t>()};
  for (const Json& id : record.at("manual_chain")) entry.manual_chain.push_back(id_of(id));
}

SealedAt issuer_place(const Uuid& mount, const Uuid& id, const crypto::Sha256& certificate) {
  return {storage::issuers_table, storage::record_column, mount.view(), id.view(), certificate};
}

SealedAt key_place(const Uuid& mount, const Uuid& id, BytesView spki) {
  return {storage::issuer_keys_table, storage::record_column, mount.view(), id.view(), spki};
}

}  // namespace

std::string_view name(LeafNotAfter behavior) {
  for (const auto& [value, text] : behaviors)
    if (value == behavior) return text;
  CHECK(!"a behavior without a name");
  return {};
}

std::optional<LeafNotAfter> leaf_not_after_named(std::string_view text) {
  for (const auto& [value, name] : behaviors)
    if (name == text) return value;
  return std::nullopt;
}

std::string IssuerUsage::text() const {
  std::vector<std::string> names;
  if (crl_signing) names.emplace_back("crl-signing");
  if (issuing_certificates) names.emplace_back("issuing-certificates");
  if (ocsp_signing) names.emplace_back("ocsp-signing");
  names.emplace_back("read-only");
  return join(names, ",");
}

Result<IssuerUsage> IssuerUsage::parse(const std::vector<std::string>& names) {
  IssuerUsage usage{false, false, false};
  for (const std::string& given : names) {
    const std::string text = lower(given);
    if (text == "issuing-certificates")
      usage.issuing_certificates = true;
    else if (text == "crl-signing")
      usage.crl_signing = true;
    else if (text == "ocsp-signing")
      usage.ocsp_signing = true;
    else if (text != "read-only")
      return invalid("unknown name for usage: " + given);
  }
  return usage;
}

SealedBytes seal_issuer(Sealer& sealer, const Uuid& mount, const IssuerEntry& entry) {
  const crypto::Sha256 hash = crypto::sha256(entry.certificate.der.view());
  return sealer.seal(issuer_place(mount, entry.id, hash), as_bytes(to_json(entry).dump()));
}

IssuerEntry open_issuer(Sealer& sealer, const storage::IssuerRow& row) {
  const crypto::Sha256 hash = crypto::sha256(row.certificate);
  const SecretBytes plain = sealer.open(issuer_place(row.mount, row.id, hash), row.record.view());
  IssuerEntry entry;
  entry.id = row.id;
  const Json record = Json::parse(plain.reveal_text(), nullptr, false);
  if (!record.is_object()) forged("issuer");
  fill(entry, record);
  auto certificate = ca::parse_certificate(row.certificate);
  if (!certificate) forged("issuer");
  entry.certificate = std::move(*certificate);
  entry.pem = entry.certificate.pem();
  return entry;
}

// The record is a flag (1: internal), the name's length in two octets, the name, then the key as
// PKCS#8 DER: a private key never passes through JSON, whose buffers are not wiped.
SealedBytes seal_key(Sealer& sealer, const Uuid& mount, const KeyEntry& entry,
                     const crypto::PrivateKey& key) {
  CHECK(entry.name.size() <= 0xffff);
  const SecretBytes pkcs8 = key.pkcs8();
  Bytes plain;
  plain.reserve(3 + entry.name.size() + pkcs8.size());
  plain.push_back(entry.is_internal ? 1 : 0);
  plain.push_back(static_cast<std::uint8_t>(entry.name.size() >> 8));
  plain.push_back(static_cast<std::uint8_t>(entry.name.size()));
  append(plain, as_bytes(entry.name));
  append(plain, pkcs8.reveal());
  const SecretBytes record(std::move(plain));
  return sealer.seal(key_place(mount, entry.id, entry.spki), record.reveal());
}

OpenedKey open_key(Sealer& sealer, const storage::IssuerKeyRow& row) {
  const SecretBytes plain = sealer.open(key_place(row.mount, row.id, row.spki), row.record.view());
  const BytesView record = plain.reveal();
  if (record.size() < 3 || record[0] > 1) forged("key");
  const std::size_t length = static_cast<std::size_t>(record[1]) << 8 | record[2];
  if (record.size() < 3 + length) forged("key");
  OpenedKey opened;
  opened.entry.id = row.id;
  opened.entry.is_internal = record[0] == 1;
  opened.entry.name = std::string(as_text(record.subspan(3, length)));
  opened.entry.spki = row.spki;
  auto public_key = crypto::PublicKey::from_spki(row.spki);
  if (!public_key) forged("key");
  opened.entry.spec = public_key->spec();
  opened.pkcs8 = SecretBytes(to_bytes(record.subspan(3 + length)));
  return opened;
}

}  // namespace signet::pki
