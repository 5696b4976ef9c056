// SPDX-License-Identifier: Apache-2.0
// Tokens by the path of the request that made them.
#include "storage/path_tree.hpp"
#include "storage/tokens.hpp"

#include <limits>

namespace signet::storage {

std::vector<std::string> TokenStore::made_in(const Uuid& name_space, std::string_view folder,
                                             std::string_view after, std::int64_t limit) const {
  const PathTable table{"tokens", "namespace", "path"};
  std::vector<std::string> names;
  for (std::string& name :
       PathTree(database_, table, name_space.view()).list({folder, after, limit})) {
    if (name.empty()) continue;  // rows of a release that did not note the path
    if (!name.ends_with('/')) name += '/';
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
  }
  return names;
}

std::vector<Bytes> TokenStore::made_at(const Uuid& name_space, std::string_view path,
                                       BytesView after, std::int64_t limit) const {
  const std::int64_t most = limit > 0 ? limit : std::numeric_limits<std::int64_t>::max();
  std::vector<Bytes> hashes;
  for (const Row& row :
       database_.query("SELECT id_hash FROM tokens WHERE namespace = $1 AND path = $2 "
                       "AND id_hash > $3 ORDER BY id_hash LIMIT $4",
                       {value(name_space), value(path), value(after), most}))
    hashes.push_back(row.bytes(0));
  return hashes;
}

}  // namespace signet::storage
