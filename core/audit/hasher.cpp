// SPDX-License-Identifier: Apache-2.0
#include "core/audit/hasher.hpp"

namespace signet::core {

void AuditHasher::append_hash(std::string& to, std::string_view value) const {
  constexpr std::string_view digits = "0123456789abcdef";
  const crypto::Sha256 mac = hmac_.mac(as_bytes(value));
  to += "hmac-sha256:";
  for (const std::uint8_t byte : mac) {
    to.push_back(digits[byte >> 4U]);
    to.push_back(digits[byte & 15U]);
  }
}

}  // namespace signet::core
