// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/registry.hpp"
#include "engines/registry.hpp"
#include "tests/support/house.hpp"

#include <string>

namespace signet::test {

/// A CoreHouse with every module that there is.
class House : public CoreHouse {
 public:
  explicit House(const std::string& database_kind = "sqlite", core::AuditOptions audit_options = {},
                 bool is_unsealed = true)
      : CoreHouse(add_all, database_kind, std::move(audit_options), is_unsealed) {}

 private:
  static void add_all(core::Registry& registry, core::Services& services) {
    engines::register_all(registry, services);
    auth::register_all(registry, services);
  }
};

}  // namespace signet::test
