// SPDX-License-Identifier: Apache-2.0
#include "auth/registry.hpp"

#include "auth/token/engine.hpp"
#include "core/services.hpp"

namespace signet::auth {

void register_all(core::Registry& registry, core::Services& services) {
  registry.push_back(token_module(services.tokens, services.policies));
}

}  // namespace signet::auth
