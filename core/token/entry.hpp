// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace signet::core {

/// A service token as the store knows it (core.md section 4); the token's own text is never kept.
struct TokenEntry {
  Bytes id_hash;  ///< keyed hash of the token: the row's key
  Uuid namespace_id{};
  std::string accessor;
  std::optional<Bytes> parent;        ///< id_hash of the parent; absent for orphans
  std::vector<std::string> policies;  ///< sorted, unique, lower case
  std::string path;                   ///< "auth/token/create", "auth/token/root" ...
  std::string display_name;
  std::map<std::string, std::string> meta;
  std::string role;
  std::string entity_id;
  std::vector<std::string> bound_cidrs;
  std::int64_t uses_left = 0;  ///< 0: unlimited; -1: the last use has been spent
  UnixTime created_at;
  std::optional<UnixTime> last_renewal;
  Seconds creation_ttl{0}, explicit_max_ttl{0}, period{0};
  std::optional<UnixTime> expires_at;  ///< absent: never (root)
  bool is_renewable = false;
  bool is_orphan = false;

  [[nodiscard]] bool is_root() const { return policies.size() == 1 && policies[0] == "root"; }
};

}  // namespace signet::core
