// SPDX-License-Identifier: Apache-2.0
#include "core/policy/template.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"

namespace signet::core {
namespace {

constexpr std::string_view unbalanced = "unbalanced templating characters";

/// A template's parts: text, expression, text, expression ... text. nullopt: braces do not pair up.
std::optional<std::vector<std::string_view>> parts(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t open = text.find("{{");
    const std::string_view before = text.substr(0, open);
    if (before.find("}}") != before.npos) return std::nullopt;
    out.push_back(before);
    if (open == text.npos) return out;
    text.remove_prefix(open + 2);
    const std::size_t close = text.find("}}");
    if (close == text.npos) return std::nullopt;
    const std::string_view inner = text.substr(0, close);
    if (inner.find("{{") != inner.npos) return std::nullopt;
    out.push_back(inner);
    text.remove_prefix(close + 2);
  }
}

/// `time.now`, `time.now.plus.1h`, `time.now.minus.30m`: seconds since 1970.
std::optional<std::string> value_of(std::string_view expression, UnixTime now) {
  constexpr std::string_view time_now = "time.now";
  if (!expression.starts_with(time_now)) return std::nullopt;
  expression.remove_prefix(time_now.size());
  if (expression.empty()) return std::to_string(now.seconds);
  const bool is_plus = expression.starts_with(".plus.");
  if (!is_plus && !expression.starts_with(".minus.")) return std::nullopt;
  expression.remove_prefix(is_plus ? 6 : 7);
  const auto by = parse_duration(expression);
  if (!by || expression.empty()) return std::nullopt;
  return std::to_string((is_plus ? now + *by : now - *by).seconds);
}

}  // namespace

Result<bool> check_template(std::string_view text) {
  const auto found = parts(text);
  if (!found) return invalid(std::string(unbalanced));
  return found->size() > 1;
}

std::optional<std::string> expand_template(std::string_view text, UnixTime now) {
  const auto found = parts(text);
  if (!found) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (i % 2 == 0) {
      out += (*found)[i];
      continue;
    }
    const auto value = value_of(trim((*found)[i]), now);
    if (!value) return std::nullopt;
    out += *value;
  }
  return out;
}

}  // namespace signet::core
