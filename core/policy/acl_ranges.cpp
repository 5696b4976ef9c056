// SPDX-License-Identifier: Apache-2.0
// Policies as ranges of keys, so that a search reads only what its caller may see.
#include "core/policy/acl.hpp"

#include <algorithm>
#include <set>

namespace signet::core {
namespace {

/// Behind every text that begins with `prefix`; itself UTF-8, as databases demand of texts.
std::string behind(std::string_view prefix) { return std::string(prefix) + "\xf4\x8f\xbf\xbf"; }

struct Span {
  KeyRange range;
  std::size_t weight;  ///< the longer pattern decides
  bool is_allowed;
};

std::vector<KeyRange> merged(std::vector<KeyRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const KeyRange& a, const KeyRange& b) { return a.from < b.from; });
  std::vector<KeyRange> out;
  for (KeyRange& range : ranges) {
    if (!out.empty() && range.from <= out.back().to)
      out.back().to = std::max(out.back().to, range.to);
    else
      out.push_back(std::move(range));
  }
  return out;
}

/// Where of several spans, one inside the other or apart, the innermost allows.
std::vector<KeyRange> allowed_of(const std::vector<Span>& spans) {
  std::set<std::string> bounds;
  for (const Span& span : spans) bounds.insert({span.range.from, span.range.to});
  std::vector<KeyRange> out;
  for (auto from = bounds.begin(); from != bounds.end(); ++from) {
    const auto to = std::next(from);
    if (to == bounds.end()) break;
    const Span* deciding = nullptr;
    for (const Span& span : spans) {
      const bool covers = span.range.from <= *from && span.range.to >= *to;
      if (covers && (deciding == nullptr || span.weight > deciding->weight)) deciding = &span;
    }
    if (deciding != nullptr && deciding->is_allowed) out.push_back({*from, *to});
  }
  return out;
}

}  // namespace

std::vector<KeyRange> Acl::listable(std::string_view base) const {
  const KeyRange everything{"", behind("")};
  if (is_root_) return {everything};
  const auto allows = [](const Permissions& permissions) {
    return (permissions.capabilities & bit(Capability::deny)) == 0 &&
           (permissions.capabilities & bit(Capability::list)) != 0;
  };
  const auto below = [&](std::string_view pattern) -> std::optional<KeyRange> {
    if (base.starts_with(pattern)) return everything;
    if (!pattern.starts_with(base)) return std::nullopt;
    pattern.remove_prefix(base.size());
    return KeyRange{std::string(pattern), behind(pattern)};
  };
  std::vector<Span> spans;
  for (const auto& [pattern, permissions] : prefix_) {
    std::optional<KeyRange> range = below(pattern);
    // A rule that forbids "team/x*" says nothing of the key "team/xy", which lies in the folder
    // "team/": only whole folders are cut out.
    const bool is_folder = pattern.ends_with('/') || base.starts_with(pattern);
    if (range && (allows(permissions) || is_folder))
      spans.push_back({*std::move(range), pattern.size(), allows(permissions)});
  }
  std::vector<KeyRange> ranges = allowed_of(spans);
  for (const auto& [pattern, permissions] : exact_) {
    const std::string folder = pattern.ends_with('/') ? pattern : pattern + '/';
    if (!allows(permissions) || !folder.starts_with(base)) continue;
    const std::string_view rest = std::string_view(folder).substr(base.size());
    ranges.push_back({std::string(rest), behind(rest)});
  }
  for (const SegmentRule& rule : segment_) {
    const std::string_view literal =
        std::string_view(rule.pattern).substr(0, rule.pattern.find('+'));
    const std::optional<KeyRange> range = below(literal);
    if (range && allows(rule.permissions)) ranges.push_back(*range);
  }
  return merged(std::move(ranges));
}

}  // namespace signet::core
