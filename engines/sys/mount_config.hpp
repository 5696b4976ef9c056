// SPDX-License-Identifier: Apache-2.0
// What operators may say of a mount, at enabling and tuning.
#pragma once

#include "base/result.hpp"
#include "core/mount.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::sys {

/// Members of a config object that both enabling and tuning know; absent ones change nothing.
struct ConfigChange {
  std::optional<Seconds> default_lease_ttl, max_lease_ttl;
  std::optional<bool> force_no_cache;
  std::optional<std::vector<std::string>> audit_non_hmac_request_keys, audit_non_hmac_response_keys,
      passthrough_request_headers, allowed_response_headers;
  std::optional<std::string> listing_visibility, token_type;
};

/// Reads them from a JSON object; the lead of a duration's error depends on who asks
/// ("unable to parse default TTL of soon: " or nothing).
Result<ConfigChange> read_config(const nlohmann::json& config, bool names_ttl_in_errors);
void apply(const ConfigChange& change, core::MountConfig& to);

}  // namespace signet::sys
