// SPDX-License-Identifier: Apache-2.0
// What an audit line says (core.md sections 10.3 and 10.4), written straight into a buffer.
#pragma once

#include "base/clock.hpp"
#include "core/audit/hasher.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/token/entry.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

/// A policy that allowed the request.
struct GrantingPolicy {
  std::string name;
  std::string type = "acl";
};

/// Everything an entry is made of; borrowed, so it lives no longer than the request. The pipeline
/// fills it once and hands it over for both entries, with `response` (absent when the handler
/// refused) and `error` set for the second.
struct AuditRecord {
  const Request& request;
  const Response* response = nullptr;
  std::string_view error = {};  ///< as the caller sees it
  bool has_policy_results = false;
  bool is_allowed = false;
  const std::vector<GrantingPolicy>* granting_policies = nullptr;
};

/// Request headers that entries carry, lower-case name -> hashed or plain.
using AuditHeaders = std::map<std::string, bool>;

/// How one device writes.
struct AuditFormat {
  bool is_raw = false;           ///< log_raw: nothing is hashed
  bool hashes_accessors = true;  ///< hmac_accessor
  bool elides_lists = false;     ///< elide_list_responses: counts instead of keys
  std::string prefix;            ///< before each line
};

/// Appends one line, newline included. `type` is "request" or "response".
void append_audit_entry(std::string& to, std::string_view type, const AuditRecord& record,
                        std::chrono::system_clock::time_point at, const AuditFormat& format,
                        const AuditHasher& hasher, const AuditHeaders& headers);

}  // namespace signet::core
