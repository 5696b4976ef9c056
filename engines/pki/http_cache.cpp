// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/http_cache.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace signet::pki {
namespace {

bool is_known_to(const core::Request& request, const Cacheable& what) {
  if (const auto* tags = request.header("if-none-match")) {
    for (const auto& tag : split(*tags, ','))
      if (trim(tag) == "*" || (!what.etag.empty() && trim(tag) == what.etag)) return true;
    return false;
  }
  if (const auto* since = request.header("if-modified-since")) {
    const auto at = parse_http_date(*since);
    return at && what.modified <= *at;
  }
  return false;
}

}  // namespace

core::Response with_cache_headers(const core::Request& request, core::Response response,
                                  const Cacheable& what) {
  const auto left = std::max<std::int64_t>((what.fresh_until - request.now).count(), 0);
  core::Response answer;
  if (is_known_to(request, what))
    answer.status = 304;
  else
    answer = std::move(response);
  answer.headers.reserve(4);
  if (!what.etag.empty()) answer.headers.emplace_back("ETag", what.etag);
  answer.headers.emplace_back("Last-Modified", http_date(what.modified));
  answer.headers.emplace_back("Cache-Control",
                              "max-age=" + std::to_string(left) + ", " + what.directives);
  answer.headers.emplace_back("Expires", http_date(request.now + Seconds(left)));
  return answer;
}

}  // namespace signet::pki
