// SPDX-License-Identifier: Apache-2.0
// Tokens by their leases' names (core.md section 5).
#include "core/mount.hpp"
#include "core/token/tokens.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace signet::core {
namespace {

constexpr char lease_mark = 'h';

/// The hash in "h<hex>".
std::optional<Bytes> hash_in_lease(std::string_view name) {
  if (!name.starts_with(lease_mark)) return std::nullopt;
  return from_hex(name.substr(1));
}

std::string lease_name(const Bytes& id_hash) { return lease_mark + hex(id_hash); }

}  // namespace

TokenPointer Tokens::find_lease(std::string_view lease_id) {
  const std::size_t slash = lease_id.rfind('/');
  if (slash == std::string_view::npos) return nullptr;
  const auto id_hash = hash_in_lease(lease_id.substr(slash + 1));
  if (!id_hash) return nullptr;
  const TokenPointer token = find_hash(*id_hash);
  return token != nullptr && token->path == lease_id.substr(0, slash) ? token : nullptr;
}

std::vector<std::string> Tokens::lease_names(std::string_view folder, std::string_view after,
                                             std::int64_t limit) {
  std::vector<std::string> names = store_.made_in(root_namespace, folder, after, limit);
  if (!folder.empty()) {
    const std::string_view path = folder.substr(0, folder.size() - 1);
    const Bytes above = hash_in_lease(after).value_or(Bytes());
    for (const Bytes& id_hash : store_.made_at(root_namespace, path, above, limit))
      names.push_back(lease_name(id_hash));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void Tokens::stage_revoke_made_below(storage::CommitUnit& unit, std::string_view path) {
  if (path != "auth" && !path.starts_with("auth/")) return;
  store_.remove_made_below(unit, root_namespace, path);
  unit.raise(tokens_changed, root_namespace);
}

Json token_lease_object(const TokenEntry& token, UnixTime now) {
  const auto time_or_null = [](const std::optional<UnixTime>& at) {
    return at ? Json(rfc3339(*at)) : Json();
  };
  const Seconds left = token.expires_at ? *token.expires_at - now : Seconds(0);
  return {{"id", token.path + '/' + lease_name(token.id_hash)},
          {"path", token.path},
          {"issue_time", rfc3339(token.created_at)},
          {"expire_time", time_or_null(token.expires_at)},
          {"last_renewal", time_or_null(token.last_renewal)},
          {"renewable", token.is_renewable},
          {"ttl", std::max(left, Seconds(0)).count()}};
}

}  // namespace signet::core
