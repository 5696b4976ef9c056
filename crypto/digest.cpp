// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.hpp"

#include "base/secret.hpp"
#include "crypto/algorithms.hpp"

#include <algorithm>
#include <memory>

namespace signet::crypto {
namespace {

constexpr std::size_t hash_count = 5;
using DigestHandle = std::unique_ptr<EVP_MD, OpensslFree<&EVP_MD_free>>;

std::array<DigestHandle, hash_count> fetch_all() {
  constexpr std::array<const char*, hash_count> names{"SHA1", "SHA224", "SHA256", "SHA384",
                                                      "SHA512"};
  std::array<DigestHandle, hash_count> fetched;
  for (std::size_t i = 0; i < hash_count; ++i) {
    fetched[i].reset(EVP_MD_fetch(nullptr, names[i], nullptr));
    if (!fetched[i]) openssl_fault("fetching a digest");
  }
  return fetched;
}

/// The thread's context, ready for a hash. One for each algorithm: changing a context's algorithm
/// allocates.
EVP_MD_CTX* begin(Hash hash) {
  thread_local std::array<DigestContext, hash_count> contexts;
  DigestContext& context = contexts[static_cast<std::size_t>(hash)];
  const EVP_MD* algorithm = nullptr;  // null: as last time
  if (!context) {
    context.reset(EVP_MD_CTX_new());
    if (!context) openssl_fault("EVP_MD_CTX_new");
    algorithm = message_digest(hash);
  }
  if (EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1) {
    context.reset();
    openssl_fault("EVP_DigestInit_ex2");
  }
  return context.get();
}

void update(EVP_MD_CTX* context, BytesView data) {
  if (EVP_DigestUpdate(context, data.data(), data.size()) != 1) openssl_fault("EVP_DigestUpdate");
}

std::size_t finish(EVP_MD_CTX* context, std::uint8_t* out) {
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(context, out, &length) != 1) openssl_fault("EVP_DigestFinal_ex");
  return length;
}

}  // namespace

const EVP_MD* message_digest(Hash hash) {
  static const std::array<DigestHandle, hash_count> fetched = fetch_all();
  return fetched[static_cast<std::size_t>(hash)].get();
}

std::span<const std::uint8_t> digest_into(Hash hash, BytesView data,
                                          std::array<std::uint8_t, 64>& out) {
  EVP_MD_CTX* const context = begin(hash);
  update(context, data);
  return std::span(out).first(finish(context, out.data()));
}

Sha1 sha1(BytesView data) {
  Sha1 out{};
  EVP_MD_CTX* const context = begin(Hash::sha1);
  update(context, data);
  finish(context, out.data());
  return out;
}

Sha256 sha256(BytesView data) {
  Sha256 out{};
  EVP_MD_CTX* const context = begin(Hash::sha256);
  update(context, data);
  finish(context, out.data());
  return out;
}

Bytes digest(Hash hash, BytesView data) {
  std::array<std::uint8_t, 64> out{};
  return to_bytes(digest_into(hash, data, out));
}

Sha256 hmac_sha256(BytesView key, BytesView data) {
  // RFC 2104 over the thread's digest context: EVP_MAC allocates several times a call.
  constexpr std::size_t block = 64;
  std::array<std::uint8_t, block> pad{};
  if (key.size() > block) {
    Sha256 short_key = sha256(key);
    std::copy(short_key.begin(), short_key.end(), pad.begin());
    wipe(short_key.data(), short_key.size());
  } else {
    std::copy(key.begin(), key.end(), pad.begin());
  }
  for (std::uint8_t& octet : pad) octet ^= 0x36;
  Sha256 out{};
  EVP_MD_CTX* context = begin(Hash::sha256);
  update(context, pad);
  update(context, data);
  finish(context, out.data());
  for (std::uint8_t& octet : pad) octet ^= 0x36 ^ 0x5c;
  context = begin(Hash::sha256);
  update(context, pad);
  update(context, out);
  finish(context, out.data());
  wipe(pad.data(), pad.size());
  return out;
}

}  // namespace signet::crypto
