// SPDX-License-Identifier: Apache-2.0
// What a token that is asked for may be (core.md sections 4.5 and 4.6): a decision about data, no
// storage.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "core/token/tokens.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace signet::core {

/// auth/token/roles/:name.
struct TokenRole {
  std::string name;
  std::vector<std::string> allowed_policies, disallowed_policies;
  std::vector<std::string> allowed_policies_glob, disallowed_policies_glob;
  std::vector<std::string> allowed_entity_aliases;
  bool is_orphan = false;
  bool is_renewable = true;
  std::string path_suffix;
  std::string token_type = "default-service";
  Seconds period{0}, explicit_max_ttl{0};
  std::vector<std::string> bound_cidrs;
  bool no_default_policy = false;
  std::int64_t num_uses = 0;

  [[nodiscard]] bool limits_policies() const {
    return !allowed_policies.empty() || !disallowed_policies.empty() ||
           !allowed_policies_glob.empty() || !disallowed_policies_glob.empty();
  }
};

/// The parameters of auth/token/create, as decoded.
struct TokenRequest {
  SecretBytes id;
  std::vector<std::string> policies;
  std::map<std::string, std::string> meta;
  bool no_parent = false;
  bool no_default_policy = false;
  bool renewable = true;
  Seconds ttl{0}, lease{0}, explicit_max_ttl{0}, period{0};
  std::string type;
  std::string display_name = "token";
  std::int64_t num_uses = 0;
  std::string entity_alias;
};

/// Who asks and where.
struct TokenRequester {
  const TokenEntry& parent;
  bool has_sudo = false;               ///< on the path asked, or root
  bool asks_for_orphan = false;        ///< auth/token/create-orphan
  const TokenRole* role = nullptr;     ///< auth/token/create/:role
  std::string path = {};               ///< "auth/token/create"
  Seconds default_ttl{0}, max_ttl{0};  ///< the mount's
  UnixTime now = {};
};

struct DecidedToken {
  NewToken token;
  std::vector<std::string> warnings;
};

Result<DecidedToken> decide_token(const TokenRequest& request, const TokenRequester& requester);

/// Trimmed, lower case, sorted, unique; `root` swallows the rest; empty ones go.
std::vector<std::string> sanitize_policies(const std::vector<std::string>& policies,
                                           bool add_default);

}  // namespace signet::core
