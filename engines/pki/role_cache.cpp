// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/config.hpp"
#include "engines/pki/roles.hpp"
#include "storage/changes.hpp"
#include "storage/secrets.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {
namespace {

std::string path_of(std::string_view name) {
  return std::string(record_path::role_prefix) + std::string(name);
}

}  // namespace

RoleView Roles::find(std::string_view name) {
  // The number is read before the row; what is kept under it is at least as new.
  const std::int64_t number = context_.changes.number(kind, context_.mount_id);
  {
    const std::lock_guard lock(mutex_);
    if (number > number_) {
      kept_.clear();
      number_ = number;
    }
    const auto kept = kept_.find(name);
    if (kept != kept_.end()) return {number_, kept->second};
  }
  const storage::Secrets secrets(context_.database, context_.sealer, context_.mount_id);
  const auto found = secrets.get(path_of(name));
  if (!found) return {number, nullptr};  // absence is not kept: names are endless
  auto role = std::make_shared<const Role>(Role::from_record(found->value.reveal_text()));
  const std::lock_guard lock(mutex_);
  if (number == number_) {
    if (kept_.size() >= most_kept) kept_.clear();
    kept_.insert_or_assign(std::string(name), role);
  }
  return {number, std::move(role)};
}

void Roles::write(storage::CommitUnit& unit, const std::string& name, const Role& role) const {
  storage::Secrets(context_.database, context_.sealer, context_.mount_id)
      .put(unit, path_of(name), as_bytes(role.json().dump()));
  unit.raise(kind, context_.mount_id);
}

void Roles::remove(storage::CommitUnit& unit, std::string_view name) const {
  storage::Secrets(context_.database, context_.sealer, context_.mount_id)
      .remove(unit, path_of(name));
  unit.raise(kind, context_.mount_id);
}

}  // namespace signet::pki
