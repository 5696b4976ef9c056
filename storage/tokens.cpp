// SPDX-License-Identifier: Apache-2.0
#include "storage/tokens.hpp"

#include "storage/leases.hpp"
#include "storage/path_tree.hpp"

#include <limits>
#include <utility>

namespace signet::storage {
namespace {

const Table tokens_table{"tokens",
                         {{"id_hash", ColumnType::bytes},
                          {"namespace", ColumnType::bytes},
                          {"accessor", ColumnType::text},
                          {"parent", ColumnType::bytes},
                          {"created_at", ColumnType::integer},
                          {"expires_at", ColumnType::integer},
                          {"uses", ColumnType::integer},
                          {"record", ColumnType::bytes},
                          {"path", ColumnType::text}}};

void append_number(Bytes& to, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8)
    to.push_back(static_cast<std::uint8_t>(number >> shift));
}

void append_field(Bytes& to, BytesView field) {
  append_number(to, field.size());
  append(to, field);
}

/// The columns that the record is bound to. Lengths and marks keep different rows from meeting in
/// one encoding.
Bytes bound_columns(const TokenRow& row) {
  Bytes out;
  append_field(out, as_bytes(row.accessor));
  out.push_back(row.parent ? 1 : 0);
  if (row.parent) append_field(out, *row.parent);
  append_number(out, static_cast<std::uint64_t>(row.created_at.seconds));
  out.push_back(row.expires_at ? 1 : 0);
  if (row.expires_at) append_number(out, static_cast<std::uint64_t>(row.expires_at->seconds));
  return out;
}

SealedAt at(const TokenRow& row, const Bytes& bound) {
  return {"tokens", "record", row.name_space.view(), row.id_hash, bound};
}

TokenRow row_of(const Row& row) {
  TokenRow out;
  out.id_hash = row.bytes(0);
  out.name_space = row.uuid(1);
  out.accessor = row.text(2);
  if (!row.is_null(3)) out.parent = row.bytes(3);
  out.created_at = row.time(4);
  if (!row.is_null(5)) out.expires_at = row.time(5);
  out.uses = row.integer(6);
  out.record = row.bytes(7);
  return out;
}

Value optional_bytes(const std::optional<Bytes>& bytes) { return bytes ? Value(*bytes) : Value(); }
Value optional_time(const std::optional<UnixTime>& at) { return at ? value(*at) : Value(); }

/// Runs a DELETE that returns the hashes of what it removed; their leases end with them.
std::int64_t remove(Transaction& transaction, std::string_view sql, const Values& parameters) {
  std::vector<Bytes> removed;
  for (const Row& row : transaction.query(sql, parameters)) removed.push_back(row.bytes(0));
  LeaseStore::end_of_tokens(transaction, removed);
  return static_cast<std::int64_t>(removed.size());
}

/// Deeper chains are refused by nobody but cost nobody else anything: what is above is not read.
constexpr std::int64_t depth_limit = 10'000;

}  // namespace

std::vector<TokenRow> TokenStore::chain(BytesView id_hash) const {
  const Rows rows = database_.query(
      "WITH RECURSIVE up (id_hash, namespace, accessor, parent, created_at, expires_at, uses, "
      "record, depth) AS ("
      "SELECT id_hash, namespace, accessor, parent, created_at, expires_at, uses, record, 0 "
      "FROM tokens WHERE id_hash = $1 "
      "UNION ALL SELECT t.id_hash, t.namespace, t.accessor, t.parent, t.created_at, t.expires_at, "
      "t.uses, t.record, up.depth + 1 FROM up JOIN tokens t ON t.id_hash = up.parent "
      "WHERE up.depth < $2) "
      "SELECT id_hash, namespace, accessor, parent, created_at, expires_at, uses, record "
      "FROM up ORDER BY depth",
      {value(id_hash), depth_limit});
  std::vector<TokenRow> out;
  out.reserve(rows.size());
  for (const Row& row : rows) out.push_back(row_of(row));
  return out;
}

std::optional<Bytes> TokenStore::id_hash_of(std::string_view accessor) const {
  const Rows rows =
      database_.query("SELECT id_hash FROM tokens WHERE accessor = $1", {value(accessor)});
  if (rows.empty()) return std::nullopt;
  return rows[0].bytes(0);
}

std::vector<TokenRow> TokenStore::children(BytesView id_hash) const {
  const Rows rows = database_.query(
      "SELECT id_hash, namespace, accessor, parent, created_at, expires_at, uses, record "
      "FROM tokens WHERE parent = $1",
      {value(id_hash)});
  std::vector<TokenRow> out;
  out.reserve(rows.size());
  for (const Row& row : rows) out.push_back(row_of(row));
  return out;
}

std::vector<std::string> TokenStore::accessors(std::string_view after, std::int64_t limit,
                                               UnixTime now) const {
  const std::int64_t most = limit > 0 ? limit : std::numeric_limits<std::int64_t>::max();
  const Rows rows = database_.query(
      "SELECT accessor FROM tokens WHERE accessor > $1 AND uses >= 0 "
      "AND (expires_at IS NULL OR expires_at > $2) ORDER BY accessor LIMIT $3",
      {value(after), value(now), most});
  std::vector<std::string> out;
  out.reserve(rows.size());
  for (const Row& row : rows) out.push_back(row.text(0));
  return out;
}

SecretBytes TokenStore::open(const TokenRow& row) const {
  return sealer_.open(at(row, bound_columns(row)), row.record);
}

void TokenStore::insert(CommitUnit& unit, const TokenRow& row, BytesView plain,
                        std::optional<Error> on_conflict) const {
  unit.insert(
      tokens_table,
      {value(BytesView(row.id_hash)), value(row.name_space), value(std::string_view(row.accessor)),
       optional_bytes(row.parent), value(row.created_at), optional_time(row.expires_at), row.uses,
       value(sealer_.seal(at(row, bound_columns(row)), plain)), row.path},
      std::move(on_conflict));
}

void TokenStore::replace(CommitUnit& unit, const TokenRow& row, BytesView plain, BytesView before,
                         Error otherwise) const {
  unit.execute(
      "UPDATE tokens SET parent = $2, expires_at = $3, record = $4 "
      "WHERE id_hash = $1 AND record = $5 AND uses >= 0",
      {value(BytesView(row.id_hash)), optional_bytes(row.parent), optional_time(row.expires_at),
       value(sealer_.seal(at(row, bound_columns(row)), plain)), value(before)},
      1, std::move(otherwise));
}

void TokenStore::remove_tree(CommitUnit& unit, BytesView id_hash) {
  unit.run(
      [](Transaction& transaction, const Values& parameters) {
        remove(transaction,
               "WITH RECURSIVE tree (id_hash) AS (SELECT id_hash FROM tokens WHERE id_hash = $1 "
               "UNION SELECT t.id_hash FROM tree JOIN tokens t ON t.parent = tree.id_hash) "
               "DELETE FROM tokens WHERE id_hash IN (SELECT id_hash FROM tree) RETURNING id_hash",
               parameters);
      },
      {value(id_hash)});
}

void TokenStore::remove_made_below(CommitUnit& unit, const Uuid& name_space,
                                   std::string_view path) {
  const std::string folder = std::string(path) + '/';
  unit.run(
      [](Transaction& transaction, const Values& parameters) {
        remove(transaction,
               "WITH RECURSIVE tree (id_hash) AS (SELECT id_hash FROM tokens "
               "WHERE namespace = $1 AND (path = $2 OR (path >= $3 AND path < $4)) "
               "UNION SELECT t.id_hash FROM tree JOIN tokens t ON t.parent = tree.id_hash) "
               "DELETE FROM tokens WHERE id_hash IN (SELECT id_hash FROM tree) RETURNING id_hash",
               parameters);
      },
      {value(name_space), value(path), folder, range_end(folder)});
}

void TokenStore::remove_one(CommitUnit& unit, BytesView id_hash) const {
  LeaseStore::stage_end_of_token(unit, id_hash);
  unit.execute("DELETE FROM tokens WHERE id_hash = $1", {value(id_hash)});
}

std::optional<std::int64_t> TokenStore::spend_use(BytesView id_hash, std::int64_t limit,
                                                  UnixTime removal) const {
  const Rows rows = database_.query(
      "UPDATE tokens SET "
      "expires_at = CASE WHEN uses > 1 OR (expires_at IS NOT NULL AND expires_at < $3) "
      "THEN expires_at ELSE $3 END, "
      "uses = CASE WHEN uses > 1 THEN uses - 1 ELSE -1 END "
      "WHERE id_hash = $1 AND uses > 0 AND uses <= $2 RETURNING uses",
      {value(id_hash), limit, value(removal)});
  if (rows.empty()) return std::nullopt;
  return rows[0].integer(0);
}

std::int64_t TokenStore::remove_expired(UnixTime now, std::int64_t batch) const {
  std::int64_t removed = 0;
  database_.write([&](Transaction& transaction) {
    removed =
        remove(transaction,
               "WITH RECURSIVE tree (id_hash) AS ("
               "SELECT id_hash FROM (SELECT id_hash FROM tokens WHERE expires_at <= $1 "
               "ORDER BY expires_at LIMIT $2) AS expired "
               "UNION SELECT t.id_hash FROM tree JOIN tokens t ON t.parent = tree.id_hash) "
               "DELETE FROM tokens WHERE id_hash IN (SELECT id_hash FROM tree) RETURNING id_hash",
               {value(now), batch});
  });
  return removed;
}

std::int64_t TokenStore::remove_strays(std::int64_t batch) const {
  std::int64_t removed = 0;
  database_.write([&](Transaction& transaction) {
    removed = remove(transaction,
                     "DELETE FROM tokens WHERE id_hash IN (SELECT t.id_hash FROM tokens t "
                     "WHERE t.parent IS NOT NULL AND NOT EXISTS "
                     "(SELECT p.id_hash FROM tokens p WHERE p.id_hash = t.parent) LIMIT $1) "
                     "RETURNING id_hash",
                     {batch});
  });
  return removed;
}

}  // namespace signet::storage
