// SPDX-License-Identifier: Apache-2.0
#include "storage/certificates.hpp"

namespace signet::storage {
namespace {

const Table certificates{"certificates",
                         {{"issuer", ColumnType::integer},
                          {"serial", ColumnType::bytes},
                          {"mount", ColumnType::bytes},
                          {"role", ColumnType::text},
                          {"source", ColumnType::text},
                          {"not_before", ColumnType::integer},
                          {"not_after", ColumnType::integer},
                          {"der", ColumnType::bytes},
                          {"spki_hash", ColumnType::bytes},
                          {"entity", ColumnType::bytes}}};

std::optional<CertificateRow> first(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  const Row& row = rows.front();
  CertificateRow found;
  found.issuer = row.integer(0);
  found.serial = row.bytes(1);
  found.mount = row.uuid(2);
  found.role = row.text(3);
  found.source = row.text(4);
  found.not_before = row.time(5);
  found.not_after = row.time(6);
  found.der = row.bytes(7);
  found.spki_hash = row.bytes(8);
  if (!row.is_null(9)) found.entity = row.uuid(9);
  return found;
}

}  // namespace

void CertificateStore::stage(CommitUnit& unit, CertificateRow row) {
  unit.insert(certificates, {row.issuer, std::move(row.serial), value(row.mount),
                             std::move(row.role), std::move(row.source), row.not_before.seconds,
                             row.not_after.seconds, std::move(row.der), std::move(row.spki_hash),
                             row.entity ? value(*row.entity) : Value()});
}

std::optional<CertificateRow> CertificateStore::find(const Uuid& mount, BytesView serial) const {
  return first(database_.query(
      "SELECT issuer, serial, mount, role, source, not_before, not_after, der, spki_hash, entity "
      "FROM certificates WHERE mount = $1 AND serial = $2 ORDER BY issuer LIMIT 1",
      {value(mount), value(serial)}));
}

std::optional<CertificateRow> CertificateStore::find(std::int64_t issuer, BytesView serial) const {
  return first(database_.query(
      "SELECT issuer, serial, mount, role, source, not_before, not_after, der, spki_hash, entity "
      "FROM certificates WHERE issuer = $1 AND serial = $2",
      {issuer, value(serial)}));
}

bool CertificateStore::exists(std::int64_t issuer, BytesView serial) const {
  return !database_
              .query("SELECT 1 FROM certificates WHERE issuer = $1 AND serial = $2",
                     {issuer, value(serial)})
              .empty();
}

std::vector<Bytes> CertificateStore::serials(const Uuid& mount, BytesView after,
                                             std::int64_t limit) const {
  std::vector<Bytes> found;
  for (const Row& row :
       database_.query("SELECT serial FROM certificates WHERE mount = $1 AND serial > $2 "
                       "ORDER BY serial LIMIT $3",
                       {value(mount), value(after), row_limit(limit)}))
    found.push_back(row.bytes(0));
  return found;
}

std::vector<CertificateStore::Listed> CertificateStore::list(const Uuid& mount, BytesView after,
                                                             std::int64_t limit) const {
  std::vector<Listed> found;
  for (const Row& row :
       database_.query("SELECT serial, der FROM certificates WHERE mount = $1 AND serial > $2 "
                       "ORDER BY serial LIMIT $3",
                       {value(mount), value(after), row_limit(limit)}))
    found.push_back({row.bytes(0), row.bytes(1)});
  return found;
}

void CertificateStore::remove_mount(CommitUnit& unit, const Uuid& mount) {
  unit.execute("DELETE FROM certificates WHERE mount = $1", {value(mount)});
}

}  // namespace signet::storage
