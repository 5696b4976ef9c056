// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/pem_import.hpp"

#include "engines/pki/pki.hpp"

#include <algorithm>

namespace signet::pki {
namespace {

constexpr const char* too_short =
    "provided data for import was too short; perhaps a path was passed to the API rather than the "
    "contents of a PEM file";
constexpr std::size_t shortest_bundle = 75, shortest_key = 64;

/// Blocks of a PEM text; the DER of keys is wiped when it is released.
class Blocks {
 public:
  explicit Blocks(std::string_view text) : blocks_(parse_pem(text)) {}
  ~Blocks() {
    if (!blocks_) return;
    for (PemBlock& block : *blocks_) wipe(block.der);
  }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  [[nodiscard]] bool empty() const { return !blocks_ || blocks_->empty(); }
  [[nodiscard]] const std::vector<PemBlock>& all() const { return *blocks_; }

 private:
  std::optional<std::vector<PemBlock>> blocks_;
};

bool is_certificate(std::string_view label) {
  return label == "CERTIFICATE" || label == "X509 CERTIFICATE";
}

bool is_left_out(std::string_view label) {
  return label == "CRL" || label == "X509 CRL" || label == "EC PARAMS" || label == "EC PARAMETERS";
}

Result<ca::Certificate> parse_ca(BytesView der, std::size_t number) {
  auto parsed = ca::parse_certificate(der);
  if (!parsed)
    return invalid("Error parsing issuer " + std::to_string(number) + ": " +
                   parsed.error().message);
  const auto key = parsed->public_key();
  if (!key)
    return invalid("Error parsing issuer " + std::to_string(number) + ": " + key.error().message);
  if (!parsed->is_ca())
    return invalid("Refusing to import non-CA certificate: " + parsed->subject.text());
  return parsed;
}

}  // namespace

Result<PemContents> parse_bundle(const SecretBytes& text, bool keys_allowed) {
  if (text.size() < shortest_bundle) return invalid(too_short);
  const Blocks blocks(text.reveal_text());
  if (blocks.empty()) return invalid("error when parsing block 1: invalid PEM data");
  PemContents contents;
  for (const PemBlock& block : blocks.all()) {
    if (is_certificate(block.label)) {
      ca::Certificate certificate = TRY(parse_ca(block.der, contents.certificates.size()));
      contents.certificates.push_back(std::move(certificate));
    } else if (!is_left_out(block.label)) {
      if (!keys_allowed)
        return invalid(
            "private keys found in the PEM bundle but not allowed by the path; use "
            "/issuers/import/bundle");
      auto key = crypto::PrivateKey::parse(block.der);
      if (!key)
        return invalid("Error parsing key " + std::to_string(contents.keys.size()) + ": " +
                       key.error().message);
      contents.keys.push_back(std::move(*key));
    }
  }
  return contents;
}

Result<crypto::PrivateKey> parse_one_key(const SecretBytes& text) {
  if (text.empty()) return invalid("'pem_bundle' parameter was empty");
  if (text.size() < shortest_key) return invalid(too_short);
  const Blocks blocks(text.reveal_text());
  if (blocks.empty()) return invalid("failed to parse PEM block: invalid PEM data");
  std::vector<const PemBlock*> found;
  for (const PemBlock& block : blocks.all())
    if (!is_left_out(block.label)) found.push_back(&block);
  if (found.size() != 1)
    return invalid("only a single key can be present within the pem_bundle for importing");
  if (is_certificate(found[0]->label))
    return invalid("failed to parse PEM block: a certificate is no private key");
  auto key = crypto::PrivateKey::parse(found[0]->der);
  if (!key) return invalid("failed to parse PEM block: " + key.error().message);
  return key;
}

PemImport::PemImport(PkiEngine& engine, core::Request& request, const Issuers& issuers)
    : engine_(engine), request_(request), issuers_(issuers), defaults_(issuers.config().defaults) {
  for (const IssuerEntry& issuer : issuers.all()) all_issuers_[issuer.id].entry = issuer;
}

PemImport::Added PemImport::add_key(crypto::PrivateKey key, std::string name) {
  const BytesView spki = key.public_key().spki();
  if (const auto known = key_of(spki)) {
    const auto added = added_keys_.find(*known);
    if (added != added_keys_.end()) return {&added->second.entry, false};
    if (std::find(known_keys_.begin(), known_keys_.end(), *known) == known_keys_.end())
      known_keys_.push_back(*known);
    return {issuers_.find_key(*known), false};
  }
  ChosenKey made = new_key_entry(engine_, std::move(key), std::move(name));
  const Uuid id = made.entry.id;
  new_keys_.push_back(id);
  return {&added_keys_.emplace(id, std::move(made)).first->second.entry, true};
}

void PemImport::add_issuer(ca::Certificate certificate) {
  for (const auto& [id, issuer] : all_issuers_) {
    if (issuer.entry.certificate.der != certificate.der) continue;
    if (issuer.is_new) return;
    if (std::find(known_issuers_.begin(), known_issuers_.end(), id) == known_issuers_.end())
      known_issuers_.push_back(id);
    return;
  }
  IssuerEntry entry;
  entry.id = engine_.context().random.uuid();
  entry.changed_at = request_.now;
  const auto& usage = certificate.key_usage;
  entry.usage.crl_signing = !usage || usage->has(ca::usage::crl_sign);
  entry.certificate = std::move(certificate);
  new_issuers_.push_back(entry.id);
  const Uuid id = entry.id;
  all_issuers_[id] = {std::move(entry), true, false};
}

std::optional<Uuid> PemImport::key_of(BytesView spki) const {
  for (const KeyEntry& key : issuers_.keys())
    if (std::ranges::equal(key.spki, spki)) return key.id;
  for (const auto& [id, key] : added_keys_)
    if (std::ranges::equal(key.entry.spki, spki)) return id;
  return std::nullopt;
}

void PemImport::link_keys() {
  for (auto& [id, issuer] : all_issuers_) {
    if (issuer.entry.key_id) continue;
    // As crypto writes it: an import may code an equal key otherwise (RSA parameters left out).
    const auto key = issuer.entry.certificate.public_key();
    if (!key) continue;
    issuer.entry.key_id = key_of(key->spki());
    issuer.is_changed = issuer.entry.key_id.has_value();
  }
}

void PemImport::choose_defaults() {
  if (!new_keys_.empty() && issuers_.default_key() == nullptr) defaults_.key = new_keys_.front();
  if (defaults_.follows_latest_issuer && new_issuers_with_key() == 1) {
    for (const Uuid& id : new_issuers_)
      if (all_issuers_.at(id).entry.key_id) defaults_.issuer = id;
    return;
  }
  if (issuers_.default_issuer() != nullptr) return;
  // The bundle's own first, in its order; then one that a key of it was found for.
  for (const Uuid& id : new_issuers_) {
    if (!all_issuers_.at(id).entry.key_id) continue;
    defaults_.issuer = id;
    return;
  }
  for (const auto& [id, issuer] : all_issuers_) {
    if (!issuer.is_changed) continue;
    defaults_.issuer = id;
    return;
  }
}

void PemImport::stage() {
  const IssuerRecords& records = engine_.records();
  storage::CommitUnit& unit = request_.unit();
  for (const Uuid& id : new_keys_) {
    const ChosenKey& key = added_keys_.at(id);
    records.insert(unit, key.entry, *key.key);
  }
  // Certificates of one subject and key share an authority, also when both are new.
  std::map<std::pair<Bytes, Bytes>, IssuerRecords::Authority> authorities;
  std::vector<const ca::Certificate*> first_of;
  for (const Uuid& id : new_issuers_) {
    IssuerEntry& entry = all_issuers_.at(id).entry;
    const std::pair<Bytes, Bytes> place{to_bytes(entry.certificate.subject.der()),
                                        entry.certificate.spki};
    auto known = authorities.find(place);
    if (known == authorities.end()) {
      known = authorities.emplace(place, records.authority_of(entry.certificate)).first;
      if (known->second.is_new) first_of.push_back(&entry.certificate);
    }
    entry.authority = known->second.number;
    // A certificate for a key that has never left this mount: whatever it signs is on record here.
    const KeyEntry* key = entry.key_id ? issuers_.find_key(*entry.key_id) : nullptr;
    entry.knows_all_serials = key != nullptr && key->is_internal && known->second.is_new;
    records.insert(unit, entry);
  }
  for (const ca::Certificate* certificate : first_of)
    records.insert(unit, authorities.at({to_bytes(certificate->subject.der()), certificate->spki}),
                   *certificate);
  for (const auto& [id, issuer] : all_issuers_)
    if (issuer.is_changed && !issuer.is_new) records.update(unit, issuer.entry);
  const DefaultsConfig& before = issuers_.config().defaults;
  if (defaults_.issuer != before.issuer || defaults_.key != before.key)
    records.write(unit, defaults_);
}

void PemImport::finish() {
  link_keys();
  choose_defaults();
  stage();
}

std::map<Uuid, std::optional<Uuid>> PemImport::mapping() const {
  std::map<Uuid, std::optional<Uuid>> map;
  for (const auto* ids : {&new_issuers_, &known_issuers_})
    for (const Uuid& id : *ids) map[id] = all_issuers_.at(id).entry.key_id;
  return map;
}

std::size_t PemImport::new_issuers_with_key() const {
  return static_cast<std::size_t>(
      std::count_if(new_issuers_.begin(), new_issuers_.end(),
                    [&](const Uuid& id) { return all_issuers_.at(id).entry.key_id.has_value(); }));
}

}  // namespace signet::pki
