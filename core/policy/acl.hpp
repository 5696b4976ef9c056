// SPDX-License-Identifier: Apache-2.0
// A token's policies compiled for lookup: which one rule decides about a path, and what it says
// (core.md sections 7.3 to 7.6).
#pragma once

#include "base/clock.hpp"
#include "core/operation.hpp"
#include "core/policy/parse.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace signet::core {

/// What is asked. `path` is the full logical path as routed ("kv/a/b"; a list path ends in "/").
struct AccessRequest {
  std::string_view path;
  Operation operation = Operation::read;
  const Json* data = nullptr;       ///< body members or query parameters; nullptr: none
  std::optional<Seconds> wrap_ttl;  ///< asked for; absent: no wrapping
  bool needs_sudo = false;          ///< the route is root-protected
};

struct Decision {
  bool is_allowed = false;
  bool is_root = false;                    ///< decided by the policy root
  bool has_sudo = false;                   ///< the deciding rule grants sudo (or root)
  std::vector<std::string> granted_by;     ///< names of the deciding rule's policies
  std::optional<std::int64_t> list_limit;  ///< replaces the request's `limit` (0: no limit)
};

/// Texts from `from` up to, not including, `to`, by bytes.
struct KeyRange {
  std::string from, to;
};

class Acl {
 public:
  /// @param is_root  the token's one policy is root: everything is allowed
  /// @param now      blocks that expired by then are left out; what templates of time expand to
  Acl(const std::vector<std::shared_ptr<const Policy>>& policies, bool is_root, UnixTime now);

  [[nodiscard]] bool is_root() const { return is_root_; }
  /// When a block of it expires: from then on it must be compiled anew.
  [[nodiscard]] std::optional<UnixTime> valid_until() const { return valid_until_; }
  [[nodiscard]] Decision decide(const AccessRequest& request) const;
  /// For sys/capabilities: `["root"]`, `["deny"]` or sorted names.
  [[nodiscard]] std::vector<std::string> capabilities(std::string_view path) const;
  [[nodiscard]] bool has_sudo(std::string_view path) const;
  /// `pagination_limit` of the rule about a path that is read and answers like a list; 0: none.
  [[nodiscard]] std::int64_t page_limit(std::string_view path) const;
  /// Section 7.5: some path of the mount ("kv/") is not denied; for sys/internal/ui/mounts.
  [[nodiscard]] bool sees_mount(std::string_view mount_path) const;
  /// Where below `base` ("secret/metadata/") keys may lie whose folder the token may list: sorted,
  /// apart, relative to it. All such keys are inside; what else is must be told by decide().
  [[nodiscard]] std::vector<KeyRange> listable(std::string_view base) const;
  /// The body of sys/internal/ui/resultant-acl.
  [[nodiscard]] Json resultant() const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Store = std::unordered_map<std::string, Permissions, TextHash, std::equal_to<>>;
  struct SegmentRule {
    std::string pattern;
    std::vector<std::string> segments;
    bool is_prefix = false;
    std::size_t first_wildcard = 0;
    std::size_t plus_count = 0;
    Permissions permissions;
    [[nodiscard]] bool matches(const std::vector<std::string_view>& path) const;
    [[nodiscard]] bool could_match_below(const std::vector<std::string_view>& mount) const;
  };

  void add(const PathRule& rule, const std::string& policy, UnixTime now);
  void add_expanded(const PathRule& rule, const std::string& policy);
  void finish();
  [[nodiscard]] const Permissions* find(std::string_view path, Operation operation) const;
  [[nodiscard]] const Permissions* best(std::string_view path) const;
  [[nodiscard]] const Store::value_type* longest_prefix(std::string_view path) const;

  bool is_root_ = false;
  std::optional<UnixTime> valid_until_;
  Store exact_, prefix_;
  std::vector<std::size_t> prefix_lengths_;  ///< those that occur, longest first
  std::vector<SegmentRule> segment_;         ///< in order of priority, highest first
};

}  // namespace signet::core
