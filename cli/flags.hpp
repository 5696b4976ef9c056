// SPDX-License-Identifier: Apache-2.0
// Vault's flag grammar: one or two dashes, `-name=value` or `-name value`, bare booleans, flags
// before arguments.
#pragma once

#include "base/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::cli {

struct FlagSpec {
  std::string_view name;
  bool is_switch = false;
  bool may_repeat = false;
};

class Flags {
 public:
  /// Errors name the flag. A flag after the first argument is not one: it is kept as argument and
  /// noted in late().
  static Result<Flags> parse(const std::vector<FlagSpec>& specs,
                             const std::vector<std::string>& args);

  [[nodiscard]] std::optional<std::string> get(std::string_view name) const;
  [[nodiscard]] std::string get_or(std::string_view name, std::string_view fallback) const;
  [[nodiscard]] bool is_set(std::string_view name) const;  ///< a switch that is on
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }
  [[nodiscard]] const std::vector<std::string>& late() const { return late_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> arguments_, late_;
};

}  // namespace signet::cli
