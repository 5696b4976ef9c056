// SPDX-License-Identifier: Apache-2.0
// How long a token lives (core.md section 4.3).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <vector>

namespace signet::core {

struct TtlRequest {
  Seconds increment{0};         ///< asked for
  Seconds role_ttl{0};          ///< the role's default
  Seconds period{0};            ///< above 0: a periodic token
  Seconds explicit_max_ttl{0};  ///< fixed at creation
  Seconds role_max_ttl{0};
  Seconds default_ttl{0}, max_ttl{0};  ///< the mount's
  UnixTime issued_at, now;
};

struct Ttl {
  Seconds ttl{0};
  std::vector<std::string> warnings;
};

/// @return `past the max TTL, cannot renew` when nothing is left
Result<Ttl> token_ttl(const TtlRequest& request);

}  // namespace signet::core
