// SPDX-License-Identifier: Apache-2.0
#include "storage/audit_devices.hpp"

#include <utility>

namespace signet::storage {
namespace {

const Table audit_device_table{
    "audit_devices",
    {{"id", ColumnType::bytes}, {"path", ColumnType::text}, {"record", ColumnType::bytes}}};

}  // namespace

std::vector<AuditDeviceRow> AuditDeviceStore::all() const {
  std::vector<AuditDeviceRow> devices;
  for (const Row& row : database_.query("SELECT id, path, record FROM audit_devices ORDER BY path"))
    devices.push_back({row.uuid(0), row.text(1), {row.bytes(2)}});
  return devices;
}

void AuditDeviceStore::stage(CommitUnit& unit, const AuditDeviceRow& row, Error in_use) {
  unit.insert(audit_device_table, {value(row.id), row.path, value(row.record)}, std::move(in_use));
}

void AuditDeviceStore::stage_removal(CommitUnit& unit, const Uuid& id) {
  unit.execute("DELETE FROM audit_devices WHERE id = $1", {value(id)});
}

}  // namespace signet::storage
