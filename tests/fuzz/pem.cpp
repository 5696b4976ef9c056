// SPDX-License-Identifier: Apache-2.0
// PEM texts, as imports and requests bring them. What is read and written again reads the same.
#include "base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto blocks = signet::parse_pem({reinterpret_cast<const char*>(data), size});
  if (!blocks) return 0;
  std::string again;
  for (const auto& block : *blocks) again += signet::pem(block.label, block.der);
  const auto second = signet::parse_pem(again);
  if (!second || second->size() != blocks->size()) std::abort();
  for (std::size_t i = 0; i < blocks->size(); ++i) {
    if ((*second)[i].label != (*blocks)[i].label) std::abort();
    if ((*second)[i].der != (*blocks)[i].der) std::abort();
  }
  return 0;
}
