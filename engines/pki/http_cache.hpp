// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "core/request.hpp"
#include "core/response.hpp"

#include <string>

namespace signet::pki {

/// How long and under which name an answer may be kept by others (RFC 9110, RFC 9111).
struct Cacheable {
  std::string etag;  ///< strong, quoted; empty: none
  UnixTime modified;
  UnixTime fresh_until;  ///< not after now: it is served but must be asked for again
  std::string directives = "public, no-transform";
};

/// Adds ETag, Last-Modified, Cache-Control and Expires, and turns the answer into a 304 without a
/// body when the request's If-None-Match (first) or If-Modified-Since says that the caller has it.
core::Response with_cache_headers(const core::Request& request, core::Response response,
                                  const Cacheable& what);

}  // namespace signet::pki
