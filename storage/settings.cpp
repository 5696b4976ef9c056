// SPDX-License-Identifier: Apache-2.0
#include "storage/settings.hpp"

namespace signet::storage {
namespace {

const Table setting_table{
    "settings",
    {{"namespace", ColumnType::bytes}, {"name", ColumnType::text}, {"record", ColumnType::bytes}}};

}  // namespace

std::optional<SealedBytes> SettingStore::read(const Uuid& name_space, std::string_view name) const {
  const Rows rows =
      database_.query("SELECT record FROM settings WHERE namespace = $1 AND name = $2",
                      {value(name_space), value(name)});
  if (rows.empty()) return std::nullopt;
  return SealedBytes{rows.front().bytes(0)};
}

void SettingStore::stage(CommitUnit& unit, const Uuid& name_space, std::string_view name,
                         const SealedBytes& record, const std::optional<SealedBytes>& previous,
                         const Error& changed) {
  if (!previous) {
    if (unit.inserts().empty()) unit.cannot_settle();  // the name is not this unit's alone
    unit.insert(setting_table, {value(name_space), value(name), value(record)}, changed);
    return;
  }
  unit.execute("UPDATE settings SET record = $1 WHERE namespace = $2 AND name = $3 AND record = $4",
               {value(record), value(name_space), value(name), value(*previous)}, 1, changed);
}

void SettingStore::add(const Uuid& name_space, std::string_view name,
                       const SealedBytes& record) const {
  database_.write([&](Transaction& transaction) {
    transaction.execute(
        "INSERT INTO settings (namespace, name, record) VALUES ($1, $2, $3) "
        "ON CONFLICT (namespace, name) DO NOTHING",
        {value(name_space), value(name), value(record)});
  });
}

}  // namespace signet::storage
