// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.hpp"

#include <algorithm>

namespace signet::cli {
namespace {

bool is_truth(std::string_view text) {
  return text == "1" || text == "t" || text == "T" || text == "true" || text == "TRUE" ||
         text == "True";
}
bool is_falsehood(std::string_view text) {
  return text == "0" || text == "f" || text == "F" || text == "false" || text == "FALSE" ||
         text == "False";
}

}  // namespace

Result<Flags> Flags::parse(const std::vector<FlagSpec>& specs,
                           const std::vector<std::string>& args) {
  Flags flags;
  std::size_t at = 0;
  for (; at < args.size(); ++at) {
    const std::string& arg = args[at];
    if (arg.size() < 2 || arg[0] != '-') break;
    if (arg == "--") {
      ++at;
      break;
    }
    std::string name = arg.substr(arg[1] == '-' ? 2 : 1);
    std::optional<std::string> value;
    if (const auto equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const auto spec =
        std::find_if(specs.begin(), specs.end(), [&](const FlagSpec& s) { return s.name == name; });
    if (spec == specs.end()) return invalid("flag provided but not defined: -" + name);
    if (spec->is_switch) {
      if (!value) value = "true";
      if (!is_truth(*value) && !is_falsehood(*value))
        return invalid("invalid boolean value \"" + *value + "\" for -" + name);
    } else if (!value) {
      if (at + 1 >= args.size()) return invalid("flag needs an argument: -" + name);
      value = args[++at];
    }
    auto& values = flags.values_[name];
    if (!spec->may_repeat) values.clear();
    values.push_back(std::move(*value));
  }
  for (; at < args.size(); ++at) {
    const std::string& arg = args[at];
    // What looks like a known flag here was meant as one: say so, as users of Vault expect.
    if (arg.size() > 1 && arg[0] == '-') {
      const auto name = std::string_view(arg).substr(arg[1] == '-' ? 2 : 1);
      const auto bare = name.substr(0, name.find('='));
      if (std::any_of(specs.begin(), specs.end(),
                      [&](const FlagSpec& s) { return s.name == bare; })) {
        flags.late_.push_back(arg);
        continue;
      }
    }
    flags.arguments_.push_back(arg);
  }
  return flags;
}

std::optional<std::string> Flags::get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::string Flags::get_or(std::string_view name, std::string_view fallback) const {
  auto value = get(name);
  return value ? std::move(*value) : std::string(fallback);
}

bool Flags::is_set(std::string_view name) const {
  const auto value = get(name);
  return value && is_truth(*value);
}

std::vector<std::string> Flags::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

}  // namespace signet::cli
