// SPDX-License-Identifier: Apache-2.0
#include "crypto/named_digest.hpp"

#include "base/result.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/evp.h>

namespace signet::crypto {

std::optional<Bytes> digest_named(std::string_view name, BytesView data) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 8> names{{
      {"sha2-224", "SHA2-224"},
      {"sha2-256", "SHA2-256"},
      {"sha2-384", "SHA2-384"},
      {"sha2-512", "SHA2-512"},
      {"sha3-224", "SHA3-224"},
      {"sha3-256", "SHA3-256"},
      {"sha3-384", "SHA3-384"},
      {"sha3-512", "SHA3-512"},
  }};
  const auto found = std::find_if(names.begin(), names.end(),
                                  [name](const auto& pair) { return pair.first == name; });
  if (found == names.end()) return std::nullopt;
  Bytes sum(EVP_MAX_MD_SIZE);
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, found->second, nullptr, data.data(), data.size(), sum.data(), &size) !=
      1)
    throw Fault("a digest could not be computed");
  sum.resize(size);
  return sum;
}

}  // namespace signet::crypto
