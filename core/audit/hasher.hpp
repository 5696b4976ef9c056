// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace signet::core {

/// HMAC-SHA256 under one key, its two inner states computed once and copied for each value (RFC
/// 2104, section 4). Safe from many threads.
class AuditHasher {
 public:
  /// @param salt the device's salt; its text is the key
  explicit AuditHasher(std::string_view salt);
  ~AuditHasher();
  AuditHasher(AuditHasher&&) noexcept;
  AuditHasher& operator=(AuditHasher&&) noexcept;

  /// "hmac-sha256:" and 64 lower-case hex digits.
  [[nodiscard]] std::string hash(std::string_view value) const;
  void append_hash(std::string& to, std::string_view value) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace signet::core
