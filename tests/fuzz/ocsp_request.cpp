// SPDX-License-Identifier: Apache-2.0
// OCSP requests, as POST bodies and as GET paths. What is accepted keeps the promised limits, is
// readable to OpenSSL, and survives the way through a GET path.
#include "crl/ocsp.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ocsp.h>

namespace {

void check(signet::BytesView der) {
  const auto ours = signet::crl::parse_ocsp_request(der);
  if (!ours) return;
  if (der.size() > signet::crl::ocsp_request_limit) std::abort();
  if (ours->certificates.empty() || ours->certificates.size() > 100) std::abort();
  if (ours->nonce && (ours->nonce->empty() || ours->nonce->size() > 128)) std::abort();
  for (const auto& id : ours->certificates) {
    if (id.serial.empty() || id.serial.size() > 20) std::abort();
    const signet::BytesView magnitude = id.magnitude();
    if (!magnitude.empty() && magnitude.front() == 0) std::abort();
  }
  const std::uint8_t* at = der.data();
  const std::unique_ptr<OCSP_REQUEST, decltype(&OCSP_REQUEST_free)> theirs(
      d2i_OCSP_REQUEST(nullptr, &at, static_cast<long>(der.size())), OCSP_REQUEST_free);
  if (!theirs ||
      OCSP_request_onereq_count(theirs.get()) != static_cast<int>(ours->certificates.size()))
    std::abort();
  ERR_clear_error();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const signet::BytesView der(data, size);
  check(der);
  const std::string_view path(reinterpret_cast<const char*>(data), size);
  if (const auto decoded = signet::crl::decode_ocsp_path(path)) check(*decoded);
  // A request is a SEQUENCE: its base64 never begins with '/', which a path may have once more.
  if (size != 0 && size <= signet::crl::ocsp_request_limit && data[0] == 0x30) {
    const auto back = signet::crl::decode_ocsp_path(signet::base64(der));
    if (!back || *back != signet::to_bytes(der)) std::abort();
  }
  return 0;
}
