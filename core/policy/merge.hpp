// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/policy/parse.hpp"

#include <string>

namespace signet::core {

/// Adds what one more block of the same pattern says (core.md section 7.6).
void merge(Permissions& to, const Permissions& from, const std::string& policy);

}  // namespace signet::core
