// SPDX-License-Identifier: Apache-2.0
#include "crypto/handles.hpp"

#include "base/result.hpp"
#include "crypto/algorithms.hpp"

#include <array>
#include <string>

#include <openssl/err.h>

namespace signet::crypto {

void openssl_fault(const char* what) {
  std::array<char, 256> text{};
  const unsigned long code = ERR_peek_last_error();
  if (code != 0) ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  throw Fault(std::string(what) + (code != 0 ? ": " + std::string(text.data()) : " failed"));
}

void clear_openssl_errors() noexcept { ERR_clear_error(); }

}  // namespace signet::crypto
