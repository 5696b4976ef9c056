// SPDX-License-Identifier: Apache-2.0
#include "ca/chain.hpp"
#include "engines/pki/issuer_entry.hpp"
#include "engines/pki/issuers.hpp"
#include "storage/changes.hpp"
#include "storage/issuers.hpp"
#include "storage/secrets.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace signet::pki {

/// A mount's private keys: sealed as read, opened when first used, kept for all snapshots.
class OpenedKeys {
 public:
  void keep_only(const std::vector<KeyEntry>& keys) {
    const std::lock_guard lock(mutex_);
    std::erase_if(keys_, [&](const auto& kept) {
      return std::none_of(keys.begin(), keys.end(),
                          [&](const KeyEntry& key) { return key.id == kept.first; });
    });
  }
  void add(const Uuid& id, SecretBytes pkcs8) {
    const std::lock_guard lock(mutex_);
    Kept& kept = keys_[id];
    if (kept.key == nullptr) kept.pkcs8 = std::move(pkcs8);
  }
  std::shared_ptr<const crypto::PrivateKey> open(const Uuid& id) {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(id);
    if (found == keys_.end()) return nullptr;
    Kept& kept = found->second;
    if (kept.key == nullptr) {
      auto key = crypto::PrivateKey::parse(kept.pkcs8.reveal());
      if (!key) throw Fault("a stored private key cannot be read: " + key.error().message);
      kept.key = std::make_shared<const crypto::PrivateKey>(std::move(*key));
      kept.pkcs8 = SecretBytes();
    }
    return kept.key;
  }

 private:
  struct Kept {
    SecretBytes pkcs8;
    std::shared_ptr<const crypto::PrivateKey> key;  // shared with the issuers that sign with it
  };
  std::mutex mutex_;
  std::map<Uuid, Kept> keys_;
};

namespace {

template <class Entry>
const Entry* by_id(const std::vector<Entry>& entries, const Uuid& id) {
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), id,
                       [](const Entry& entry, const Uuid& wanted) { return entry.id < wanted; });
  return found != entries.end() && found->id == id ? &*found : nullptr;
}

template <class Entry>
const Entry* by_name(const std::vector<Entry>& entries, std::string_view wanted) {
  if (wanted.empty()) return nullptr;
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.name == wanted; });
  return found == entries.end() ? nullptr : &*found;
}

template <class Settings>
void load(const storage::Secrets& secrets, std::string_view path, Settings& settings) {
  const auto found = secrets.get(path);
  if (!found) return;
  const auto record = nlohmann::json::parse(found->value.reveal_text(), nullptr, false);
  if (!record.is_object()) throw Fault("a stored PKI configuration cannot be read");
  from_record(record, settings);
}

}  // namespace

const IssuerEntry* Issuers::find(const Uuid& id) const { return by_id(issuers_, id); }
const KeyEntry* Issuers::find_key(const Uuid& id) const { return by_id(keys_, id); }
const IssuerEntry* Issuers::named(std::string_view name) const { return by_name(issuers_, name); }
const KeyEntry* Issuers::key_named(std::string_view name) const { return by_name(keys_, name); }

const IssuerEntry* Issuers::default_issuer() const {
  return config_.defaults.issuer ? find(*config_.defaults.issuer) : nullptr;
}

const KeyEntry* Issuers::default_key() const {
  return config_.defaults.key ? find_key(*config_.defaults.key) : nullptr;
}

std::vector<const IssuerEntry*> Issuers::of_authority(std::int64_t authority) const {
  std::vector<const IssuerEntry*> found;
  for (const IssuerEntry& issuer : issuers_)
    if (issuer.authority == authority) found.push_back(&issuer);
  return found;
}

Result<const IssuerEntry*> Issuers::resolve(std::string_view reference) const {
  if (reference == "default") {
    const IssuerEntry* found = default_issuer();
    if (found == nullptr) return invalid("no default issuer currently configured");
    return found;
  }
  const IssuerEntry* found = nullptr;
  if (const auto id = Uuid::parse(reference)) found = find(*id);
  if (found == nullptr) found = named(reference);
  if (found == nullptr)
    return invalid("unable to find PKI issuer for reference: " + std::string(reference));
  return found;
}

Result<const KeyEntry*> Issuers::resolve_key(std::string_view reference) const {
  if (reference == "default") {
    const KeyEntry* found = default_key();
    if (found == nullptr) return invalid("no default key currently configured");
    return found;
  }
  const KeyEntry* found = nullptr;
  if (const auto id = Uuid::parse(reference)) found = find_key(*id);
  if (found == nullptr) found = key_named(reference);
  if (found == nullptr)
    return invalid("unable to find PKI key for reference: " + std::string(reference));
  return found;
}

std::shared_ptr<const crypto::PrivateKey> Issuers::private_key(const KeyEntry& key) const {
  auto opened = opened_->open(key.id);
  if (opened == nullptr) throw Unavailable("a PKI key was removed while it was in use");
  return opened;
}

std::vector<const IssuerEntry*> Issuers::chain_of(const IssuerEntry& issuer) const {
  std::vector<const IssuerEntry*> chain;
  for (const Uuid& id : issuer.chain)
    if (const IssuerEntry* link = find(id)) chain.push_back(link);
  return chain;
}

Result<Signer> Issuers::signer(const IssuerEntry& issuer) const {
  const std::lock_guard lock(mutex_);
  const auto made = signers_.find(issuer.id);
  if (made != signers_.end()) return made->second;
  const KeyEntry* key = issuer.key_id ? find_key(*issuer.key_id) : nullptr;
  if (key == nullptr)
    return invalid("unable to fetch corresponding key from issuer " + issuer.id.text() +
                   "; unable to use this issuer for signing");
  const Urls& urls = issuer.urls.empty() ? config_.urls : issuer.urls;
  auto filled = rendered(urls, config_.cluster, issuer.id.text());
  if (!filled) return invalid("unable to fetch AIA URL information: " + filled.error().message);
  std::vector<ca::Certificate> above;
  for (const IssuerEntry* link : chain_of(issuer))
    if (link->id != issuer.id) above.push_back(link->certificate);
  auto made_issuer = TRY(ca::Issuer::make(issuer.certificate, private_key(*key), std::move(above)));
  Signer signer{std::make_shared<const ca::Issuer>(std::move(made_issuer)), std::move(*filled)};
  signers_.emplace(issuer.id, signer);
  return signer;
}

Result<IssuingIssuer> Issuers::issuing(std::string_view reference) const {
  const auto resolved = resolve(reference);
  if (!resolved)
    return invalid("could not fetch the CA certificate (was one set?): " +
                   resolved.error().message);
  const IssuerEntry& issuer = **resolved;
  if (!issuer.key_id || find_key(*issuer.key_id) == nullptr)
    return invalid(
        "could not fetch the CA certificate (was one set?): unable to fetch corresponding key from "
        "issuer " +
        issuer.id.text() + "; unable to use this issuer for signing");
  if (!issuer.usage.issuing_certificates)
    return invalid("error fetching CA certificate: error while attempting to use issuer " +
                   issuer.id.text() +
                   ": requested usage issuing-certificates for issuer [id:" + issuer.id.text() +
                   " / name:" + issuer.name + "] but only had usage " + issuer.usage.text());
  auto made = signer(issuer);
  if (!made) return invalid("error fetching CA certificate: " + made.error().message);
  return IssuingIssuer{&issuer, std::move(*made)};
}

IssuersLoader::IssuersLoader(const core::EngineContext& context)
    : context_(context), opened_(std::make_shared<OpenedKeys>()) {}

std::shared_ptr<const Issuers> IssuersLoader::last() { return last_.get(); }

std::shared_ptr<const Issuers> IssuersLoader::current() {
  // The number is read before the rows: a change in between is loaded, and loaded once more.
  const std::int64_t number = context_.changes.number(Issuers::kind, context_.mount_id);
  const std::lock_guard lock(mutex_);
  if (current_ == nullptr || current_->number() < number) {
    current_ = load(number);
    last_.set(current_);
  }
  return current_;
}

std::shared_ptr<const Issuers> IssuersLoader::load(std::int64_t number) {
  auto loaded = std::shared_ptr<Issuers>(new Issuers());  // private constructor: no make_shared
  loaded->number_ = number;
  loaded->opened_ = opened_;
  const storage::Secrets secrets(context_.database, context_.sealer, context_.mount_id);
  pki::load(secrets, record_path::urls, loaded->config_.urls);
  pki::load(secrets, record_path::cluster, loaded->config_.cluster);
  pki::load(secrets, record_path::crl, loaded->config_.crl);
  pki::load(secrets, record_path::defaults, loaded->config_.defaults);
  const auto rows = storage::IssuerStore(context_.database).of_mount(context_.mount_id);
  for (const storage::IssuerRow& row : rows.issuers)
    loaded->issuers_.push_back(open_issuer(context_.sealer, row));
  for (const storage::IssuerKeyRow& row : rows.keys) {
    OpenedKey opened = open_key(context_.sealer, row);
    opened_->add(row.id, std::move(opened.pkcs8));
    loaded->keys_.push_back(std::move(opened.entry));
  }
  opened_->keep_only(loaded->keys_);
  compute_chains(*loaded);
  return loaded;
}

namespace {

/// The chain of one issuer (pki.md 9.1): itself, then each parent's whole chain, self-signed
/// parents first. Cross-signing makes cycles: each issuer is visited once.
class ChainWalk {
 public:
  ChainWalk(const std::vector<IssuerEntry>& issuers,
            const std::vector<std::vector<std::size_t>>& parents)
      : issuers_(issuers), parents_(parents), seen_(issuers.size(), false) {}

  std::vector<Uuid> from(std::size_t issuer) {
    visit(issuer);
    return std::move(chain_);
  }

 private:
  void visit(std::size_t issuer) {
    if (seen_[issuer]) return;
    seen_[issuer] = true;
    chain_.push_back(issuers_[issuer].id);
    for (const std::size_t parent : parents_[issuer]) visit(parent);
  }

  const std::vector<IssuerEntry>& issuers_;
  const std::vector<std::vector<std::size_t>>& parents_;
  std::vector<bool> seen_;
  std::vector<Uuid> chain_;
};

}  // namespace

void IssuersLoader::compute_chains(Issuers& loaded) {
  std::vector<IssuerEntry>& issuers = loaded.issuers_;
  std::map<Bytes, std::vector<std::size_t>> by_subject;
  std::vector<bool> is_root(issuers.size(), false);
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    const ca::Certificate& certificate = issuers[i].certificate;
    by_subject[to_bytes(certificate.subject.der())].push_back(i);
    is_root[i] = certificate.is_self_signed();
  }
  std::map<std::pair<Uuid, Uuid>, bool> verified;  // replaces signed_by_: forgets who is gone
  std::vector<std::vector<std::size_t>> parents(issuers.size());
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    const auto candidates = by_subject.find(to_bytes(issuers[i].certificate.issuer.der()));
    if (candidates == by_subject.end()) continue;
    for (const std::size_t parent : candidates->second) {
      if (parent == i) continue;
      const std::pair<Uuid, Uuid> edge{issuers[i].id, issuers[parent].id};
      const auto known = signed_by_.find(edge);
      const bool is_parent =
          known != signed_by_.end()
              ? known->second
              : ca::is_issued_by(issuers[i].certificate, issuers[parent].certificate);
      verified.emplace(edge, is_parent);
      if (is_parent) parents[i].push_back(parent);
    }
    std::stable_partition(parents[i].begin(), parents[i].end(),
                          [&](std::size_t parent) { return is_root[parent]; });
  }
  signed_by_.swap(verified);
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    IssuerEntry& issuer = issuers[i];
    issuer.built_chain = ChainWalk(issuers, parents).from(i);
    issuer.chain = issuer.manual_chain.empty() ? issuer.built_chain : issuer.manual_chain;
  }
}

}  // namespace signet::pki
