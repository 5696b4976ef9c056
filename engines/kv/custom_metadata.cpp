// SPDX-License-Identifier: Apache-2.0
#include "engines/kv/custom_metadata.hpp"

#include "base/text.hpp"
#include "core/schema.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::kv {
namespace {

using core::Json;
using Texts = std::map<std::string, std::string>;

constexpr std::size_t most_names = 64;
constexpr std::size_t longest_name = 128;
constexpr std::size_t longest_value = 512;
constexpr std::string_view lead = "custom_metadata validation failed";

// No control characters (C0, DEL, C1) and no line or paragraph separators.
bool is_printable(std::string_view text) {
  if (!is_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return false;
    if (c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
    const std::string_view three = text.substr(i, 3);
    if (three == "\xe2\x80\xa8" || three == "\xe2\x80\xa9") return false;
  }
  return true;
}

std::vector<std::string> faults(const Texts& texts) {
  std::vector<std::string> found;
  if (texts.size() > most_names)
    found.push_back(
        fmt::format("payload must contain at most {} keys, provided {}", most_names, texts.size()));
  for (const auto& [name, value] : texts) {
    const std::string shown = Json(name).dump(-1, ' ', false, Json::error_handler_t::replace);
    if (name.empty() || name.size() > longest_name)
      found.push_back(fmt::format("length of key {} is {} but must be 0 < len(key) <= {}", shown,
                                  name.size(), longest_name));
    if (value.empty() || value.size() > longest_value)
      found.push_back(
          fmt::format("length of value for key {} is {} but must be 0 < len(value) <= {}", shown,
                      value.size(), longest_value));
    if (!name.empty() && !is_printable(name))
      found.push_back(fmt::format("key {} contains unprintable characters", shown));
    if (!value.empty() && !is_printable(value))
      found.push_back(fmt::format("value for key {} contains unprintable characters", shown));
  }
  return found;
}

Result<std::string> checked(const Texts& texts) {
  const std::vector<std::string> wrong = faults(texts);
  if (!wrong.empty()) {
    std::string message =
        fmt::format("{} error{} occurred:\n", wrong.size(), wrong.size() == 1 ? "" : "s");
    for (const std::string& fault : wrong) message += fmt::format("\t* {}: {}\n", lead, fault);
    return invalid(message + '\n');
  }
  return texts.empty() ? std::string() : Json(texts).dump();
}

Error not_texts(const Error& problem) {
  return invalid(fmt::format("{}: {}", lead, problem.message));
}

Error no_map(const Json& asked) {
  return invalid(
      fmt::format("error converting input for field \"custom_metadata\": '' expected type "
                  "'map[string]interface {{}}', got unconvertible type '{}'",
                  asked.type_name()));
}

}  // namespace

Result<std::string> custom_metadata(const Json& asked) {
  if (asked.is_null()) return std::string();
  Texts texts;
  const auto decoded = core::decode(asked, core::FieldInfo{}, texts);
  if (!decoded) return asked.is_object() ? not_texts(decoded.error()) : no_map(asked);
  return checked(texts);
}

Result<std::string> patched_metadata(const std::string& stored, const Json& patch) {
  if (patch.is_null()) return std::string();
  if (!patch.is_object()) return no_map(patch);
  Json merged = stored.empty() ? Json::object() : Json::parse(stored);
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null())
      merged.erase(name);
    else if (value.is_string())
      merged[name] = value;
    else
      return not_texts(
          invalid(fmt::format("'{}' expected type 'string', got unconvertible type "
                              "'{}'",
                              name, value.type_name())));
  }
  return checked(merged.get<Texts>());
}

}  // namespace signet::kv
