// SPDX-License-Identifier: Apache-2.0
#include "storage/nodes.hpp"

namespace signet::storage {

std::vector<SeenNode> NodeStore::seen_since(UnixTime since) const {
  std::vector<SeenNode> nodes;
  for (const Row& row : database_.query(
           "SELECT id, address, version, seen FROM nodes WHERE seen >= $1 ORDER BY address, id",
           {value(since)}))
    nodes.push_back({{row.uuid(0), row.text(1), row.text(2)}, row.time(3)});
  return nodes;
}

}  // namespace signet::storage
