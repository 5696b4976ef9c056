// SPDX-License-Identifier: Apache-2.0
// What a rule says about a request's parameters, wrapping and paging (core.md section 7.4).
#pragma once

#include "base/clock.hpp"
#include "core/policy/parse.hpp"

#include <cstdint>
#include <optional>

namespace signet::core {

/// `data`: the request's members or query parameters; nullptr: none.
bool allows_parameters(const Permissions& permissions, const Json* data);
bool allows_wrapping(const Permissions& permissions, std::optional<Seconds> wrap_ttl);
/// @param list_limit  set when the request's `limit` must be replaced (0: no limit)
bool allows_paging(const Permissions& permissions, const Json* data,
                   std::optional<std::int64_t>& list_limit);

/// A parameter's value against a rule's list; an empty list takes any value.
bool value_matches(const Json& value, const std::vector<Json>& rules);

}  // namespace signet::core
