// SPDX-License-Identifier: Apache-2.0
// The only place where a parameter changes its type (core.md section 1.5). The error texts are
// those that clients of Vault know.
#include "core/schema.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace signet::core {
namespace {

constexpr std::string_view list_errors = "decoding failed due to the following error(s):\n\n";

// What Go calls the dynamic type of a decoded JSON value.
std::string_view go_type(const Json& value) {
  switch (value.type()) {
    case Json::value_t::array:
      return "[]interface {}";
    case Json::value_t::object:
      return "map[string]interface {}";
    case Json::value_t::string:
      return "string";
    case Json::value_t::boolean:
      return "bool";
    default:
      return "json.Number";
  }
}

Error unconvertible(const Json& from, std::string_view wanted, std::string_view where = "") {
  return invalid(fmt::format("'{}' expected type '{}', got unconvertible type '{}'", where, wanted,
                             go_type(from)));
}

// A scalar as text; nullopt: a list or an object.
std::optional<std::string> scalar_text(const Json& from) {
  if (from.is_string()) return from.get<std::string>();
  if (from.is_boolean()) return from.get<bool>() ? "1" : "0";
  if (from.is_number()) return from.dump();
  if (from.is_null()) return std::string();
  return std::nullopt;
}

// No name, reference or setting holds a NUL: PostgreSQL refuses it, C ends texts with it.
Result<void> check_text(std::string_view text) {
  if (text.find('\0') == std::string_view::npos) return {};
  return invalid("a text cannot hold a NUL character");
}

Error bad_integer(bool is_out_of_range) {
  return invalid(fmt::format("'' cannot parse value as 'int': strconv.ParseInt: {}",
                             is_out_of_range ? "value out of range" : "invalid syntax"));
}

Result<std::int64_t> parse_integer(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc::result_out_of_range) return bad_integer(true);
  if (problem != std::errc() || end != text.data() + text.size()) return bad_integer(false);
  return value;
}

std::optional<bool> parse_bool(std::string_view text) {
  static constexpr std::array yes{"1", "t", "T", "TRUE", "true", "True"};
  static constexpr std::array no{"", "0", "f", "F", "FALSE", "false", "False"};
  if (std::find(yes.begin(), yes.end(), text) != yes.end()) return true;
  if (std::find(no.begin(), no.end(), text) != no.end()) return false;
  return std::nullopt;
}

Result<void> add_pair(std::string_view text, std::map<std::string, std::string>& to) {
  TRY(check_text(text));
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos)
    return invalid(fmt::format("invalid key pair \"{}\"", text));
  to[std::string(trim(text.substr(0, equals)))] = trim(text.substr(equals + 1));
  return {};
}

std::string bracketed(std::string_view lead, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return fmt::format("{}: [{}]", lead, join(names, " "));
}

}  // namespace

Result<void> decode(const Json& from, const FieldInfo& field, std::string& to) {
  const std::optional<std::string> text = scalar_text(from);
  if (!text) return unconvertible(from, "string");
  TRY(check_text(*text));
  to = has(field.flags, FieldFlag::lower_case) ? lower(*text) : *text;
  if (has(field.flags, FieldFlag::is_name) && !to.empty() && !is_name(to))
    return invalid("field validation failed");
  return {};
}

Result<void> decode(const Json& from, const FieldInfo&, SecretBytes& to) {
  std::optional<std::string> text = scalar_text(from);
  if (!text) return unconvertible(from, "string");
  to = SecretBytes(std::string_view(*text));
  wipe(*text);
  return {};
}

Result<void> decode(const Json& from, const FieldInfo&, bool& to) {
  if (from.is_boolean()) {
    to = from.get<bool>();
  } else if (from.is_number()) {
    to = from.get<double>() != 0;
  } else if (from.is_string()) {
    const std::optional<bool> value = parse_bool(from.get_ref<const std::string&>());
    if (!value)
      return invalid("'' cannot parse value as 'bool': strconv.ParseBool: invalid syntax");
    to = *value;
  } else if (from.is_null()) {
    to = false;
  } else {
    return unconvertible(from, "bool");
  }
  return {};
}

Result<void> decode(const Json& from, const FieldInfo&, std::int64_t& to) {
  if (from.is_number_unsigned()) {
    const auto value = from.get<std::uint64_t>();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return bad_integer(true);
    to = static_cast<std::int64_t>(value);
  } else if (from.is_number_integer()) {
    to = from.get<std::int64_t>();
  } else if (from.is_number_float()) {
    // 2^63: the first number that does not fit.
    const auto value = from.get<double>();
    if (value >= 9223372036854775808.0 || value < -9223372036854775808.0) return bad_integer(true);
    to = static_cast<std::int64_t>(value);
    if (static_cast<double>(to) != value) return bad_integer(false);
  } else if (from.is_string()) {
    to = TRY(parse_integer(from.get_ref<const std::string&>()));
  } else if (from.is_boolean()) {
    to = from.get<bool>() ? 1 : 0;
  } else if (from.is_null()) {
    to = 0;
  } else {
    return unconvertible(from, "int");
  }
  return {};
}

Result<void> decode(const Json& from, const FieldInfo& field, Seconds& to) {
  if (from.is_null()) return {};
  if (!from.is_string() && !from.is_number()) return invalid("could not parse duration from input");
  const std::string text = from.is_string() ? from.get<std::string>() : from.dump();
  const std::optional<Seconds> value = parse_duration(trim(text), true);
  if (!value) return invalid(fmt::format("time: invalid duration \"{}\"", text));
  if (value->count() < 0 && !has(field.flags, FieldFlag::negative_allowed))
    return invalid(fmt::format("cannot provide negative value '{}'", value->count()));
  to = *value;
  return {};
}

Result<void> decode(const Json& from, const FieldInfo& field, std::vector<std::string>& to) {
  to.clear();
  if (from.is_array()) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::optional<std::string> text = scalar_text(from[i]);
      if (!text) {
        const Error inner = unconvertible(from[i], "string", fmt::format("[{}]", i));
        return invalid(std::string(list_errors) + inner.message);
      }
      to.emplace_back(trim(*text));
    }
  } else if (const std::optional<std::string> text = scalar_text(from)) {
    if (has(field.flags, FieldFlag::whole)) {
      if (!text->empty()) to.push_back(*text);
    } else {
      for (const std::string& part : split(*text, ',')) to.emplace_back(trim(part));
    }
  } else {
    const Error inner = unconvertible(from, "string", "[0]");
    return invalid(std::string(list_errors) + inner.message);
  }
  for (std::string& item : to) {
    TRY(check_text(item));
    if (has(field.flags, FieldFlag::lower_case)) item = lower(item);
  }
  return {};
}

Result<void> decode(const Json& from, const FieldInfo&, std::map<std::string, std::string>& to) {
  to.clear();
  if (from.is_object()) {
    for (const auto& [key, value] : from.items()) {
      std::optional<std::string> text = scalar_text(value);
      if (!text) {
        const Error inner = unconvertible(value, "string", key);
        return invalid(std::string(list_errors) + inner.message);
      }
      TRY(check_text(key));
      TRY(check_text(*text));
      to[key] = *std::move(text);
    }
    return {};
  }
  if (from.is_array()) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::optional<std::string> text = scalar_text(from[i]);
      if (!text) {
        const Error inner = unconvertible(from[i], "string", fmt::format("[{}]", i));
        return invalid(std::string(list_errors) + inner.message);
      }
      TRY(add_pair(*text, to));
    }
    return {};
  }
  const std::optional<std::string> text = scalar_text(from);
  if (text->empty()) return {};
  return add_pair(*text, to);
}

Result<void> decode(const Json& from, const FieldInfo&, Json& to) {
  to = from;
  return {};
}

std::string type_name(const std::string*) { return "string"; }
std::string type_name(const SecretBytes*) { return "string"; }
std::string type_name(const bool*) { return "boolean"; }
std::string type_name(const std::int64_t*) { return "integer"; }
std::string type_name(const Seconds*) { return "duration"; }
std::string type_name(const std::vector<std::string>*) { return "list"; }
std::string type_name(const std::map<std::string, std::string>*) { return "map"; }
std::string type_name(const Json*) { return "any"; }

std::vector<std::string> SchemaBase::warnings_for(const Json& data,
                                                  const Captures& captures) const {
  if (takes_any_) return {};
  std::vector<std::string> unknown;
  std::vector<std::string> replaced;
  for (const auto& [key, value] : data.items()) {
    const auto captured = std::find_if(captures.begin(), captures.end(),
                                       [&key](const auto& pair) { return pair.first == key; });
    if (captured != captures.end()) {
      if (value != Json(captured->second)) replaced.push_back(key);
    } else if (std::none_of(infos_.begin(), infos_.end(),
                            [&key](const FieldInfo& info) { return info.name == key; })) {
      unknown.push_back(key);
    }
  }
  std::vector<std::string> warnings;
  if (!unknown.empty())
    warnings.push_back(bracketed("Endpoint ignored these unrecognized parameters", unknown));
  if (!replaced.empty())
    warnings.push_back(bracketed(
        "Endpoint replaced the value of these parameters with the values captured from the "
        "endpoint's path",
        replaced));
  return warnings;
}

const Schema<NoFields>& no_fields() {
  static const Schema<NoFields> none{};
  return none;
}

}  // namespace signet::core
