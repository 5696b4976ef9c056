// SPDX-License-Identifier: Apache-2.0
// X-Forwarded-For behind proxies that an operator trusts (core.md section 13.2).
#pragma once

#include "api/options.hpp"
#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signet::api {

/// Addresses as blocks of an IPv6-mapped form, so that one comparison serves both families.
class AddressSet {
 public:
  /// Each text is an address or ADDRESS/BITS. Errors name the text.
  static Result<AddressSet> parse(const std::vector<std::string>& blocks);
  [[nodiscard]] bool contains(std::string_view address) const;
  [[nodiscard]] bool empty() const { return blocks_.empty(); }

 private:
  struct Block {
    std::array<std::uint8_t, 16> address;
    unsigned bits;
  };
  std::vector<Block> blocks_;
};

class Forwarding {
 public:
  static Result<Forwarding> make(const ForwardedOptions& options);
  /// The address that a request counts as coming from.
  /// Error: the listener's rules refuse the request (400).
  [[nodiscard]] Result<std::string> client(
      std::string_view peer, const std::vector<std::pair<std::string, std::string>>& headers) const;
  [[nodiscard]] bool is_off() const { return authorized_.empty(); }

 private:
  ForwardedOptions options_;
  AddressSet authorized_;
};

}  // namespace signet::api
