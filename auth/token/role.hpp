// SPDX-License-Identifier: Apache-2.0
// Token roles: auth/token/roles/:name.
#pragma once

#include "base/result.hpp"
#include "core/token/create.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::auth {

/// A role as it is stored. What was written under a deprecated name is shown under it too.
struct StoredRole : core::TokenRole {
  Seconds old_period{0}, old_explicit_max_ttl{0};
  std::vector<std::string> old_bound_cidrs;
};

/// The parameters of a write; absent ones keep what is stored.
struct RoleFields {
  std::string role_name;
  std::optional<std::vector<std::string>> allowed_policies, disallowed_policies,
      allowed_policies_glob, disallowed_policies_glob, allowed_entity_aliases, token_bound_cidrs,
      bound_cidrs;
  std::optional<bool> orphan, renewable, token_no_default_policy;
  std::optional<std::string> path_suffix, token_type;
  std::optional<Seconds> token_period, period, token_explicit_max_ttl, explicit_max_ttl;
  std::optional<std::int64_t> token_num_uses;
};

/// Applies a write to a role. @return warnings
Result<std::vector<std::string>> apply(const RoleFields& fields, StoredRole& role);

std::string encode_role(const StoredRole& role);
StoredRole decode_role(std::string name, std::string_view text);
/// What a read answers.
core::Json role_object(const StoredRole& role);

/// An address or block in its shortest form ("127.0.0.1/32" is "127.0.0.1").
Result<std::string> normal_block(std::string_view text);

}  // namespace signet::auth
