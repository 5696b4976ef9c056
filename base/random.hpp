// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
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

/// Identifiers drawn many at a time, for one thread: a call of the generator costs more than all
/// else about an id. For names of things, never for what must stay secret.
class UuidPool {
 public:
  Uuid next(Random& random);

 private:
  std::array<Uuid, 64> drawn_{};
  std::size_t left_ = 0;
};

}  // namespace signet
