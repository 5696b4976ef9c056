// SPDX-License-Identifier: Apache-2.0
#include "base/random.hpp"

#include "base/secret.hpp"

#include <algorithm>
#include <array>

namespace signet {
namespace {

void mark(Uuid& id) {
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);  // version 4
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);  // RFC 4122 variant
}

}  // namespace

Bytes Random::bytes(std::size_t count) {
  Bytes out(count);
  fill(out);
  return out;
}

Uuid Random::uuid() {
  Uuid id;
  fill(id.bytes);
  mark(id);
  return id;
}

std::string Random::base62(std::size_t length) {
  constexpr std::string_view alphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr int unbiased = 256 / 62 * 62;
  std::array<std::uint8_t, 64> pool{};
  std::string out;
  out.reserve(length);
  while (out.size() < length) {
    fill(pool);
    for (const std::uint8_t byte : pool) {
      if (byte < unbiased && out.size() < length) out += alphabet[byte % 62];
    }
  }
  wipe(pool.data(), pool.size());  // the text is often a token
  return out;
}

Uuid UuidPool::next(Random& random) {
  if (left_ == 0) {
    std::array<std::uint8_t, sizeof(Uuid::bytes) * 64> block{};
    random.fill(block);
    for (std::size_t i = 0; i < drawn_.size(); ++i) {
      std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(i * sizeof(Uuid::bytes)),
                  sizeof(Uuid::bytes), drawn_[i].bytes.begin());
      mark(drawn_[i]);
    }
    left_ = drawn_.size();
  }
  return drawn_[--left_];
}

}  // namespace signet
