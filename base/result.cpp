// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"

#include "base/log.hpp"

#include <cstdlib>

namespace signet::detail {

void check_failed(const char* expression, const char* file, int line) {
  try {
    log::error("invariant broken", {{"expression", expression}, {"file", file}, {"line", line}});
  } catch (...) {  // NOLINT(bugprone-empty-catch): nothing is left but to stop
  }
  std::abort();
}

}  // namespace signet::detail
