// SPDX-License-Identifier: Apache-2.0
// Certification requests. Ours is the stricter reader: whatever it accepts, OpenSSL must read too,
// with the same public key and a signature that fits.
#include "ca/csr.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include <openssl/err.h>
#include <openssl/x509.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto ours = signet::ca::parse_csr({data, size});
  if (!ours) {
    if (ours.error().message.empty()) std::abort();
    return 0;
  }
  const std::uint8_t* at = data;
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> theirs(
      d2i_X509_REQ(nullptr, &at, static_cast<long>(size)), X509_REQ_free);
  if (!theirs || at != data + size) std::abort();
  EVP_PKEY* const key = X509_REQ_get0_pubkey(theirs.get());
  if (key == nullptr || EVP_PKEY_eq(key, ours->public_key.handle()) != 1) std::abort();
  if (X509_REQ_verify(theirs.get(), key) != 1) std::abort();
  ERR_clear_error();
  return 0;
}
