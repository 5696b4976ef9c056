// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/audit/entry.hpp"
#include "core/audit/hasher.hpp"
#include "core/audit/json_writer.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::core {

/// Writes the `data` of requests and responses: every string hashed, through lists and objects, but
/// for those whose nearest key is exempt.
class DataWriter {
 public:
  DataWriter(JsonWriter& json, const AuditFormat& format, const AuditHasher& hasher,
             const std::vector<std::string>* exempt)
      : json_(json), format_(format), hasher_(hasher), exempt_(exempt) {}

  void value(const nlohmann::json& data, bool is_exempt = false);
  void member(std::string_view key, const nlohmann::json& data);
  /// A string under its key.
  void member(std::string_view key, std::string_view secret);
  void text(std::string_view value, bool is_exempt = false);
  /// JSON text, which is never parsed into a tree: decoded strings are wiped. What is not JSON is
  /// hashed as one string.
  void document(std::string_view text);

 private:
  [[nodiscard]] bool is_exempt(std::string_view key) const;

  JsonWriter& json_;
  const AuditFormat& format_;
  const AuditHasher& hasher_;
  const std::vector<std::string>* exempt_;  // may be null
};

}  // namespace signet::core
