// SPDX-License-Identifier: Apache-2.0
// The auth method "token": auth/token/... (core.md sections 4.5 and 4.6).
#pragma once

#include "core/engine.hpp"
#include "core/policy/policies.hpp"
#include "core/token/tokens.hpp"

#include <memory>

namespace signet::auth {

/// The module's line for the registry. `tokens` and `policies` outlive every mount.
core::ModuleType token_module(core::Tokens& tokens, core::Policies& policies);

}  // namespace signet::auth
