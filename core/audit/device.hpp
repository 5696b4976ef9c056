// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace signet::core {

/// Where audit lines go. Safe from many threads; a line is whole or refused.
class AuditDevice {
 public:
  virtual ~AuditDevice() = default;
  /// Writes one line. False when it was not taken within the device's time limit.
  [[nodiscard]] virtual bool write(std::string_view line) = 0;
  /// Opens the file (anew: log rotation). After an error each write tries again. The text names the
  /// file and what is wrong with it.
  virtual Result<void> open() = 0;
};

inline constexpr std::chrono::milliseconds audit_write_limit{2000};

/// A device of a type and its options (`file`: file_path or path, mode), not opened yet. 400 texts
/// name what is wrong; syslog, socket and http are not available yet.
Result<std::unique_ptr<AuditDevice>> make_audit_device(
    std::string_view type, const std::map<std::string, std::string>& options,
    std::chrono::milliseconds limit = audit_write_limit);

}  // namespace signet::core
