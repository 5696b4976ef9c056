// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parameters.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace signet::core {
namespace {

/// A '*' is special at the pattern's start and end only, and not when it stands alone.
bool text_matches(std::string_view pattern, std::string_view text) {
  if (pattern.size() < 2) return pattern == text;
  const bool is_open_before = pattern.starts_with('*');
  const bool is_open_behind = pattern.ends_with('*');
  if (is_open_before) pattern.remove_prefix(1);
  if (is_open_behind) pattern.remove_suffix(1);
  if (is_open_before && is_open_behind) return text.find(pattern) != text.npos;
  if (is_open_before) return text.ends_with(pattern);
  if (is_open_behind) return text.starts_with(pattern);
  return pattern == text;
}

bool names_limit(const Permissions& permissions) {
  const auto& names = permissions.required_parameters;
  return std::find(names.begin(), names.end(), "limit") != names.end();
}

/// The request's `limit`; nullopt: not a number.
std::optional<std::int64_t> limit_of(const Json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return limit;
}

}  // namespace

bool value_matches(const Json& value, const std::vector<Json>& rules) {
  if (rules.empty()) return true;
  return std::any_of(rules.begin(), rules.end(), [&](const Json& rule) {
    if (rule.is_string() && value.is_string())
      return text_matches(rule.get_ref<const std::string&>(), value.get_ref<const std::string&>());
    return rule == value;
  });
}

bool allows_parameters(const Permissions& permissions, const Json* data) {
  const auto& required = permissions.required_parameters;
  const bool has_all = std::all_of(required.begin(), required.end(), [&](const std::string& name) {
    return data != nullptr && data->is_object() && data->contains(name);
  });
  if (!has_all) return false;
  if (data == nullptr || !data->is_object() || data->empty()) return true;
  const ParameterRules& denied = permissions.denied_parameters;
  const ParameterRules& allowed = permissions.allowed_parameters;
  if (denied.contains("*")) return false;
  const bool allows_others = allowed.contains("*");
  const bool is_limited = !allowed.empty() && !(allowed.size() == 1 && allows_others);
  for (const auto& [name, value] : data->items()) {
    const std::string key = lower(name);
    if (const auto rule = denied.find(key);
        rule != denied.end() && value_matches(value, rule->second))
      return false;
    if (!is_limited) continue;
    const auto rule = allowed.find(key);
    if (rule == allowed.end() ? !allows_others : !value_matches(value, rule->second)) return false;
  }
  return true;
}

bool allows_wrapping(const Permissions& permissions, std::optional<Seconds> wrap_ttl) {
  const Seconds zero{0};
  const Seconds asked = wrap_ttl.value_or(zero);
  const Seconds least = permissions.min_wrapping_ttl;
  const Seconds most = permissions.max_wrapping_ttl;
  if (most > zero && (asked <= zero || asked > most)) return false;
  if (least > zero && (asked <= zero || asked < least)) return false;
  return !(most > zero && least > zero && most < least);
}

bool allows_paging(const Permissions& permissions, const Json* data,
                   std::optional<std::int64_t>& list_limit) {
  const std::int64_t most = permissions.pagination_limit;
  const Json* asked = nullptr;
  if (data != nullptr && data->is_object()) {
    const auto found = data->find("limit");
    if (found != data->end() && !found->is_null()) asked = &*found;
  }
  const bool asks_for_all = asked != nullptr && *asked == "max";
  if (most <= 0) {
    if (asks_for_all) list_limit = 0;
    return true;
  }
  if (asked == nullptr) {
    if (names_limit(permissions)) return false;
    list_limit = most;
    return true;
  }
  const auto limit = asks_for_all ? std::optional<std::int64_t>(0) : limit_of(*asked);
  if (!limit || *limit < 0 || *limit > most) return false;
  if (*limit == 0) list_limit = most;
  return true;
}

}  // namespace signet::core
