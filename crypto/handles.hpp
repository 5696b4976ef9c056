// SPDX-License-Identifier: Apache-2.0
// Owning handles for OpenSSL's objects: never a raw owner, never a free() by hand.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace signet::crypto {

template <auto Free>
struct OpensslFree {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, OpensslFree<&EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<&EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, OpensslFree<&EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<&EVP_CIPHER_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, OpensslFree<&EVP_MAC_CTX_free>>;
using BioHandle = std::unique_ptr<BIO, OpensslFree<&BIO_free_all>>;

/// @throws Fault with OpenSSL's newest error text (and empties its queue)
[[noreturn]] void openssl_fault(const char* what);

}  // namespace signet::crypto
