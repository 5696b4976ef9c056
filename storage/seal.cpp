// SPDX-License-Identifier: Apache-2.0
#include "storage/seal.hpp"

#include <utility>

namespace signet::storage {
namespace {

constexpr std::int64_t only_row = 1;

const Table seal_table{"seal",
                       {{"id", ColumnType::integer},
                        {"config", ColumnType::text},
                        {"root_key", ColumnType::bytes},
                        {"keyring", ColumnType::bytes},
                        {"keyring_version", ColumnType::integer},
                        {"lookup_keys", ColumnType::bytes},
                        {"cluster_id", ColumnType::bytes},
                        {"cluster_name", ColumnType::text}}};

}  // namespace

std::optional<SealRow> SealStore::read() const {
  const Rows rows = database_.query(
      "SELECT config, root_key, keyring, keyring_version, lookup_keys, cluster_id, cluster_name "
      "FROM seal WHERE id = $1",
      {only_row});
  if (rows.empty()) return std::nullopt;
  const Row& row = rows.front();
  return SealRow{row.text(0),    {row.bytes(1)}, {row.bytes(2)}, row.integer(3),
                 {row.bytes(4)}, row.uuid(5),    row.text(6)};
}

void SealStore::stage(CommitUnit& unit, const SealRow& row, Error already) {
  unit.insert(seal_table,
              {only_row, row.config, value(row.root_key), value(row.keyring), row.keyring_version,
               value(row.lookup_keys), value(row.cluster_id), row.cluster_name},
              std::move(already));
}

bool SealStore::replace_keyring(const SealedBytes& keyring, std::int64_t expected) const {
  bool was_replaced = false;
  database_.write([&](Transaction& transaction) {
    was_replaced = transaction.execute(
                       "UPDATE seal SET keyring = $1, keyring_version = $2 WHERE id = $3 AND "
                       "keyring_version = $4",
                       {value(keyring), expected + 1, only_row, expected}) == 1;
  });
  return was_replaced;
}

}  // namespace signet::storage
