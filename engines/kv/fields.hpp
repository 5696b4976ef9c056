// SPDX-License-Identifier: Apache-2.0
// What both versions take from a request.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "core/response.hpp"
#include "core/schema.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace signet::kv {

/// A path below the mount; empty for the mount itself.
struct PathField {
  std::string path;
};
const core::Schema<PathField>& path_field();

/// A folder and which of its names to list.
struct ListFields {
  std::string path;
  std::string after;
  std::int64_t limit = 0;
};
const core::Schema<ListFields>& list_fields();

/// "a" and "a/" as "a/"; the mount itself as "".
inline std::string folder(const std::string& path) {
  return path.empty() || path.ends_with('/') ? path : path + '/';
}

/// Longer paths do not fit into an index of either database.
inline constexpr std::size_t longest_path = 2000;
/// 400 when the path cannot be stored.
Result<void> check_path(const std::string& path);

/// The answer of LIST and SCAN; nothing found has no `keys` at all.
core::Response listing(std::vector<std::string> keys);

}  // namespace signet::kv
