// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "core/audit/entry.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

/// The options that every device type takes.
struct AuditDeviceOptions {
  AuditFormat format;
  bool skips_test = false;
};
/// 400 texts name the option.
Result<AuditDeviceOptions> parse_audit_options(const std::map<std::string, std::string>& options,
                                               bool prefix_allowed);

/// Whether a device of these options writes to a regular file or FIFO below one of the directories,
/// links resolved ("stdout" and "discard" must be named themselves).
bool is_audit_path_allowed(const std::map<std::string, std::string>& options,
                           const std::vector<std::string>& directories);

/// "file" and "/file/" as "file/"; empty stays empty.
std::string audit_path(std::string_view path);

}  // namespace signet::core
