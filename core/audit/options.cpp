// SPDX-License-Identifier: Apache-2.0
#include "core/audit/options.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fmt/format.h>

namespace signet::core {
namespace {

/// The spellings that Go's ParseBool takes, as operators write them.
std::optional<bool> parse_bool(std::string_view text) {
  constexpr std::array<std::string_view, 6> yes{"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> no{"0", "f", "F", "false", "FALSE", "False"};
  if (std::find(yes.begin(), yes.end(), text) != yes.end()) return true;
  if (std::find(no.begin(), no.end(), text) != no.end()) return false;
  return std::nullopt;
}

Result<void> read(const std::map<std::string, std::string>& options, const char* name, bool& to) {
  const auto found = options.find(name);
  if (found == options.end() || found->second.empty()) return {};
  const std::optional<bool> value = parse_bool(found->second);
  if (!value)
    return invalid(
        fmt::format("option \"{}\" must be true or false, not \"{}\"", name, found->second));
  to = *value;
  return {};
}

/// `path` itself or something below it.
bool is_below(const std::filesystem::path& path, const std::filesystem::path& directory) {
  const auto [end, unused] =
      std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return end == directory.end();
}

}  // namespace

Result<AuditDeviceOptions> parse_audit_options(const std::map<std::string, std::string>& options,
                                               bool prefix_allowed) {
  AuditDeviceOptions parsed;
  TRY(read(options, "log_raw", parsed.format.is_raw));
  TRY(read(options, "hmac_accessor", parsed.format.hashes_accessors));
  TRY(read(options, "elide_list_responses", parsed.format.elides_lists));
  TRY(read(options, "skip_test", parsed.skips_test));
  const auto format = options.find("format");
  if (format != options.end() && !format->second.empty() && format->second != "json")
    return invalid(
        fmt::format("unknown format type \"{}\": only \"json\" is available", format->second));
  const auto prefix = options.find("prefix");
  if (prefix != options.end() && !prefix->second.empty()) {
    if (!prefix_allowed)
      return invalid("option \"prefix\" is not allowed by the server's configuration");
    parsed.format.prefix = prefix->second;
  }
  return parsed;
}

bool is_audit_path_allowed(const std::map<std::string, std::string>& options,
                           const std::vector<std::string>& directories) {
  namespace fs = std::filesystem;
  auto option = options.find("file_path");
  if (option == options.end()) option = options.find("path");
  if (option == options.end()) return false;
  const std::string& text = option->second;
  if (text == "stdout" || text == "discard")
    return std::find(directories.begin(), directories.end(), text) != directories.end();
  if (!fs::path(text).is_absolute()) return false;
  std::error_code error;
  const fs::path path = fs::weakly_canonical(text, error);
  if (error) return false;
  // A device file below a directory could swallow lines like "discard" (/dev/null below /).
  const fs::file_type type = fs::status(path, error).type();
  if (type != fs::file_type::not_found && type != fs::file_type::regular &&
      type != fs::file_type::fifo)
    return false;
  return std::any_of(directories.begin(), directories.end(), [&](const std::string& directory) {
    if (!fs::path(directory).is_absolute()) return false;
    std::error_code missing;
    const fs::path real = fs::canonical(directory, missing);
    return !missing && path != real && is_below(path, real);
  });
}

std::string audit_path(std::string_view path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return path.empty() ? std::string() : std::string(path) + "/";
}

}  // namespace signet::core
