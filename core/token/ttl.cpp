// SPDX-License-Identifier: Apache-2.0
#include "core/token/ttl.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace signet::core {
namespace {

/// "5h", "1h30m", "90s" -> "1m30s": units that are zero are left out.
std::string spoken(Seconds value) {
  const std::int64_t all = value.count();
  std::string out;
  if (all / 3600 != 0) out += fmt::format("{}h", all / 3600);
  if (all / 60 % 60 != 0) out += fmt::format("{}m", all / 60 % 60);
  if (all % 60 != 0 || out.empty()) out += fmt::format("{}s", all % 60);
  return out;
}

std::string capped(std::string_view what, Seconds asked, Seconds most) {
  return fmt::format(
      "{0} of \"{1}\" exceeded the effective max_ttl of \"{2}\"; {0} value is capped accordingly",
      what, spoken(asked), spoken(most));
}

}  // namespace

Result<Ttl> token_ttl(const TtlRequest& request) {
  const Seconds zero{0};
  Seconds most = request.max_ttl;
  if (request.role_max_ttl > zero) most = std::min(most, request.role_max_ttl);
  if (request.explicit_max_ttl > zero) most = std::min(most, request.explicit_max_ttl);

  Ttl out;
  std::optional<UnixTime> end;
  if (request.period > zero) {
    out.ttl = request.period;
    if (out.ttl > most) {
      out.warnings.push_back(capped("period", out.ttl, most));
      out.ttl = most;
    }
    if (request.explicit_max_ttl > zero) end = request.issued_at + request.explicit_max_ttl;
  } else {
    out.ttl = request.increment > zero  ? request.increment
              : request.role_ttl > zero ? request.role_ttl
                                        : request.default_ttl;
    end = request.issued_at + most;
  }
  if (!end) return out;
  const Seconds left = *end - request.now;
  if (left <= zero) return invalid("past the max TTL, cannot renew");
  if (out.ttl > left) {
    out.warnings.push_back(capped("TTL", out.ttl, left));
    out.ttl = left;
  }
  return out;
}

}  // namespace signet::core
