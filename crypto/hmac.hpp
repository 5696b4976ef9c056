// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "crypto/digest.hpp"

#include <initializer_list>
#include <memory>

namespace signet::crypto {

/// HMAC-SHA256 under one key that is used often: the states after the inner and outer pad are
/// computed once and copied for each message (RFC 2104, section 4). Safe from many threads.
class HmacSha256 {
 public:
  explicit HmacSha256(BytesView key);
  ~HmacSha256();
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;

  [[nodiscard]] Sha256 mac(BytesView message) const { return mac({message}); }
  /// Of the parts one after the other.
  [[nodiscard]] Sha256 mac(std::initializer_list<BytesView> parts) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace signet::crypto
