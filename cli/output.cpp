// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include "base/duration.hpp"
#include "cli/commands.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace signet::cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// Columns are as wide as their longest cell in characters, not octets.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

bool is_duration_name(std::string_view name) {
  return name == "ttl" || name.ends_with("_ttl") || name == "period" || name.ends_with("_period") ||
         name == "duration" || name.ends_with("_duration") || name == "lease_max" ||
         name == "ttl_max";
}

/// "768h", "1h30m", "0s": zero parts are left out.
std::string short_duration(std::int64_t seconds) {
  std::string text = go_duration(Seconds(seconds));
  if (text.ends_with("m0s")) text.resize(text.size() - 2);
  if (text.ends_with("h0m")) text.resize(text.size() - 2);
  return text;
}

void yaml(const ordered_json& value, std::size_t indent, std::string& out) {
  const std::string pad(indent, ' ');
  const auto scalar = [](const ordered_json& leaf) -> std::string {
    if (!leaf.is_string()) return leaf.dump();
    const auto& text = leaf.get_ref<const std::string&>();
    if (text.find('\n') != std::string::npos || text.empty() ||
        !std::isalnum(static_cast<unsigned char>(text[0])) ||
        text.find_first_of(":#{}[]&*!|>'\"%@`,") != std::string::npos || json::accept(text))
      return leaf.dump();
    return text;
  };
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      if ((child.is_object() || child.is_array()) && !child.empty()) {
        out += pad + key + ":\n";
        yaml(child, child.is_array() ? indent : indent + 2, out);
      } else {
        out += pad + key + ": " +
               (child.is_object()  ? "{}"
                : child.is_array() ? "[]"
                                   : scalar(child)) +
               "\n";
      }
    }
  } else if (value.is_array()) {
    for (const auto& child : value) {
      if (child.is_object() && !child.empty()) {
        std::string inner;
        yaml(child, indent + 2, inner);
        inner[indent] = '-';
        out += inner;
      } else {
        out += pad + "- " + (child.is_structured() ? child.dump() : scalar(child)) + "\n";
      }
    }
  } else {
    out += pad + scalar(value) + "\n";
  }
}

void warn_about(const json& envelope) {
  if (!envelope.contains("warnings") || !envelope["warnings"].is_array() ||
      envelope["warnings"].empty())
    return;
  std::fputs("WARNING! The following warnings were returned:\n\n", stderr);
  for (const auto& warning : envelope["warnings"]) fmt::print(stderr, "  * {}\n\n", cell(warning));
}

std::string quoted_list(const json& list) { return list.is_array() ? list.dump() : "[]"; }

ordered_json auth_rows(const json& auth) {
  ordered_json rows;
  rows["token"] = auth.value("client_token", "");
  rows["token_accessor"] = auth.value("accessor", "");
  const auto seconds = auth.value("lease_duration", std::int64_t{0});
  rows["token_duration"] = seconds == 0 ? "∞" : short_duration(seconds);
  rows["token_renewable"] = auth.value("renewable", false);
  rows["token_policies"] = quoted_list(auth.value("token_policies", json::array()));
  rows["identity_policies"] = quoted_list(auth.value("identity_policies", json::array()));
  rows["policies"] = quoted_list(auth.value("policies", json::array()));
  if (auth.contains("metadata") && auth["metadata"].is_object())
    for (const auto& [key, value] : auth["metadata"].items()) rows["token_meta_" + key] = value;
  return rows;
}

ordered_json secret_rows(const json& envelope) {
  ordered_json rows;
  const auto wrapped = envelope.value("wrap_info", json());
  if (wrapped.is_object()) {
    rows["wrapping_token:"] = wrapped.value("token", "");
    rows["wrapping_accessor:"] = wrapped.value("accessor", "");
    rows["wrapping_token_ttl:"] = short_duration(wrapped.value("ttl", std::int64_t{0}));
    rows["wrapping_token_creation_time:"] = wrapped.value("creation_time", "");
    rows["wrapping_token_creation_path:"] = wrapped.value("creation_path", "");
    if (const std::string accessor = wrapped.value("wrapped_accessor", ""); !accessor.empty())
      rows["wrapped_accessor:"] = accessor;
    return rows;
  }
  if (envelope.contains("auth") && envelope["auth"].is_object()) return auth_rows(envelope["auth"]);
  const auto seconds = envelope.value("lease_duration", std::int64_t{0});
  if (const std::string id = envelope.value("lease_id", ""); !id.empty()) {
    rows["lease_id"] = id;
    rows["lease_duration"] = short_duration(seconds);
    rows["lease_renewable"] = envelope.value("renewable", false);
  } else if (seconds > 0) {
    rows["refresh_interval"] = short_duration(seconds);
  }
  if (envelope.contains("data") && envelope["data"].is_object())
    for (const auto& [key, value] : envelope["data"].items()) rows[key] = value;
  return rows;
}

}  // namespace

std::string columns(const std::vector<std::vector<std::string>>& rows, bool has_header) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], width(row[i].empty() ? "n/a" : row[i]));
    }
  std::string out;
  const auto line = [&](const std::vector<std::string>& row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string shown = row[i].empty() ? "n/a" : row[i];
      text += shown;
      if (i + 1 < row.size()) text.append(widths[i] - width(shown) + 4, ' ');
    }
    out += text + "\n";
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    line(rows[i]);
    if (i != 0 || !has_header) continue;
    std::vector<std::string> dashes;
    for (const auto& title : rows[0]) dashes.emplace_back(width(title), '-');
    line(dashes);
  }
  return out;
}

std::string cell(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "<nil>";
  if (value.is_array()) {
    std::string text = "[";
    for (std::size_t i = 0; i < value.size(); ++i) text += (i == 0 ? "" : " ") + cell(value[i]);
    return text + "]";
  }
  if (value.is_object()) {
    std::string text = "map[";
    bool is_first = true;
    for (const auto& [key, child] : value.items()) {
      text += (is_first ? "" : " ") + key + ":" + cell(child);
      is_first = false;
    }
    return text + "]";
  }
  return value.dump();
}

std::string key_value_table(const ordered_json& object) {
  std::vector<std::vector<std::string>> rows{{"Key", "Value"}};
  for (const auto& [key, value] : object.items()) {
    const json plain = value;
    rows.push_back({key, plain.is_number_integer() && is_duration_name(key)
                             ? short_duration(plain.get<std::int64_t>())
                             : cell(plain)});
  }
  return columns(rows);
}

std::string document(const ordered_json& value, const std::string& format) {
  if (format == "yaml") {
    std::string out;
    yaml(value, 0, out);
    return out;
  }
  return value.dump(2) + "\n";
}

int print_secret(const json& envelope, const std::string& format) {
  if (format == "table") {
    warn_about(envelope);
    std::fputs(key_value_table(secret_rows(envelope)).c_str(), stdout);
    return exit_ok;
  }
  ordered_json out;
  for (const char* key :
       {"request_id", "lease_id", "lease_duration", "renewable", "data", "warnings"})
    out[key] = envelope.contains(key) ? ordered_json(envelope[key]) : ordered_json();
  for (const char* key : {"auth", "wrap_info"})
    if (envelope.contains(key) && !envelope[key].is_null()) out[key] = envelope[key];
  std::fputs(document(out, format).c_str(), stdout);
  return exit_ok;
}

void print_bare(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (isatty(STDOUT_FILENO) != 0) std::fputc('\n', stdout);
}

int print_field(const json& envelope, const std::string& field) {
  json found;
  const auto& data = envelope.contains("data") ? envelope["data"] : envelope;
  if (envelope.contains("auth") && envelope["auth"].is_object()) {
    const auto rows = auth_rows(envelope["auth"]);
    if (rows.contains(field)) found = rows[field];
  }
  if (found.is_null() && data.is_object() && data.contains(field)) found = data[field];
  if (found.is_null() && envelope.contains("wrap_info") && envelope["wrap_info"].is_object()) {
    const auto rows = secret_rows(envelope);
    if (rows.contains(field + ":")) found = rows[field + ":"];
  }
  if (found.is_null() &&
      (field == "lease_id" || field == "lease_duration" || field == "request_id" ||
       field == "renewable") &&
      envelope.contains(field))
    found = envelope[field];
  if (found.is_null()) {
    fmt::print(stderr, "Field \"{}\" not present in secret\n", field);
    return exit_usage;
  }
  print_bare(cell(found));
  return exit_ok;
}

}  // namespace signet::cli
