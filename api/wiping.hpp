// SPDX-License-Identifier: Apache-2.0
// What is overwritten of a request when it is answered.
#pragma once

#include "base/wiped_text.hpp"

#include <nlohmann/json_fwd.hpp>

namespace signet::api {

/// Overwrites every text value of a document in place (names stay).
void wipe_values(nlohmann::json& document) noexcept;

}  // namespace signet::api
