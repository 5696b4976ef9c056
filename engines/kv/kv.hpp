// SPDX-License-Identifier: Apache-2.0
// Key/value secrets in two versions: v1.hpp is plain, v2.hpp keeps versions. The mount's option
// `version` says which it is.
#pragma once

#include "core/engine.hpp"
#include "core/services.hpp"

namespace signet::kv {

/// The module's line for the registry.
core::ModuleType module_type(core::Services& services);

}  // namespace signet::kv
