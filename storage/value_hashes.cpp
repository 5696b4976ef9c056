// SPDX-License-Identifier: Apache-2.0
#include "storage/value_hashes.hpp"

namespace signet::storage {
namespace {

const Table value_hashes{"kv_value_hashes",
                         {{"hash", ColumnType::bytes},
                          {"mount", ColumnType::bytes},
                          {"path", ColumnType::text},
                          {"version", ColumnType::integer}},
                         4,
                         true};

}  // namespace

Bytes ValueHashes::hash(std::string_view text) const {
  return sealer_.lookup_hash("kv-value", as_bytes(text));
}

void ValueHashes::stage(CommitUnit& unit, const Place& place, std::string_view text) const {
  unit.insert(value_hashes, {hash(text), value(place.mount), place.path, place.version});
}

void ValueHashes::stage_remove_all(CommitUnit& unit, const Uuid& mount) {
  unit.execute("DELETE FROM kv_value_hashes WHERE mount = $1", {value(mount)});
}

std::vector<ValueHashes::Place> ValueHashes::find(std::string_view text, std::int64_t limit) const {
  std::vector<Place> places;
  for (const Row& row :
       database_.query("SELECT mount, path, version FROM kv_value_hashes WHERE hash = $1 "
                       "ORDER BY mount, path, version LIMIT $2",
                       {hash(text), limit}))
    places.push_back({row.uuid(0), row.text(1), row.integer(2)});
  return places;
}

}  // namespace signet::storage
