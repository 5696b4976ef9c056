// SPDX-License-Identifier: Apache-2.0
#include "crypto/hmac_once.hpp"

#include "base/result.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace signet::crypto {
namespace {

const EVP_MD* digest_of(HmacHash hash) {
  switch (hash) {
    case HmacHash::sha1:
      return EVP_sha1();
    case HmacHash::sha256:
      return EVP_sha256();
    case HmacHash::sha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

}  // namespace

Bytes hmac(HmacHash hash, BytesView key, BytesView message) {
  Bytes out(EVP_MAX_MD_SIZE);
  unsigned length = 0;
  if (HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()), message.data(),
           message.size(), out.data(), &length) == nullptr)
    throw Fault("HMAC failed");
  out.resize(length);
  return out;
}

}  // namespace signet::crypto
