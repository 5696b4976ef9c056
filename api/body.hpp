// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/options.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace signet::api {

/// The media type without parameters, lower case: "application/json".
std::string media_type(std::string_view content_type);

/// Bodies that reach a handler as they came: OCSP requests, CRLs, time-stamp queries and the like.
bool is_raw_type(std::string_view media_type);

struct Body {
  bool is_exact = true;  ///< false: a number in it does not fit our numbers without rounding
};

/// A body's members (core.md section 1.4): JSON whatever the type says, unless it is declared a
/// form and does not look like JSON. Of equal names the last wins; nothing or `null` is no data.
/// Errors: `failed to decode JSON input: ...`, `refused JSON input due to high complexity: ...`
Result<nlohmann::json> parse_body(std::string_view content_type, std::string_view body,
                                  const Limits& limits, Body& about);

}  // namespace signet::api
