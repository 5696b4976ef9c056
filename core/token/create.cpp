// SPDX-License-Identifier: Apache-2.0
#include "core/token/create.hpp"

#include "base/text.hpp"
#include "core/token/ttl.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace signet::core {
namespace {

using Names = std::vector<std::string>;
constexpr Seconds zero{0};

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool matches_any(const Names& globs, std::string_view name) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_match(glob, name); });
}

/// `["a" "b"]`, as error texts show lists.
std::string shown(const Names& names) {
  std::string out = "[";
  for (const std::string& name : names) out += fmt::format("{}\"{}\"", out == "[" ? "" : " ", name);
  return out + "]";
}

bool disallows(const TokenRole& role, std::string_view policy) {
  return contains(role.disallowed_policies, policy) ||
         matches_any(role.disallowed_policies_glob, policy);
}

/// Section 4.5, policy resolution, case 1.
Result<Names> policies_by_role(const TokenRequest& request, const TokenRole& role,
                               const TokenEntry& parent) {
  const bool add_default =
      !request.no_default_policy && !role.no_default_policy && !disallows(role, "default");
  Names policies;
  if (!role.allowed_policies.empty() || !role.allowed_policies_glob.empty()) {
    const Names allowed = sanitize_policies(role.allowed_policies, add_default);
    policies =
        request.policies.empty() ? allowed : sanitize_policies(request.policies, add_default);
    for (const std::string& policy : policies) {
      if (contains(allowed, policy) || matches_any(role.allowed_policies_glob, policy)) continue;
      return invalid(
          fmt::format("token policies ({}) must be subset of the role's allowed policies ({}) or "
                      "glob policies ({})",
                      shown(policies), shown(allowed), shown(role.allowed_policies_glob)));
    }
  } else {
    policies = request.policies.empty() ? parent.policies
                                        : sanitize_policies(request.policies, add_default);
  }
  for (const std::string& policy : policies) {
    if (disallows(role, policy))
      return invalid(fmt::format("token policy \"{}\" is disallowed by this role", policy));
  }
  return policies;
}

Result<Names> requested_policies(const TokenRequest& request, const TokenRequester& requester) {
  const TokenEntry& parent = requester.parent;
  if (requester.role != nullptr && requester.role->limits_policies())
    return policies_by_role(request, *requester.role, parent);
  if (request.policies.empty()) return parent.policies;
  if (requester.has_sudo) return sanitize_policies(request.policies, !request.no_default_policy);
  Names policies = sanitize_policies(request.policies, false);
  for (const std::string& policy : policies) {
    if (!contains(parent.policies, policy))
      return invalid("child policies must be subset of parent");
  }
  if (!request.no_default_policy && contains(parent.policies, "default"))
    policies = sanitize_policies(policies, true);
  return policies;
}

Result<Names> policies_of(const TokenRequest& request, const TokenRequester& requester) {
  Names policies = TRY(requested_policies(request, requester));
  policies = sanitize_policies(policies, false);
  const bool strips_default =
      request.no_default_policy || (requester.role != nullptr && requester.role->no_default_policy);
  if (strips_default) std::erase(policies, "default");
  if (contains(policies, "response-wrapping"))
    return invalid("cannot assign policy \"response-wrapping\"");
  if (contains(policies, "root") && !contains(requester.parent.policies, "root"))
    return invalid("root tokens may not be created without parent token being root");
  return policies;
}

/// What a batch token may not have; it is refused altogether until batch tokens are built.
Error batch_refusal(const TokenRequest& request, const Names& policies, bool has_role) {
  if (!has_role) {
    if (request.explicit_max_ttl > zero)
      return invalid("batch tokens cannot have \"explicit_max_ttl\" set");
    if (request.num_uses != 0) return invalid("batch tokens cannot have \"num_uses\" set");
    if (request.period > zero) return invalid("batch tokens cannot have \"period\" set");
  }
  if (contains(policies, "root")) return invalid("batch tokens cannot be root tokens");
  return invalid("batch tokens are not supported yet");
}

Result<bool> is_batch(const TokenRequest& request, const TokenRole* role) {
  if (!request.type.empty() && request.type != "service" && request.type != "batch")
    return invalid("invalid 'token_type' value");
  if (role == nullptr) return request.type == "batch";
  if (role->token_type == "service" || role->token_type == "batch")
    return role->token_type == "batch";
  return request.type.empty() ? role->token_type == "default-batch" : request.type == "batch";
}

Result<void> check_custom_id(const TokenRequest& request, bool has_sudo) {
  if (request.id.empty()) return {};
  if (!has_sudo) return invalid("root or sudo privileges required to specify token id");
  const std::string_view id = request.id.reveal_text();
  constexpr std::array<std::string_view, 6> taken{"hvs.", "hvb.", "hvr.", "s.", "b.", "r."};
  for (const std::string_view prefix : taken) {
    if (id.starts_with(prefix))
      return invalid(fmt::format("custom token ID cannot have the '{}' prefix", prefix));
  }
  if (id.find('.') != id.npos) return invalid("custom token ID cannot have a '.' in the value");
  if (id.size() > 256) return invalid("custom token ID is longer than 256 characters");
  return {};
}

Result<void> check_signs(const TokenRequest& request) {
  if (request.num_uses < 0) return invalid("number of uses cannot be negative");
  if (request.explicit_max_ttl < zero) return invalid("explicit_max_ttl must be positive");
  if (request.period < zero) return invalid("period must be positive");
  if (request.ttl < zero) return invalid("ttl must be positive");
  if (request.lease < zero) return invalid("lease must be positive");
  return {};
}

std::string display_name_of(const std::string& asked) {
  if (asked.empty() || asked == "token") return "token";
  std::string out = "token-";
  for (const char c : asked) {
    const bool is_kept =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    out += is_kept ? c : '-';
  }
  return out;
}

/// The limits that bind the token, from the call and from its role.
struct Limits {
  Seconds period{0}, explicit_max_ttl{0};
};

/// The smaller of both; what both give is told.
void lower_to(Seconds& value, Seconds by_role, std::string_view what, Names& warnings) {
  if (by_role <= zero) return;
  if (value <= zero) {
    value = by_role;
    return;
  }
  value = std::min(value, by_role);
  warnings.push_back(fmt::format(
      "{} specified both during creation call and in role; using the lesser value of {} seconds",
      what, value.count()));
}

Limits limits_of(const TokenRequest& request, const TokenRole* role, Names& warnings) {
  Limits limits{request.period, request.explicit_max_ttl};
  if (role == nullptr) return limits;
  lower_to(limits.explicit_max_ttl, role->explicit_max_ttl, "Explicit max TTL", warnings);
  lower_to(limits.period, role->period, "Period", warnings);
  return limits;
}

/// Fills in how long the token lives.
Result<void> decide_ttl(const TokenRequest& request, const TokenRequester& requester,
                        TokenEntry& token, Names& warnings) {
  const Limits limits = limits_of(request, requester.role, warnings);
  Seconds ttl = request.ttl > zero ? request.ttl : request.lease;
  if (limits.period > zero || ttl > zero || !token.is_root()) {
    TtlRequest asked;
    asked.role_ttl = ttl;
    asked.period = limits.period;
    asked.explicit_max_ttl = limits.explicit_max_ttl;
    asked.default_ttl = requester.default_ttl;
    asked.max_ttl = requester.max_ttl;
    asked.issued_at = asked.now = requester.now;
    const Ttl decided = TRY(token_ttl(asked));
    ttl = decided.ttl;
    warnings.insert(warnings.end(), decided.warnings.begin(), decided.warnings.end());
  } else {
    ttl = limits.explicit_max_ttl;
  }
  token.creation_ttl = ttl;
  if (ttl > zero) {
    token.expires_at = requester.now + ttl;
    return {};
  }
  if (requester.parent.expires_at)
    return invalid("expiring root tokens cannot create non-expiring root tokens");
  token.is_renewable = false;
  token.bound_cidrs.clear();
  return {};
}

std::string path_of(const TokenRequester& requester) {
  if (requester.role == nullptr) return requester.path;
  std::string path = "auth/token/create/" + requester.role->name;
  if (!requester.role->path_suffix.empty()) path += "/" + requester.role->path_suffix;
  return path;
}

}  // namespace

std::vector<std::string> sanitize_policies(const std::vector<std::string>& policies,
                                           bool add_default) {
  Names out;
  for (const std::string& policy : policies) {
    std::string name = lower(trim(policy));
    if (name == "root") return {"root"};
    if (!name.empty()) out.push_back(std::move(name));
  }
  if (add_default) out.emplace_back("default");
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<DecidedToken> decide_token(const TokenRequest& request, const TokenRequester& requester) {
  const TokenEntry& parent = requester.parent;
  const TokenRole* role = requester.role;
  if (parent.uses_left != 0) return invalid("restricted use token cannot generate child tokens");
  const bool wants_batch = TRY(is_batch(request, role));
  if (!request.entity_alias.empty()) {
    if (role == nullptr)
      return invalid("'entity_alias' is only allowed in combination with token role");
    const std::string alias = lower(request.entity_alias);
    if (!contains(role->allowed_entity_aliases, alias) &&
        !matches_any(role->allowed_entity_aliases, alias))
      return invalid("invalid 'entity_alias' value");
    return invalid("'entity_alias' is not supported yet");
  }
  TRY(check_signs(request));
  TRY(check_custom_id(request, requester.has_sudo));
  Names policies = TRY(policies_of(request, requester));
  if (wants_batch) return batch_refusal(request, policies, role != nullptr);
  const bool is_orphan =
      role != nullptr ? role->is_orphan : request.no_parent || requester.asks_for_orphan;
  if (role == nullptr && request.no_parent && !requester.asks_for_orphan && !requester.has_sudo)
    return invalid("root or sudo privileges required to create orphan token");
  if (request.period > zero && !requester.has_sudo)
    return invalid("root or sudo privileges required to create periodic token");

  DecidedToken out;
  TokenEntry& token = out.token.entry;
  token.policies = std::move(policies);
  token.meta = request.meta;
  token.path = path_of(requester);
  token.display_name = display_name_of(request.display_name);
  token.created_at = requester.now;
  token.is_renewable = request.renewable && (role == nullptr || role->is_renewable);
  token.bound_cidrs = parent.bound_cidrs;
  token.period = request.period;
  token.explicit_max_ttl = request.explicit_max_ttl;
  token.uses_left = request.num_uses;
  if (role != nullptr) {
    token.role = role->name;
    if (!role->bound_cidrs.empty()) token.bound_cidrs = role->bound_cidrs;
    if (role->num_uses > 0 && (token.uses_left == 0 || role->num_uses < token.uses_left))
      token.uses_left = role->num_uses;
  }
  if (!is_orphan) {
    token.parent = parent.id_hash;
    token.entity_id = parent.entity_id;
  }
  TRY(decide_ttl(request, requester, token, out.warnings));
  out.token.custom_id = request.id.copy();
  return out;
}

}  // namespace signet::core
