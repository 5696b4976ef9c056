// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.hpp"
#include "engines/pki/issuer_entry.hpp"
#include "engines/pki/issuers.hpp"
#include "storage/issuers.hpp"
#include "storage/secrets.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {
namespace {

storage::IssuerRow row_of(Sealer& sealer, const Uuid& mount, const IssuerEntry& entry) {
  return {entry.id,
          mount,
          entry.name,
          entry.authority,
          entry.key_id,
          entry.certificate.der.bytes,
          seal_issuer(sealer, mount, entry)};
}

storage::IssuerKeyRow row_of(Sealer& sealer, const Uuid& mount, const KeyEntry& entry,
                             const crypto::PrivateKey& key) {
  return {entry.id, mount, entry.name, entry.spki, seal_key(sealer, mount, entry, key)};
}

}  // namespace

IssuerRecords::Authority IssuerRecords::authority_of(const ca::Certificate& certificate) const {
  const crypto::Sha256 spki_hash = crypto::sha256(certificate.spki);
  const storage::IssuerStore store(context_.database);
  if (const auto known = store.authority(context_.mount_id, certificate.subject.der(), spki_hash))
    return {*known, false};
  // 31 random bits: unique over all mounts without a counter that every node would queue for.
  const Bytes drawn = context_.random.bytes(4);
  const std::int64_t number = (static_cast<std::int64_t>(drawn[0] & 0x7f) << 24 |
                               static_cast<std::int64_t>(drawn[1]) << 16 |
                               static_cast<std::int64_t>(drawn[2]) << 8 | drawn[3]) +
                              1;
  return {number, true};
}

void IssuerRecords::insert(storage::CommitUnit& unit, const Authority& authority,
                           const ca::Certificate& certificate) const {
  if (!authority.is_new) return;
  const crypto::Sha256 spki_hash = crypto::sha256(certificate.spki);
  storage::IssuerStore::insert(unit, storage::AuthorityRow{authority.number, context_.mount_id,
                                                           to_bytes(certificate.subject.der()),
                                                           to_bytes(BytesView(spki_hash))});
}

void IssuerRecords::insert(storage::CommitUnit& unit, const IssuerEntry& entry) const {
  storage::IssuerStore::insert(unit, row_of(context_.sealer, context_.mount_id, entry));
  unit.raise(Issuers::kind, context_.mount_id);
}

void IssuerRecords::update(storage::CommitUnit& unit, const IssuerEntry& entry) const {
  storage::IssuerStore::update(unit, row_of(context_.sealer, context_.mount_id, entry));
  unit.raise(Issuers::kind, context_.mount_id);
}

void IssuerRecords::remove_issuer(storage::CommitUnit& unit, const Uuid& id) const {
  storage::IssuerStore::remove_issuer(unit, context_.mount_id, id);
  unit.raise(Issuers::kind, context_.mount_id);
}

void IssuerRecords::insert(storage::CommitUnit& unit, const KeyEntry& entry,
                           const crypto::PrivateKey& key) const {
  storage::IssuerStore::insert(unit, row_of(context_.sealer, context_.mount_id, entry, key));
  unit.raise(Issuers::kind, context_.mount_id);
}

void IssuerRecords::rename(storage::CommitUnit& unit, const KeyEntry& entry,
                           const crypto::PrivateKey& key) const {
  storage::IssuerStore::update(unit, row_of(context_.sealer, context_.mount_id, entry, key));
  unit.raise(Issuers::kind, context_.mount_id);
}

void IssuerRecords::remove_key(storage::CommitUnit& unit, const Uuid& id) const {
  storage::IssuerStore::remove_key(unit, context_.mount_id, id);
  unit.raise(Issuers::kind, context_.mount_id);
}

void IssuerRecords::write_record(storage::CommitUnit& unit, std::string_view path,
                                 const nlohmann::json& record) const {
  storage::Secrets(context_.database, context_.sealer, context_.mount_id)
      .put(unit, path, as_bytes(record.dump()));
  unit.raise(Issuers::kind, context_.mount_id);
}

void IssuerRecords::write(storage::CommitUnit& unit, const Urls& urls) const {
  write_record(unit, record_path::urls, to_record(urls));
}
void IssuerRecords::write(storage::CommitUnit& unit, const ClusterConfig& cluster) const {
  write_record(unit, record_path::cluster, to_record(cluster));
}
void IssuerRecords::write(storage::CommitUnit& unit, const CrlConfig& crl) const {
  write_record(unit, record_path::crl, to_record(crl));
}
void IssuerRecords::write(storage::CommitUnit& unit, const DefaultsConfig& defaults) const {
  write_record(unit, record_path::defaults, to_record(defaults));
}

}  // namespace signet::pki
