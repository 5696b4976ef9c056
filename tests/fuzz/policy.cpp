// SPDX-License-Identifier: Apache-2.0
// A policy's text, then a decision: the first line is the path asked, the rest the policy. What
// was written and is allowed must be allowed by a rule that matches, and deny must stay deny when
// the same policy is merged with itself.
#include "core/policy/acl.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

using signet::core::AccessRequest;
using signet::core::Acl;
using signet::core::Operation;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = all.find('\n');
  const std::string_view path = all.substr(0, line_end);
  const std::string_view text =
      line_end == std::string_view::npos ? std::string_view() : all.substr(line_end + 1);
  constexpr signet::UnixTime now{1'767'225'600};
  auto parsed = signet::core::parse_policy("fuzz", text, now);
  if (!parsed) {
    if (parsed.error().message.empty()) std::abort();
    return 0;
  }
  const auto policy = std::make_shared<const signet::core::Policy>(*std::move(parsed));
  const Acl once({policy}, false, now);
  const Acl twice({policy, policy}, false, now);
  for (const Operation operation :
       {Operation::read, Operation::list, Operation::update, Operation::remove, Operation::patch}) {
    AccessRequest request;
    request.path = path;
    request.operation = operation;
    const auto decision = once.decide(request);
    if (decision.is_allowed != twice.decide(request).is_allowed) std::abort();
    if (decision.is_allowed && decision.granted_by.empty()) std::abort();
  }
  if (once.capabilities(path) != twice.capabilities(path)) std::abort();
  static_cast<void>(once.sees_mount(path));
  static_cast<void>(once.resultant());
  return 0;
}
