// SPDX-License-Identifier: Apache-2.0
#include "engines/kv/fields.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::kv {

const core::Schema<PathField>& path_field() {
  static const core::Schema<PathField> schema{{"path", &PathField::path, "Where the secret is."}};
  return schema;
}

const core::Schema<ListFields>& list_fields() {
  static const core::Schema<ListFields> schema{
      {"path", &ListFields::path, "The folder."},
      {"after", &ListFields::after, "List names above this one."},
      {"limit", &ListFields::limit, "At most so many names; 0 or less: all."},
  };
  return schema;
}

Result<void> check_path(const std::string& path) {
  if (path.size() > longest_path)
    return invalid(fmt::format("path is longer than {} bytes", longest_path));
  return {};
}

core::Response listing(std::vector<std::string> keys) {
  core::Json data = core::Json::object();
  if (!keys.empty()) data["keys"] = std::move(keys);
  return core::Response::of(std::move(data));
}

}  // namespace signet::kv
