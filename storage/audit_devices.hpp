// SPDX-License-Identifier: Apache-2.0
// Audit devices enabled through the API; those of the configuration file have no row here.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

struct AuditDeviceRow {
  Uuid id;
  std::string path;  ///< "file/"
  SealedBytes record;
};

class AuditDeviceStore {
 public:
  explicit AuditDeviceStore(Database& database) : database_(database) {}

  [[nodiscard]] std::vector<AuditDeviceRow> all() const;  ///< by path
  /// `id` is random; the unit is refused with `in_use` when the path is taken.
  static void stage(CommitUnit& unit, const AuditDeviceRow& row, Error in_use);
  static void stage_removal(CommitUnit& unit, const Uuid& id);

 private:
  Database& database_;
};

}  // namespace signet::storage
