// SPDX-License-Identifier: Apache-2.0
#include "storage/cubbyholes.hpp"

#include "storage/path_tree.hpp"

#include <utility>

namespace signet::storage {
namespace {

constexpr std::string_view table_name = "tokens_cubbyholes";
const Table cubbyholes_table{
    table_name,
    {{"token", ColumnType::bytes}, {"path", ColumnType::text}, {"value", ColumnType::bytes}}};

SealedAt at(BytesView token, std::string_view path) {
  return {table_name, "value", token, as_bytes(path)};
}

PathTree tree(Database& database, BytesView token) {
  return {database, PathTable{table_name, "token"}, token};
}

}  // namespace

std::optional<SecretBytes> CubbyholeStore::get(BytesView token, std::string_view path) const {
  const Rows rows =
      database_.query("SELECT value FROM tokens_cubbyholes WHERE token = $1 AND path = $2",
                      {value(token), value(path)});
  if (rows.empty()) return std::nullopt;
  return sealer_.open(at(token, path), rows[0].bytes(0));
}

bool CubbyholeStore::exists(BytesView token, std::string_view path) const {
  return !database_
              .query("SELECT 1 FROM tokens_cubbyholes WHERE token = $1 AND path = $2",
                     {value(token), value(path)})
              .empty();
}

std::vector<std::string> CubbyholeStore::list(BytesView token, std::string_view folder,
                                              std::string_view after, std::int64_t limit) const {
  return tree(database_, token).list({folder, after, limit});
}

std::vector<std::string> CubbyholeStore::scan(BytesView token, std::string_view folder,
                                              std::string_view after, std::int64_t limit) const {
  return tree(database_, token).scan({folder, after, limit});
}

void CubbyholeStore::put(CommitUnit& unit, BytesView token, std::string_view path,
                         BytesView plain) const {
  unit.execute(
      "INSERT INTO tokens_cubbyholes (token, path, value) VALUES ($1, $2, $3) "
      "ON CONFLICT (token, path) DO UPDATE SET value = $3",
      {value(token), value(path), value(sealer_.seal(at(token, path), plain))});
}

void CubbyholeStore::insert(CommitUnit& unit, BytesView token, std::string_view path,
                            BytesView plain) const {
  unit.insert(cubbyholes_table,
              {value(token), value(path), value(sealer_.seal(at(token, path), plain))});
}

void CubbyholeStore::remove(CommitUnit& unit, BytesView token, std::string_view path) const {
  unit.execute("DELETE FROM tokens_cubbyholes WHERE token = $1 AND path = $2",
               {value(token), value(path)});
}

void CubbyholeStore::take_owner(CommitUnit& unit, BytesView token, Error otherwise) {
  unit.execute("DELETE FROM tokens WHERE id_hash = $1 AND uses > 0", {value(token)}, 1,
               std::move(otherwise));
}

}  // namespace signet::storage
