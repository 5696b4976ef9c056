// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace signet::core {

/// The one namespace until namespaces are built; every key carries it.
inline constexpr Uuid root_namespace{};

/// For mounts that say nothing of their own: `default_lease_ttl` and `max_lease_ttl` of the
/// configuration, set once before anything is served.
struct SystemTtls {
  Seconds default_ttl{768 * 3600};
  Seconds max_ttl{768 * 3600};
};
inline SystemTtls& system_ttls() {
  static SystemTtls ttls;
  return ttls;
}

enum class MountClass { secret, auth };

/// What an operator set; 0 and empty mean "system default" (core.md section 3.4).
struct MountConfig {
  Seconds default_lease_ttl{0};
  Seconds max_lease_ttl{0};
  bool force_no_cache = false;
  std::optional<std::vector<std::string>> audit_non_hmac_request_keys, audit_non_hmac_response_keys;
  std::string listing_visibility;  ///< "", "hidden", "unauth"
  std::optional<std::vector<std::string>> passthrough_request_headers, allowed_response_headers;
  std::string token_type;  ///< auth mounts: "default-service", "default-batch", "service", "batch"
};

/// One row of `mounts`.
struct Mount {
  Uuid id;
  Uuid namespace_id = root_namespace;
  MountClass mount_class = MountClass::secret;
  std::string path;      ///< "pki/"; auth mounts without "auth/": "token/"
  std::string type;      ///< "pki", "kv", "system" ...
  std::string accessor;  ///< "pki_1a2b3c4d", "auth_token_1a2b3c4d"
  std::string description;
  std::optional<std::map<std::string, std::string>> options;
  bool local = false, seal_wrap = false, external_entropy_access = false;
  MountConfig config;

  /// As it stands in request paths: "pki/", "auth/token/".
  [[nodiscard]] std::string full_path() const {
    return mount_class == MountClass::auth ? "auth/" + path : path;
  }
  [[nodiscard]] Seconds default_ttl() const {
    return config.default_lease_ttl.count() != 0 ? config.default_lease_ttl
                                                 : system_ttls().default_ttl;
  }
  [[nodiscard]] Seconds max_ttl() const {
    return config.max_lease_ttl.count() != 0 ? config.max_lease_ttl : system_ttls().max_ttl;
  }
};

}  // namespace signet::core
