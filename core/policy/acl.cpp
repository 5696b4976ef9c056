// SPDX-License-Identifier: Apache-2.0
#include "core/policy/acl.hpp"

#include "base/text.hpp"
#include "core/policy/merge.hpp"
#include "core/policy/parameters.hpp"
#include "core/policy/template.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace signet::core {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == path.npos) return out;
    path.remove_prefix(slash + 1);
  }
}

bool is_listing(Operation operation) {
  return operation == Operation::list || operation == Operation::scan;
}

bool denies(const Permissions& permissions) {
  return permissions.capabilities == 0 || (permissions.capabilities & bit(Capability::deny)) != 0;
}

Json described(const Permissions& permissions) {
  return {{"capabilities", names(permissions.capabilities)}};
}

/// Section 7.3's order as a key: the greater one has priority.
auto priority(std::size_t first_wildcard, bool is_prefix, std::size_t plus_count,
              std::string_view pattern) {
  return std::tuple(first_wildcard, !is_prefix, -static_cast<std::ptrdiff_t>(plus_count),
                    pattern.size(), pattern);
}

}  // namespace

bool Acl::SegmentRule::matches(const std::vector<std::string_view>& path) const {
  if (is_prefix ? path.size() < segments.size() : path.size() != segments.size()) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i] == "+" || segments[i] == path[i]) continue;
    const bool is_last_of_prefix = is_prefix && i + 1 == segments.size();
    if (!is_last_of_prefix || !path[i].starts_with(segments[i])) return false;
  }
  return true;
}

/// Whether some path below the mount could match; `mount` are its segments without the empty last.
bool Acl::SegmentRule::could_match_below(const std::vector<std::string_view>& mount) const {
  for (std::size_t i = 0; i < mount.size(); ++i) {
    if (i >= segments.size()) return is_prefix;
    if (segments[i] == "+" || segments[i] == mount[i]) continue;
    return is_prefix && i + 1 == segments.size() && mount[i].starts_with(segments[i]);
  }
  return segments.size() > mount.size() || is_prefix;
}

Acl::Acl(const std::vector<std::shared_ptr<const Policy>>& policies, bool is_root, UnixTime now)
    : is_root_(is_root) {
  if (is_root_) return;
  for (const auto& policy : policies)
    for (const PathRule& rule : policy->rules) add(rule, policy->name, now);
  finish();
}

void Acl::add(const PathRule& rule, const std::string& policy, UnixTime now) {
  if (rule.expires_at) {
    if (*rule.expires_at <= now) return;
    valid_until_ = valid_until_ ? std::min(*valid_until_, *rule.expires_at) : *rule.expires_at;
  }
  if (!rule.has_template) {
    add_expanded(rule, policy);
    return;
  }
  const std::string written = rule.pattern + (rule.is_prefix ? "*" : "");
  const auto expanded = expand_template(written, now);
  if (!expanded) return;
  valid_until_ = now + Seconds(1);  // what time expands to holds for this second
  PathRule filled = rule;
  if (set_pattern(filled, *expanded)) add_expanded(filled, policy);
}

void Acl::add_expanded(const PathRule& rule, const std::string& policy) {
  if (rule.kind != PatternKind::segment) {
    Store& store = rule.kind == PatternKind::exact ? exact_ : prefix_;
    merge(store[rule.pattern], rule.permissions, policy);
    return;
  }
  const auto is_same = [&](const SegmentRule& known) {
    return known.pattern == rule.pattern && known.is_prefix == rule.is_prefix;
  };
  auto found = std::find_if(segment_.begin(), segment_.end(), is_same);
  if (found == segment_.end()) {
    SegmentRule added;
    added.pattern = rule.pattern;
    added.is_prefix = rule.is_prefix;
    std::size_t at = 0;
    added.first_wildcard = rule.pattern.size();
    for (const std::string& segment : split(rule.pattern, '/')) {
      if (segment == "+") {
        added.first_wildcard = std::min(added.first_wildcard, at);
        ++added.plus_count;
      }
      at += segment.size() + 1;
      added.segments.push_back(segment);
    }
    segment_.push_back(std::move(added));
    found = segment_.end() - 1;
  }
  merge(found->permissions, rule.permissions, policy);
}

void Acl::finish() {
  for (const auto& [pattern, permissions] : prefix_) prefix_lengths_.push_back(pattern.size());
  std::sort(prefix_lengths_.begin(), prefix_lengths_.end(), std::greater<>());
  prefix_lengths_.erase(std::unique(prefix_lengths_.begin(), prefix_lengths_.end()),
                        prefix_lengths_.end());
  std::sort(segment_.begin(), segment_.end(), [](const SegmentRule& a, const SegmentRule& b) {
    return priority(a.first_wildcard, a.is_prefix, a.plus_count, a.pattern) >
           priority(b.first_wildcard, b.is_prefix, b.plus_count, b.pattern);
  });
}

const Acl::Store::value_type* Acl::longest_prefix(std::string_view path) const {
  for (const std::size_t length : prefix_lengths_) {
    if (length > path.size()) continue;
    const auto found = prefix_.find(path.substr(0, length));
    if (found != prefix_.end()) return &*found;
  }
  return nullptr;
}

const Permissions* Acl::best(std::string_view path) const {
  const Store::value_type* prefix = longest_prefix(path);
  if (segment_.empty()) return prefix == nullptr ? nullptr : &prefix->second;
  const std::vector<std::string_view> segments = segments_of(path);
  for (const SegmentRule& rule : segment_) {
    if (!rule.matches(segments)) continue;
    if (prefix == nullptr) return &rule.permissions;
    const bool is_above =
        priority(rule.first_wildcard, rule.is_prefix, rule.plus_count, rule.pattern) >
        priority(prefix->first.size(), true, 0, prefix->first);
    return is_above ? &rule.permissions : &prefix->second;
  }
  return prefix == nullptr ? nullptr : &prefix->second;
}

const Permissions* Acl::find(std::string_view path, Operation operation) const {
  std::string_view bare = path;
  const bool has_bare = is_listing(operation) && path.ends_with('/');
  if (has_bare) bare.remove_suffix(1);
  if (const auto found = exact_.find(path); found != exact_.end()) return &found->second;
  if (has_bare) {
    if (const auto found = exact_.find(bare); found != exact_.end()) return &found->second;
  }
  if (const Permissions* found = best(path)) return found;
  return has_bare ? best(bare) : nullptr;
}

Decision Acl::decide(const AccessRequest& request) const {
  Decision decision;
  if (is_root_) {
    decision.is_allowed = decision.is_root = decision.has_sudo = true;
    decision.granted_by = {"root"};
    return decision;
  }
  const auto capability = needed(request.operation);
  if (!capability) {
    decision.is_allowed = true;
    return decision;
  }
  std::string_view path = request.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  const Permissions* permissions = find(path, request.operation);
  if (permissions == nullptr || denies(*permissions)) return decision;
  decision.has_sudo = (permissions->capabilities & bit(Capability::sudo)) != 0;
  if ((permissions->capabilities & bit(*capability)) == 0) return decision;
  if (request.needs_sudo && !decision.has_sudo) return decision;
  if (!allows_wrapping(*permissions, request.wrap_ttl)) return decision;
  if (is_listing(request.operation)) {
    if (!allows_paging(*permissions, request.data, decision.list_limit)) return decision;
  } else if (request.operation != Operation::remove) {
    if (!allows_parameters(*permissions, request.data)) return decision;
  }
  decision.is_allowed = true;
  decision.granted_by = permissions->granted_by;
  return decision;
}

std::vector<std::string> Acl::capabilities(std::string_view path) const {
  if (is_root_) return {"root"};
  if (path.starts_with('/')) path.remove_prefix(1);
  const Permissions* permissions = find(path, Operation::list);
  return names(permissions == nullptr ? 0 : permissions->capabilities);
}

bool Acl::has_sudo(std::string_view path) const {
  if (is_root_) return true;
  const Permissions* permissions = find(path, Operation::update);
  return permissions != nullptr && !denies(*permissions) &&
         (permissions->capabilities & bit(Capability::sudo)) != 0;
}

std::int64_t Acl::page_limit(std::string_view path) const {
  const Permissions* permissions = is_root_ ? nullptr : find(path, Operation::read);
  return permissions == nullptr ? 0 : permissions->pagination_limit;
}

bool Acl::sees_mount(std::string_view mount_path) const {
  if (is_root_) return true;
  const Permissions* here = find(mount_path, Operation::list);
  if (here != nullptr && !denies(*here)) return true;
  for (const Store* store : {&exact_, &prefix_}) {
    for (const auto& [pattern, permissions] : *store)
      if (pattern.starts_with(mount_path) && !denies(permissions)) return true;
  }
  std::string_view bare = mount_path;
  if (bare.ends_with('/')) bare.remove_suffix(1);
  const std::vector<std::string_view> segments = segments_of(bare);
  return std::any_of(segment_.begin(), segment_.end(), [&](const SegmentRule& rule) {
    return !denies(rule.permissions) && rule.could_match_below(segments);
  });
}

Json Acl::resultant() const {
  if (is_root_) return {{"root", true}};
  Json exact = Json::object();
  Json glob = Json::object();
  for (const auto& [pattern, permissions] : exact_) exact[pattern] = described(permissions);
  for (const auto& [pattern, permissions] : prefix_) glob[pattern] = described(permissions);
  return {{"root", false}, {"exact_paths", std::move(exact)}, {"glob_paths", std::move(glob)}};
}

}  // namespace signet::core
