// SPDX-License-Identifier: Apache-2.0
#include "core/seal/barrier.hpp"
#include "crypto/aead.hpp"

#include <array>

namespace signet::core {
namespace {

constexpr std::uint8_t layout = 1;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t sealed_head_size = 1 + 4 + nonce_size;

void put_number(Bytes& to, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    to.push_back(static_cast<std::uint8_t>(number >> shift & 0xffU));
}

/// Each part after its length: no two places have one encoding.
Bytes encode(const SealedAt& at) {
  const std::array<BytesView, 5> parts{as_bytes(at.table), as_bytes(at.column), at.owner, at.key,
                                       at.bound};
  std::size_t size = 0;
  for (const BytesView part : parts) size += 4 + part.size();
  Bytes text;
  text.reserve(size);
  for (const BytesView part : parts) {
    put_number(text, part.size());
    append(text, part);
  }
  return text;
}

}  // namespace

SealedBytes seal_value(BytesView key, std::uint32_t term, Random& random, const SealedAt& at,
                       BytesView plain) {
  std::array<std::uint8_t, nonce_size> nonce{};
  random.fill(nonce);
  const Bytes cipher = crypto::aes256gcm_seal(key, nonce, encode(at), plain);
  SealedBytes sealed;
  sealed.bytes.reserve(sealed_head_size + cipher.size());
  sealed.bytes.push_back(layout);
  put_number(sealed.bytes, term);
  append(sealed.bytes, nonce);
  append(sealed.bytes, cipher);
  return sealed;
}

std::optional<SecretBytes> open_value(BytesView key, const SealedAt& at, BytesView sealed) {
  if (!term_of(sealed)) return std::nullopt;
  return crypto::aes256gcm_open(key, sealed.subspan(5, nonce_size), encode(at),
                                sealed.subspan(sealed_head_size));
}

std::optional<std::uint32_t> term_of(BytesView sealed) {
  if (sealed.size() < sealed_head_size + tag_size || sealed[0] != layout) return std::nullopt;
  std::uint32_t term = 0;
  for (std::size_t i = 1; i <= 4; ++i) term = term << 8U | sealed[i];
  return term;
}

}  // namespace signet::core
