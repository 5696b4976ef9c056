// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.hpp"

#include "base/result.hpp"
#include "crypto/algorithms.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>

namespace signet::crypto {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t most_at_once =
    std::numeric_limits<int>::max() - 1024;  // OpenSSL counts in int

using CipherHandle = std::unique_ptr<EVP_CIPHER, OpensslFree<&EVP_CIPHER_free>>;

/// The thread's context for one direction, with key and nonce set and the associated data read.
EVP_CIPHER_CTX* begin(bool is_sealing, BytesView key, BytesView nonce, BytesView associated) {
  CHECK(key.size() == key_size && nonce.size() == nonce_size && associated.size() <= most_at_once);
  thread_local std::array<CipherContext, 2> contexts;
  CipherContext& context = contexts[is_sealing ? 1 : 0];
  const EVP_CIPHER* cipher = nullptr;  // null: as last time
  if (!context) {
    context.reset(EVP_CIPHER_CTX_new());
    if (!context) openssl_fault("EVP_CIPHER_CTX_new");
    cipher = aes256gcm();
  }
  if (EVP_CipherInit_ex2(context.get(), cipher, key.data(), nonce.data(), is_sealing ? 1 : 0,
                         nullptr) != 1) {
    context.reset();
    openssl_fault("EVP_CipherInit_ex2");
  }
  int length = 0;
  if (!associated.empty() && EVP_CipherUpdate(context.get(), nullptr, &length, associated.data(),
                                              static_cast<int>(associated.size())) != 1) {
    openssl_fault("EVP_CipherUpdate");
  }
  return context.get();
}

void transform(EVP_CIPHER_CTX* context, BytesView in, std::uint8_t* out) {
  int length = 0;
  if (!in.empty() &&
      EVP_CipherUpdate(context, out, &length, in.data(), static_cast<int>(in.size())) != 1) {
    openssl_fault("EVP_CipherUpdate");
  }
}

}  // namespace

const EVP_CIPHER* aes256gcm() {
  static const CipherHandle cipher = [] {
    CipherHandle fetched(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
    if (!fetched) openssl_fault("fetching AES-256-GCM");
    return fetched;
  }();
  return cipher.get();
}

Bytes aes256gcm_seal(BytesView key, BytesView nonce, BytesView associated, BytesView plain) {
  CHECK(plain.size() <= most_at_once);
  EVP_CIPHER_CTX* const context = begin(true, key, nonce, associated);
  Bytes out(plain.size() + tag_size);
  transform(context, plain, out.data());
  int length = 0;
  std::uint8_t* const tag = out.data() + plain.size();
  if (EVP_CipherFinal_ex(context, tag, &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, tag) != 1) {
    openssl_fault("sealing with AES-256-GCM");
  }
  return out;
}

std::optional<SecretBytes> aes256gcm_open(BytesView key, BytesView nonce, BytesView associated,
                                          BytesView ciphertext) {
  if (ciphertext.size() < tag_size || ciphertext.size() > most_at_once) return std::nullopt;
  const BytesView body = ciphertext.first(ciphertext.size() - tag_size);
  std::array<std::uint8_t, tag_size> tag{};
  std::copy(ciphertext.end() - tag_size, ciphertext.end(), tag.begin());

  EVP_CIPHER_CTX* const context = begin(false, key, nonce, associated);
  Bytes plain(body.size());
  transform(context, body, plain.data());
  if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) != 1) {
    openssl_fault("EVP_CTRL_AEAD_SET_TAG");
  }
  int length = 0;
  std::array<std::uint8_t, tag_size> nothing{};
  if (EVP_CipherFinal_ex(context, nothing.data(), &length) != 1) {
    wipe(plain);  // what a wrong tag deciphers to must not be seen
    clear_openssl_errors();
    return std::nullopt;
  }
  return SecretBytes(std::move(plain));
}

}  // namespace signet::crypto
