// SPDX-License-Identifier: Apache-2.0
#include "base/random.hpp"

#include "crypto/digest.hpp"
#include "crypto/handles.hpp"

#include <algorithm>

#include <openssl/rand.h>

namespace signet::crypto {
namespace {

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    constexpr std::size_t most = 1U << 20;  // RAND_bytes counts in int
    while (!out.empty()) {
      const std::size_t part = std::min(out.size(), most);
      if (RAND_bytes(out.data(), static_cast<int>(part)) != 1) openssl_fault("RAND_bytes");
      out = out.subspan(part);
    }
  }
};

}  // namespace

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace signet::crypto
