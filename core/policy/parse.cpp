// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse.hpp"

#include "base/duration.hpp"
#include "base/hcl.hpp"
#include "base/text.hpp"
#include "core/policy/template.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace signet::core {
namespace {

constexpr std::string_view failed = "failed to parse policy: ";

/// Blocks of one policy; a text of 1 MiB could hold many thousands that say nothing.
constexpr std::size_t rule_limit = 20'000;

constexpr std::array<std::string_view, 13> block_keys{
    "comment",
    "policy",
    "capabilities",
    "allowed_parameters",
    "denied_parameters",
    "required_parameters",
    "min_wrapping_ttl",
    "max_wrapping_ttl",
    "pagination_limit",
    "expiration",
    "list_scan_response_keys_filter_path",
    "mfa_methods",
    "control_group",
};

using hcl::Item;
using hcl::Value;

/// Several errors in the form that clients know.
Error combined(const std::vector<std::string>& errors) {
  std::string text =
      errors.size() == 1 ? "1 error occurred:" : fmt::format("{} errors occurred:", errors.size());
  for (const std::string& error : errors) text += "\n\t* " + error;
  return invalid(text + "\n\n");
}

/// One value, or the only one of a list.
Result<std::string> text_of(const Item& item) {
  if (item.value.kind == Value::Kind::list || item.value.kind == Value::Kind::object)
    return invalid(fmt::format("{} must be one value", item.key));
  return item.value.text;
}

/// A list of texts; a single text counts as a list of one.
Result<std::vector<std::string>> texts_of(const Item& item) {
  std::vector<std::string> out;
  if (item.value.kind == Value::Kind::text) return std::vector<std::string>{item.value.text};
  if (item.value.kind != Value::Kind::list)
    return invalid(fmt::format("{} must be a list of texts", item.key));
  for (const Value& element : item.value.list) {
    if (element.kind == Value::Kind::list || element.kind == Value::Kind::object)
      return invalid(fmt::format("{} must be a list of texts", item.key));
    out.push_back(element.text);
  }
  return out;
}

Json number_of(const std::string& text) {
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error == std::errc{} && end == text.data() + text.size()) return whole;
  double real = 0;
  const auto [real_end, real_error] = std::from_chars(text.data(), text.data() + text.size(), real);
  if (real_error == std::errc{} && real_end == text.data() + text.size()) return real;
  return text;
}

/// The recursion is bounded by the parser's depth limit.
Json json_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::text:
      return value.text;
    case Value::Kind::number:
      return number_of(value.text);
    case Value::Kind::boolean:
      return value.text == "true";
    case Value::Kind::list: {
      Json out = Json::array();
      for (const Value& element : value.list) out.push_back(json_of(element));
      return out;
    }
    case Value::Kind::object: {
      Json out = Json::object();
      for (const Item& item : value.object) out[item.key] = json_of(item.value);
      return out;
    }
  }
  return nullptr;
}

/// `{ "ttl" = ["1h", "2h"], "*" = [] }`, added to what is there.
Result<void> read_parameters(const Item& item, ParameterRules& to) {
  if (item.value.kind != Value::Kind::object || !item.labels.empty())
    return invalid(fmt::format("{} must be a map", item.key));
  for (const Item& parameter : item.value.object) {
    std::vector<Json>& values = to[lower(parameter.key)];
    values.clear();
    if (parameter.value.kind != Value::Kind::list) {
      values.push_back(json_of(parameter.value));
      continue;
    }
    for (const Value& element : parameter.value.list) values.push_back(json_of(element));
  }
  return {};
}

Result<Seconds> duration_of(const Item& item) {
  const std::string text = TRY(text_of(item));
  const auto value = parse_duration(text);
  if (!value)
    return invalid(fmt::format("error parsing {}: invalid duration \"{}\"", item.key, text));
  return *value;
}

Result<CapabilitySet> legacy_capabilities(const Item& item) {
  constexpr CapabilitySet reading = bit(Capability::read) | bit(Capability::list);
  constexpr CapabilitySet writing =
      reading | bit(Capability::create) | bit(Capability::update) | bit(Capability::remove);
  const std::string word = TRY(text_of(item));
  if (word == "deny") return bit(Capability::deny);
  if (word == "read") return reading;
  if (word == "write") return writing;
  if (word == "sudo") return writing | bit(Capability::sudo);
  return invalid(fmt::format("invalid policy \"{}\"", word));
}

Result<CapabilitySet> capabilities_of(const Item& item) {
  CapabilitySet set = 0;
  const std::vector<std::string> words = TRY(texts_of(item));
  for (const std::string& word : words) {
    const auto known = capability(word);
    if (!known) return invalid(fmt::format("invalid capability \"{}\"", word));
    set |= bit(*known);
  }
  return set;
}

Result<std::int64_t> pagination_limit_of(const Item& item) {
  const std::string text = TRY(text_of(item));
  std::int64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc{} || end != text.data() + text.size() || limit < 0)
    return invalid("pagination_limit must be a positive number");
  return limit;
}

/// One member of a block.
Result<void> read_member(const Item& item, PathRule& rule) {
  Permissions& permissions = rule.permissions;
  if (item.key == "capabilities") {
    const CapabilitySet set = TRY(capabilities_of(item));
    permissions.capabilities |= set;
  } else if (item.key == "policy") {
    const CapabilitySet set = TRY(legacy_capabilities(item));
    permissions.capabilities |= set;
  } else if (item.key == "allowed_parameters") {
    TRY(read_parameters(item, permissions.allowed_parameters));
  } else if (item.key == "denied_parameters") {
    TRY(read_parameters(item, permissions.denied_parameters));
  } else if (item.key == "required_parameters") {
    const std::vector<std::string> required = TRY(texts_of(item));
    for (const std::string& name : required) permissions.required_parameters.push_back(lower(name));
  } else if (item.key == "min_wrapping_ttl") {
    permissions.min_wrapping_ttl = TRY(duration_of(item));
  } else if (item.key == "max_wrapping_ttl") {
    permissions.max_wrapping_ttl = TRY(duration_of(item));
  } else if (item.key == "pagination_limit") {
    permissions.pagination_limit = TRY(pagination_limit_of(item));
  } else if (item.key == "expiration") {
    const std::string text = TRY(text_of(item));
    rule.expires_at = parse_rfc3339(text);
    if (!rule.expires_at) return invalid(fmt::format("invalid expiration time \"{}\"", text));
  } else if (item.key == "mfa_methods") {
    permissions.mfa_methods = TRY(texts_of(item));
  } else if (item.key == "control_group" || item.key == "list_scan_response_keys_filter_path") {
    // Ignoring it would allow what its author meant to guard.
    return invalid(item.key + " is not supported");
  }
  return {};
}

class Reader {
 public:
  Reader(Policy& policy, UnixTime now) : policy_(policy), now_(now) {}

  Result<void> read(const std::vector<Item>& items) {
    std::vector<std::string> unknown;
    for (const Item& item : items) {
      if (item.key != "path" && item.key != "name")
        unknown.push_back(fmt::format("invalid key \"{}\" on line {}", item.key, item.assign_line));
    }
    if (!unknown.empty()) return combined(unknown);
    for (const Item& item : items) {
      if (item.key != "path") continue;
      if (item.labels.empty()) {
        TRY(read_unlabelled(item.value));
      } else if (item.labels.size() == 1) {
        TRY(read_block(item.labels[0], item.value));
      } else {
        return invalid(fmt::format("path \"{}\": one path is expected", item.labels[0]));
      }
    }
    return {};
  }

 private:
  /// JSON's form: an object whose names are the paths, or a list of such objects.
  Result<void> read_unlabelled(const Value& value) {
    if (value.kind == Value::Kind::list) {
      for (const Value& element : value.list) {
        if (element.kind != Value::Kind::object) return invalid("path must be an object");
        TRY(read_unlabelled(element));
      }
      return {};
    }
    if (value.kind != Value::Kind::object) return invalid("path must be an object");
    for (const Item& item : value.object) {
      if (item.value.kind == Value::Kind::list) {
        for (const Value& element : item.value.list) TRY(read_block(item.key, element));
      } else {
        TRY(read_block(item.key, item.value));
      }
    }
    return {};
  }

  Result<void> read_block(const std::string& written, const Value& value) {
    if (value.kind != Value::Kind::object)
      return invalid(fmt::format("path \"{}\": an object is expected", written));
    if (policy_.rules.size() >= rule_limit) return invalid("too many path blocks");
    std::vector<std::string> unknown;
    for (const Item& item : value.object) {
      if (std::find(block_keys.begin(), block_keys.end(), item.key) == block_keys.end())
        unknown.push_back(fmt::format("path \"{}\": invalid key \"{}\" on line {}", written,
                                      item.key, item.assign_line));
    }
    if (!unknown.empty()) return combined(unknown);

    PathRule rule;
    const auto has_template = check_template(written);
    if (!has_template)
      return invalid("failed to validate policy templating: " + has_template.error().message);
    rule.has_template = *has_template;
    auto read = set_pattern(rule, written);
    for (const Item& item : value.object) {
      if (!read) break;
      read = read_member(item, rule);
    }
    if (!read) return invalid(fmt::format("path \"{}\": {}", written, read.error().message));
    return finish(std::move(rule));
  }

  Result<void> finish(PathRule rule) {
    Permissions& permissions = rule.permissions;
    const Seconds zero{0};
    if (permissions.min_wrapping_ttl > zero && permissions.max_wrapping_ttl > zero &&
        permissions.max_wrapping_ttl < permissions.min_wrapping_ttl)
      return invalid("max_wrapping_ttl cannot be less than min_wrapping_ttl");
    if ((permissions.capabilities & bit(Capability::deny)) != 0) {
      permissions = Permissions{};
      permissions.capabilities = bit(Capability::deny);
    }
    if (rule.expires_at && *rule.expires_at <= now_) return {};
    policy_.rules.push_back(std::move(rule));
    return {};
  }

  Policy& policy_;
  UnixTime now_;
};

}  // namespace

Result<void> set_pattern(PathRule& rule, std::string_view written) {
  if (written.find("+*") != written.npos)
    return invalid("invalid use of wildcards ('+*' is forbidden)");
  if (written.starts_with('/')) written.remove_prefix(1);
  rule.is_prefix = written.ends_with('*');
  if (rule.is_prefix) written.remove_suffix(1);
  rule.pattern = std::string(written);
  const std::vector<std::string> segments = split(written, '/');
  const bool has_plus = std::find(segments.begin(), segments.end(), "+") != segments.end();
  rule.kind = has_plus         ? PatternKind::segment
              : rule.is_prefix ? PatternKind::prefix
                               : PatternKind::exact;
  return {};
}

Result<Policy> parse_policy(std::string name, std::string_view text, UnixTime now) {
  Policy policy;
  policy.name = std::move(name);
  const auto items = hcl::parse(text);
  if (!items) return invalid(std::string(failed) + items.error().message);
  const auto read = Reader(policy, now).read(*items);
  if (!read) return invalid(std::string(failed) + read.error().message);
  return policy;
}

}  // namespace signet::core
