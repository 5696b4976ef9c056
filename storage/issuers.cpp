// SPDX-License-Identifier: Apache-2.0
#include "storage/issuers.hpp"

namespace signet::storage {
namespace {

const Table issuers{"issuers",
                    {{"id", ColumnType::bytes},
                     {"mount", ColumnType::bytes},
                     {"name", ColumnType::text},
                     {"authority", ColumnType::integer},
                     {"key_id", ColumnType::bytes},
                     {"certificate", ColumnType::bytes},
                     {"record", ColumnType::bytes}}};
const Table issuer_keys{"issuer_keys",
                        {{"id", ColumnType::bytes},
                         {"mount", ColumnType::bytes},
                         {"name", ColumnType::text},
                         {"spki", ColumnType::bytes},
                         {"record", ColumnType::bytes}}};
const Table authority_rows{"authorities",
                           {{"number", ColumnType::integer},
                            {"mount", ColumnType::bytes},
                            {"subject", ColumnType::bytes},
                            {"spki_hash", ColumnType::bytes}}};

Value optional_id(const std::optional<Uuid>& id) { return id ? value(*id) : Value(); }

IssuerRow issuer_from(const Row& row) {
  IssuerRow out;
  out.id = row.uuid(0);
  out.mount = row.uuid(1);
  out.name = row.text(2);
  out.authority = row.integer(3);
  if (!row.is_null(4)) out.key_id = row.uuid(4);
  out.certificate = row.bytes(5);
  out.record = SealedBytes{row.bytes(6)};
  return out;
}

IssuerKeyRow key_from(const Row& row) {
  return {row.uuid(0), row.uuid(1), row.text(2), row.bytes(3), SealedBytes{row.bytes(4)}};
}

}  // namespace

IssuerStore::Contents IssuerStore::of_mount(const Uuid& mount) const {
  Contents contents;
  database_.read([&](Transaction& transaction) {
    contents = {};
    const Values parameters{value(mount)};
    for (const Row& row : transaction.query(
             "SELECT id, mount, name, authority, key_id, certificate, record FROM issuers "
             "WHERE mount = $1 ORDER BY id",
             parameters))
      contents.issuers.push_back(issuer_from(row));
    for (const Row& row : transaction.query(
             "SELECT id, mount, name, spki, record FROM issuer_keys WHERE mount = $1 ORDER BY id",
             parameters))
      contents.keys.push_back(key_from(row));
  });
  return contents;
}

std::vector<AuthorityRow> IssuerStore::authorities(const Uuid& mount) const {
  std::vector<AuthorityRow> found;
  for (const Row& row :
       database_.query("SELECT number, mount, subject, spki_hash FROM authorities WHERE mount = $1 "
                       "ORDER BY number",
                       {value(mount)}))
    found.push_back({row.integer(0), row.uuid(1), row.bytes(2), row.bytes(3)});
  return found;
}

std::optional<std::int64_t> IssuerStore::authority(const Uuid& mount, BytesView subject,
                                                   BytesView spki_hash) const {
  const Rows rows = database_.query(
      "SELECT number FROM authorities WHERE mount = $1 AND spki_hash = $2 AND subject = $3",
      {value(mount), value(spki_hash), value(subject)});
  if (rows.empty()) return std::nullopt;
  return rows.front().integer(0);
}

void IssuerStore::insert(CommitUnit& unit, IssuerRow row) {
  unit.insert(issuers,
              {value(row.id), value(row.mount), std::move(row.name), row.authority,
               optional_id(row.key_id), std::move(row.certificate), std::move(row.record.bytes)});
}

void IssuerStore::update(CommitUnit& unit, IssuerRow row) {
  unit.execute(
      "UPDATE issuers SET name = $3, authority = $4, key_id = $5, record = $6 "
      "WHERE mount = $1 AND id = $2",
      {value(row.mount), value(row.id), std::move(row.name), row.authority, optional_id(row.key_id),
       std::move(row.record.bytes)},
      1, invalid("the issuer " + row.id.text() + " no longer exists"));
}

void IssuerStore::remove_issuer(CommitUnit& unit, const Uuid& mount, const Uuid& id) {
  unit.execute("DELETE FROM issuers WHERE mount = $1 AND id = $2", {value(mount), value(id)});
}

void IssuerStore::insert(CommitUnit& unit, IssuerKeyRow row) {
  unit.insert(issuer_keys, {value(row.id), value(row.mount), std::move(row.name),
                            std::move(row.spki), std::move(row.record.bytes)});
}

void IssuerStore::update(CommitUnit& unit, IssuerKeyRow row) {
  unit.execute("UPDATE issuer_keys SET name = $3, record = $4 WHERE mount = $1 AND id = $2",
               {value(row.mount), value(row.id), std::move(row.name), std::move(row.record.bytes)},
               1, invalid("the key " + row.id.text() + " no longer exists"));
}

void IssuerStore::remove_key(CommitUnit& unit, const Uuid& mount, const Uuid& id) {
  unit.execute("DELETE FROM issuer_keys WHERE mount = $1 AND id = $2", {value(mount), value(id)});
}

void IssuerStore::insert(CommitUnit& unit, AuthorityRow row) {
  unit.insert(authority_rows,
              {row.number, value(row.mount), std::move(row.subject), std::move(row.spki_hash)},
              Error{ErrorCode::conflict,
                    "another request is adding an issuer with the same key; try again",
                    {}});
}

void IssuerStore::remove_mount(CommitUnit& unit, const Uuid& mount) {
  unit.execute("DELETE FROM issuers WHERE mount = $1", {value(mount)});
  unit.execute("DELETE FROM issuer_keys WHERE mount = $1", {value(mount)});
  unit.execute("DELETE FROM authorities WHERE mount = $1", {value(mount)});
}

}  // namespace signet::storage
