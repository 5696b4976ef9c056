// SPDX-License-Identifier: Apache-2.0
#include "storage/policies.hpp"

#include <utility>

namespace signet::storage {
namespace {

SealedAt at(const Uuid& name_space, std::string_view name) {
  return {"policies", "record", name_space.view(), as_bytes(name)};
}

}  // namespace

std::vector<PolicyRow> PolicyStore::all(const Uuid& name_space) const {
  const Rows rows = database_.query(
      "SELECT name, record FROM policies WHERE namespace = $1 ORDER BY name", {value(name_space)});
  std::vector<PolicyRow> out;
  out.reserve(rows.size());
  for (const Row& row : rows) out.push_back({row.text(0), row.bytes(1)});
  return out;
}

std::optional<PolicyRow> PolicyStore::find(const Uuid& name_space, std::string_view name) const {
  const Rows rows =
      database_.query("SELECT name, record FROM policies WHERE namespace = $1 AND name = $2",
                      {value(name_space), value(name)});
  if (rows.empty()) return std::nullopt;
  return PolicyRow{rows[0].text(0), rows[0].bytes(1)};
}

SecretBytes PolicyStore::open(const Uuid& name_space, const PolicyRow& row) const {
  return sealer_.open(at(name_space, row.name), row.record);
}

void PolicyStore::put(CommitUnit& unit, const Uuid& name_space, std::string_view name,
                      BytesView record, const std::optional<Bytes>& before, Error otherwise) const {
  Values values{value(name_space), value(name), value(sealer_.seal(at(name_space, name), record))};
  if (!before) {
    unit.execute(
        "INSERT INTO policies (namespace, name, record) VALUES ($1, $2, $3) "
        "ON CONFLICT (namespace, name) DO NOTHING",
        std::move(values), 1, std::move(otherwise));
    return;
  }
  values.push_back(value(BytesView(*before)));
  unit.execute("UPDATE policies SET record = $3 WHERE namespace = $1 AND name = $2 AND record = $4",
               std::move(values), 1, std::move(otherwise));
}

void PolicyStore::remove(CommitUnit& unit, const Uuid& name_space, std::string_view name) const {
  unit.execute("DELETE FROM policies WHERE namespace = $1 AND name = $2",
               {value(name_space), value(name)});
}

}  // namespace signet::storage
