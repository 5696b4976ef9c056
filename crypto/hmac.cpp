// SPDX-License-Identifier: Apache-2.0
// The plain SHA-256 state can be copied like any struct; contexts of EVP_MAC are allocated anew for
// each message, which costs more than the hashing. OpenSSL 3 calls the plain functions deprecated.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hmac.hpp"

#include "base/secret.hpp"

#include <algorithm>
#include <array>

#include <openssl/sha.h>

namespace signet::crypto {

struct HmacSha256::State {
  SHA256_CTX inner;
  SHA256_CTX outer;
};

namespace {

void start(SHA256_CTX& state, std::array<std::uint8_t, SHA256_CBLOCK> block, std::uint8_t pad) {
  for (std::uint8_t& byte : block) byte ^= pad;
  SHA256_Init(&state);
  SHA256_Update(&state, block.data(), block.size());
  wipe(block.data(), block.size());
}

}  // namespace

HmacSha256::HmacSha256(BytesView key) : state_(std::make_unique<State>()) {
  std::array<std::uint8_t, SHA256_CBLOCK> block{};
  if (key.size() > block.size()) {
    const Sha256 shorter = sha256(key);
    std::copy(shorter.begin(), shorter.end(), block.begin());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  start(state_->inner, block, 0x36);
  start(state_->outer, block, 0x5c);
  wipe(block.data(), block.size());
}

HmacSha256::~HmacSha256() {
  if (state_) wipe(state_.get(), sizeof(State));
}
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&& other) noexcept {
  state_.swap(other.state_);
  return *this;
}

Sha256 HmacSha256::mac(std::initializer_list<BytesView> parts) const {
  SHA256_CTX state = state_->inner;
  for (const BytesView part : parts) SHA256_Update(&state, part.data(), part.size());
  Sha256 inner{};
  SHA256_Final(inner.data(), &state);
  state = state_->outer;
  SHA256_Update(&state, inner.data(), inner.size());
  Sha256 out{};
  SHA256_Final(out.data(), &state);
  wipe(&state, sizeof(state));
  return out;
}

}  // namespace signet::crypto
