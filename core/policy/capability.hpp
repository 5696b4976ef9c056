// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/operation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

/// What a policy grants; a set of them is an OR of these bits.
enum class Capability : std::uint32_t {
  deny = 1U << 0,
  create = 1U << 1,
  read = 1U << 2,
  update = 1U << 3,
  remove = 1U << 4,
  list = 1U << 5,
  sudo = 1U << 6,
  patch = 1U << 7,
  scan = 1U << 8,
};
using CapabilitySet = std::uint32_t;

constexpr CapabilitySet bit(Capability capability) {
  return static_cast<CapabilitySet>(capability);
}

/// nullopt: no such capability. The spelling is Vault's ("delete").
std::optional<Capability> capability(std::string_view name);
/// Names in a set, sorted; `["deny"]` when the set is empty or holds deny.
std::vector<std::string> names(CapabilitySet set);
/// What an operation needs; nullopt: always allowed (help).
std::optional<Capability> needed(Operation operation);

}  // namespace signet::core
