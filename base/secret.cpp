// SPDX-License-Identifier: Apache-2.0
#include "base/secret.hpp"

#include <cstring>

namespace signet {

// glibc's is kept by the compiler, too, and writes 32 octets where OPENSSL_cleanse writes 8:
// buffers are wiped on every request.
void wipe(void* data, std::size_t size) noexcept {
  if (size != 0) ::explicit_bzero(data, size);
}

}  // namespace signet
