// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine.hpp"

namespace signet::core {
struct Services;
}

namespace signet::engines {

/// Adds every secrets engine: a new one is a folder and a line in registry.cpp.
/// @param services  what sys/ works on; outlives the registry's modules
void register_all(core::Registry& registry, core::Services& services);

}  // namespace signet::engines
