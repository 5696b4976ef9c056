// SPDX-License-Identifier: Apache-2.0
// What the `kv` commands share: which mount a path belongs to, its version, and how a secret looks.
#pragma once

#include "cli/commands/context.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace signet::cli::kv {

inline constexpr FlagSpec mount_flag{"mount"};

/// A secret as a kv command names it.
struct Place {
  std::string mount;  ///< "secret/"
  std::string path;   ///< below the mount; empty: the mount itself
  bool is_v2 = false;
  /// The API's path: "secret/data/app" on version 2, "secret/app" on version 1.
  [[nodiscard]] std::string api(std::string_view part) const;
};

/// Asks the server whose mount the first argument (or -mount) is. nullopt: the reason is printed,
/// return context.exit_code().
std::optional<Place> find(Context& context);
/// find() for commands that version 1 does not have; says so.
std::optional<Place> find_versioned(Context& context);

/// `== Title ==` over something that is `width` wide.
std::string heading(std::string_view title, std::size_t width);
/// The path under its title, then an empty line.
void print_path(const std::string& path, std::string_view title);
/// A key/value table under a title as wide as the table.
void print_table(const nlohmann::json& object, std::string_view title);
/// What a write answered: the path and the version's metadata, or by -format and -field.
int show_written(const Context& context, const std::string& path, const Answer& answer);

/// `-versions=1,3` (may repeat) as a list of numbers; nullopt with a message when it is none.
std::optional<nlohmann::json> versions(const Flags& flags);

}  // namespace signet::cli::kv
