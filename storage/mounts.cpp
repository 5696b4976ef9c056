// SPDX-License-Identifier: Apache-2.0
#include "storage/mounts.hpp"

#include <utility>

namespace signet::storage {
namespace {

const Table& mounts_table() {
  static const Table table{"mounts",
                           {{"id", ColumnType::bytes},
                            {"namespace", ColumnType::bytes},
                            {"class", ColumnType::text},
                            {"path", ColumnType::text},
                            {"record", ColumnType::bytes}}};
  return table;
}

}  // namespace

std::vector<MountRow> MountStore::all() const {
  std::vector<MountRow> mounts;
  for (const Row& row : database_.query(
           "SELECT id, namespace, class, path, record FROM mounts ORDER BY class, path"))
    mounts.push_back(
        {row.uuid(0), row.uuid(1), row.text(2), row.text(3), SealedBytes{row.bytes(4)}});
  return mounts;
}

void MountStore::stage_insert(CommitUnit& unit, const MountRow& row, Error taken) {
  unit.insert(mounts_table(),
              {value(row.id), value(row.name_space), row.mount_class, row.path, value(row.record)},
              std::move(taken));
}

void MountStore::stage_replace(CommitUnit& unit, const MountRow& row, Error gone) {
  unit.execute("UPDATE mounts SET path = $1, record = $2 WHERE id = $3",
               {row.path, value(row.record), value(row.id)}, 1, std::move(gone));
}

void MountStore::stage_delete(CommitUnit& unit, const Uuid& id) {
  unit.execute("DELETE FROM mounts WHERE id = $1", {value(id)});
}

}  // namespace signet::storage
