// SPDX-License-Identifier: Apache-2.0
// Certificates, as imports and client certificates bring them. What is accepted comes
// back byte for byte, its views lie within it, and where OpenSSL reads it too the keys are the
// same. (OpenSSL refuses some string types in names that are only carried here.)
#include "ca/certificate.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include <openssl/err.h>
#include <openssl/x509.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto ours = signet::ca::parse_certificate({data, size});
  if (!ours) {
    if (ours.error().message.empty()) std::abort();
    return 0;
  }
  if (ours->der.bytes != signet::Bytes(data, data + size)) std::abort();
  const signet::BytesView tbs = ours->tbs();
  if (tbs.data() < ours->der.bytes.data() || tbs.size() >= size) std::abort();
  if (const auto key = ours->public_key()) {
    static_cast<void>(signet::ca::verify_signature(*ours, *key));
    const std::uint8_t* at = data;
    const std::unique_ptr<X509, decltype(&X509_free)> theirs(
        d2i_X509(nullptr, &at, static_cast<long>(size)), X509_free);
    if (theirs) {
      if (at != data + size) std::abort();
      EVP_PKEY* const other = X509_get0_pubkey(theirs.get());
      if (other == nullptr || EVP_PKEY_eq(other, key->handle()) != 1) std::abort();
    }
  }
  static_cast<void>(ours->is_self_signed());
  const auto blocks = signet::parse_pem(ours->pem(true));
  if (!blocks || blocks->size() != 1 || blocks->front().der != ours->der.bytes) std::abort();
  ERR_clear_error();
  return 0;
}
