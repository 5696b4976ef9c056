// SPDX-License-Identifier: Apache-2.0
// The servers that share the database (table `nodes`).
#pragma once

#include "base/clock.hpp"
#include "storage/database.hpp"

#include <vector>

namespace signet::storage {

struct SeenNode {
  Node node;
  UnixTime seen_at;
};

class NodeStore {
 public:
  explicit NodeStore(Database& database) : database_(database) {}
  /// Nodes that renewed their row at or after `since`, by address.
  [[nodiscard]] std::vector<SeenNode> seen_since(UnixTime since) const;

 private:
  Database& database_;
};

}  // namespace signet::storage
