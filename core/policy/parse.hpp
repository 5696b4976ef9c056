// SPDX-License-Identifier: Apache-2.0
// A policy's text (HCL version 1 or JSON, core.md section 7.1) as rules.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "core/policy/capability.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::core {

using Json = nlohmann::json;

/// Parameter name (lower case) and the values it may have; no values: any.
using ParameterRules = std::map<std::string, std::vector<Json>>;

/// How a pattern matches (core.md section 7.2).
enum class PatternKind { exact, prefix, segment };

/// What one pattern grants, from one `path` block or merged from several.
struct Permissions {
  CapabilitySet capabilities = 0;
  Seconds min_wrapping_ttl{0}, max_wrapping_ttl{0};
  ParameterRules allowed_parameters, denied_parameters;
  std::vector<std::string> required_parameters;
  std::int64_t pagination_limit = 0;
  std::vector<std::string> mfa_methods;
  std::vector<std::string> granted_by;  ///< names of the policies that were merged
};

/// One `path` block.
struct PathRule {
  std::string pattern;  ///< without the leading slash, a prefix's star removed; segments keep "+"
  PatternKind kind = PatternKind::exact;
  bool is_prefix = false;  ///< the pattern ended in '*' (also for PatternKind::segment)
  std::optional<UnixTime> expires_at;
  bool has_template = false;  ///< "{{...}}" inside: expanded for each token
  Permissions permissions;
};

struct Policy {
  std::string name;
  std::vector<PathRule> rules;
};

/// Reads a policy. Blocks that expired before `now` are left out.
/// @return `failed to parse policy: ...` as the API answers it
Result<Policy> parse_policy(std::string name, std::string_view text, UnixTime now);

/// Splits a written pattern into a rule's pattern, kind and prefix mark; "+*" is refused.
Result<void> set_pattern(PathRule& rule, std::string_view written);

}  // namespace signet::core
