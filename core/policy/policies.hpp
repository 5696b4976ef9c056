// SPDX-License-Identifier: Apache-2.0
// The policies of a namespace: stored, parsed once, compiled for each set of names that tokens
// carry.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/sealed.hpp"
#include "core/policy/acl.hpp"
#include "core/token/entry.hpp"
#include "storage/changes.hpp"
#include "storage/database.hpp"
#include "storage/policies.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

/// The change number's kind; its owner is the namespace.
inline constexpr std::string_view policies_changed = "policies";

/// A policy as it is stored (core.md section 3.6).
struct StoredPolicy {
  std::string name;
  std::string text;
  std::int64_t version = 0;
  UnixTime modified;
  std::optional<UnixTime> expires_at;
  bool cas_required = false;
  bool allow_wildcards_in_identity_templates = false;
  bool allow_slashes_in_identity_templates = false;
};

/// What a write may say; absent members keep what is stored (a first write: defaults).
struct PolicyWrite {
  std::optional<std::string> text;  ///< HCL, JSON or base64 of either
  std::optional<UnixTime> expires_at;
  std::optional<std::int64_t> cas;  ///< -1: must not exist; n: the stored version must be n
  std::optional<bool> cas_required;
  std::optional<bool> allow_wildcards_in_identity_templates, allow_slashes_in_identity_templates;
};

class Policies {
 public:
  Policies(storage::Database& database, storage::Changes& changes, Sealer& sealer, Clock& clock);
  ~Policies();

  /// Stages the built-in policy `default` (at init).
  void stage_built_in(storage::CommitUnit& unit) const;

  /// Names are lower-cased here. `root`: empty text; unknown: nullopt.
  [[nodiscard]] std::optional<StoredPolicy> get(std::string_view name);
  [[nodiscard]] bool exists(std::string_view name);
  /// Sorted, `root` last; without hidden ones (response-wrapping).
  [[nodiscard]] std::vector<std::string> list();

  /// Stages a write; errors are those of sys/policies/acl (400). `is_patch`: the policy must exist.
  Result<void> stage_put(storage::CommitUnit& unit, std::string_view name, const PolicyWrite& write,
                         bool is_patch = false);
  /// Stages a removal; an unknown name is fine; built-ins: 400.
  Result<void> stage_remove(storage::CommitUnit& unit, std::string_view name);

  /// What a token may do. Cached by its set of policy names and the change number (< 1 us).
  /// `unit`, when given, is marked as decided on that number.
  [[nodiscard]] std::shared_ptr<const Acl> acl_for(const TokenEntry& token,
                                                   storage::CommitUnit* unit = nullptr);
  /// The same for bare names.
  [[nodiscard]] std::shared_ptr<const Acl> acl_for(const std::vector<std::string>& names,
                                                   storage::CommitUnit* unit = nullptr);
  /// Before a refusal: reads what other nodes changed; true if policies did, so that it must be
  /// decided again with acl_for().
  [[nodiscard]] bool refresh();

 private:
  struct Known;
  struct Loaded;
  class AclCache;

  [[nodiscard]] std::shared_ptr<const Loaded> loaded();
  [[nodiscard]] std::shared_ptr<const Loaded> load(std::int64_t number,
                                                   const std::shared_ptr<const Loaded>& before);
  [[nodiscard]] StoredPolicy open(const storage::PolicyRow& row) const;
  void stage_record(storage::CommitUnit& unit, const StoredPolicy& policy,
                    const std::optional<Bytes>& before) const;

  storage::Changes& changes_;
  Clock& clock_;
  storage::PolicyStore store_;
  std::mutex mutex_;
  std::shared_ptr<const Loaded> loaded_;  // shared with the requests that decide on it
  std::unique_ptr<AclCache> cache_;
};

/// The texts of the built-in policies.
std::string_view default_policy_text();
std::string_view response_wrapping_policy_text();

}  // namespace signet::core
