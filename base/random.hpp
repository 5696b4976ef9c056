// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <span>
#include <string>

namespace signet {

/// Chance is an argument: RAND_bytes appears in crypto/random.cpp only.
class Random {
 public:
  virtual ~Random() = default;
  /// Fills with bytes of a cryptographic generator. @throws Fault when there are none
  virtual void fill(std::span<std::uint8_t> out) = 0;

  Bytes bytes(std::size_t count);
  Uuid uuid();                             ///< version 4
  std::string base62(std::size_t length);  ///< 0-9A-Za-z without modulo bias
};

}  // namespace signet
