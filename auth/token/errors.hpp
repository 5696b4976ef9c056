// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace signet::auth {

/// A 400 whose text has the form of a list of errors, as clients know some of them.
inline Error listed_error(std::string_view text) {
  return invalid("1 error occurred:\n\t* " + std::string(text) + "\n\n");
}

}  // namespace signet::auth
