// SPDX-License-Identifier: Apache-2.0
#include "core/policy/capability.hpp"

#include <array>
#include <utility>

namespace signet::core {
namespace {

constexpr std::array<std::pair<std::string_view, Capability>, 9> by_name{{
    {"create", Capability::create},
    {"delete", Capability::remove},
    {"deny", Capability::deny},
    {"list", Capability::list},
    {"patch", Capability::patch},
    {"read", Capability::read},
    {"scan", Capability::scan},
    {"sudo", Capability::sudo},
    {"update", Capability::update},
}};

}  // namespace

std::optional<Capability> capability(std::string_view name) {
  for (const auto& [known, value] : by_name)
    if (known == name) return value;
  return std::nullopt;
}

std::vector<std::string> names(CapabilitySet set) {
  if (set == 0 || (set & bit(Capability::deny)) != 0) return {"deny"};
  std::vector<std::string> out;
  for (const auto& [name, value] : by_name)
    if ((set & bit(value)) != 0) out.emplace_back(name);
  return out;
}

std::optional<Capability> needed(Operation operation) {
  switch (operation) {
    case Operation::read:
    case Operation::header:
      return Capability::read;
    case Operation::list:
      return Capability::list;
    case Operation::scan:
      return Capability::scan;
    case Operation::create:
      return Capability::create;
    case Operation::update:
      return Capability::update;
    case Operation::patch:
      return Capability::patch;
    case Operation::remove:
      return Capability::remove;
    case Operation::help:
      break;
  }
  return std::nullopt;
}

}  // namespace signet::core
