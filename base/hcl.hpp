// SPDX-License-Identifier: Apache-2.0
// HCL version 1 (policies, configuration files) and its JSON form, read into one tree.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace signet::hcl {

struct Item;

/// A value: scalar, list or object. Numbers keep their text.
struct Value {
  enum class Kind { text, number, boolean, list, object };
  Kind kind = Kind::text;
  std::string text;  ///< text, number and boolean ("true"/"false")
  std::vector<Value> list;
  std::vector<Item> object;  ///< in order of appearance; keys may repeat
  int line = 0;
};

/// `key "label" "label" { ... }` or `key = value`.
struct Item {
  std::string key;
  std::vector<std::string> labels;
  Value value;
  int line = 0;
  int assign_line = 0;  ///< where its "=" (JSON: its value) stands; 0 for a block
};

/// Reads HCL or, when the first non-blank character is `{`, JSON (where nested objects become
/// labels only on demand: see core/policy). Depth at most 32, size at most 1 MiB, no duplicate
/// attribute in one object.
/// @return the root object's items; the error names line and column
Result<std::vector<Item>> parse(std::string_view text);

}  // namespace signet::hcl
