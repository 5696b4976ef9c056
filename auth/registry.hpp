// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine.hpp"

namespace signet::core {
struct Services;
}

namespace signet::auth {

/// Adds every auth method: a new one is a folder and a line in registry.cpp.
/// @param services  what auth/token works on; outlives the registry's modules
void register_all(core::Registry& registry, core::Services& services);

}  // namespace signet::auth
