// SPDX-License-Identifier: Apache-2.0
#include "core/policy/merge.hpp"

#include <algorithm>

namespace signet::core {
namespace {

template <class T>
void take_smaller_set(T& to, T from) {
  const T unset{0};
  if (from != unset && (to == unset || from < to)) to = from;
}

void add_missing(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& item : from)
    if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
}

void add_parameters(ParameterRules& to, const ParameterRules& from) {
  for (const auto& [name, values] : from) {
    const auto found = to.find(name);
    if (found == to.end()) {
      to.emplace(name, values);
    } else if (values.empty() || found->second.empty()) {
      found->second.clear();  // any value
    } else {
      found->second.insert(found->second.end(), values.begin(), values.end());
    }
  }
}

}  // namespace

void merge(Permissions& to, const Permissions& from, const std::string& policy) {
  add_missing(to.granted_by, {policy});
  constexpr CapabilitySet deny = bit(Capability::deny);
  if ((to.capabilities & deny) != 0) return;
  if ((from.capabilities & deny) != 0) {
    std::vector<std::string> granted_by = std::move(to.granted_by);
    to = Permissions{};
    to.capabilities = deny;
    to.granted_by = std::move(granted_by);
    return;
  }
  to.capabilities |= from.capabilities;
  take_smaller_set(to.min_wrapping_ttl, from.min_wrapping_ttl);
  take_smaller_set(to.max_wrapping_ttl, from.max_wrapping_ttl);
  take_smaller_set(to.pagination_limit, from.pagination_limit);
  add_parameters(to.allowed_parameters, from.allowed_parameters);
  add_parameters(to.denied_parameters, from.denied_parameters);
  add_missing(to.required_parameters, from.required_parameters);
  add_missing(to.mfa_methods, from.mfa_methods);
}

}  // namespace signet::core
