// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "crypto/hmac.hpp"

#include <string>
#include <string_view>

namespace signet::core {

/// What stands in entries instead of a secret (core.md section 10.4). Safe from many threads.
class AuditHasher {
 public:
  /// @param salt the device's salt; its text is the key
  explicit AuditHasher(std::string_view salt) : hmac_(as_bytes(salt)) {}

  /// "hmac-sha256:" and 64 lower-case hex digits.
  [[nodiscard]] std::string hash(std::string_view value) const {
    std::string text;
    append_hash(text, value);
    return text;
  }
  void append_hash(std::string& to, std::string_view value) const;

 private:
  crypto::HmacSha256 hmac_;
};

}  // namespace signet::core
