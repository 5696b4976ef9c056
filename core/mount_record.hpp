// SPDX-License-Identifier: Apache-2.0
// A mount as its sealed record and as the API shows it; the mounts that are always there.
#pragma once

#include "base/sealed.hpp"
#include "base/secret.hpp"
#include "core/mount.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

/// Where the record lives. Class and path are bound to it: a row that was edited does not open.
class MountRecordPlace {
 public:
  explicit MountRecordPlace(const Mount& mount)
      : namespace_(mount.namespace_id), id_(mount.id), bound_(mount.full_path()) {}
  [[nodiscard]] SealedAt at() const {
    return {"mounts", "record", namespace_.view(), id_.view(), as_bytes(bound_)};
  }

 private:
  Uuid namespace_, id_;
  std::string bound_;
};

/// JSON of what is not a column.
std::string write_record(const Mount& mount);
/// Fills what write_record() wrote. @throws Fault when it is not that
void read_record(const SecretBytes& record, Mount& mount);

/// `sys/ identity/ cubbyhole/ auth/token/` without ids and accessors.
std::vector<Mount> builtin_mounts();

}  // namespace signet::core
