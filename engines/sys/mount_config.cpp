// SPDX-License-Identifier: Apache-2.0
#include "engines/sys/mount_config.hpp"

#include "core/schema.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace signet::sys {
namespace {

using core::Json;

// "system" and "" are the system's default.
Result<std::optional<Seconds>> read_ttl(const Json& config, const char* name,
                                        const std::string& lead) {
  const auto found = config.find(name);
  if (found == config.end() || found->is_null()) return std::optional<Seconds>();
  if (*found == "system") return std::optional<Seconds>(0);
  Seconds ttl{0};
  const Result<void> read = core::decode(*found, core::FieldInfo{name, {}, {}, {}}, ttl);
  if (read) return std::optional<Seconds>(ttl);
  const std::string text = found->is_string() ? found->get<std::string>() : found->dump();
  return invalid((lead.empty() ? lead : fmt::format("{} {}: ", lead, text)) + read.error().message);
}

template <class T>
Result<void> read_member(const Json& config, const char* name, std::optional<T>& to) {
  const auto found = config.find(name);
  if (found == config.end()) return {};
  const Result<void> read = core::decode(*found, core::FieldInfo{name, {}, {}, {}}, to);
  if (!read)
    return invalid(
        fmt::format("Field validation failed: error converting input for field "
                    "\"{}\": {}",
                    name, read.error().message));
  return {};
}

bool is_one_of(const std::string& text, std::initializer_list<std::string_view> allowed) {
  return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

}  // namespace

Result<ConfigChange> read_config(const Json& config, bool names_ttl_in_errors) {
  ConfigChange change;
  change.default_lease_ttl = TRY(read_ttl(
      config, "default_lease_ttl", names_ttl_in_errors ? "unable to parse default TTL of" : ""));
  change.max_lease_ttl = TRY(
      read_ttl(config, "max_lease_ttl", names_ttl_in_errors ? "unable to parse max TTL of" : ""));
  TRY(read_member(config, "force_no_cache", change.force_no_cache));
  TRY(read_member(config, "audit_non_hmac_request_keys", change.audit_non_hmac_request_keys));
  TRY(read_member(config, "audit_non_hmac_response_keys", change.audit_non_hmac_response_keys));
  TRY(read_member(config, "passthrough_request_headers", change.passthrough_request_headers));
  TRY(read_member(config, "allowed_response_headers", change.allowed_response_headers));
  TRY(read_member(config, "listing_visibility", change.listing_visibility));
  TRY(read_member(config, "token_type", change.token_type));
  if (change.listing_visibility && !is_one_of(*change.listing_visibility, {"", "hidden", "unauth"}))
    return invalid("invalid listing_visibility " + *change.listing_visibility);
  if (change.token_type &&
      !is_one_of(*change.token_type, {"", "default-service", "default-batch", "service", "batch"}))
    return invalid("invalid value for 'token_type'");
  return change;
}

void apply(const ConfigChange& change, core::MountConfig& to) {
  if (change.default_lease_ttl) to.default_lease_ttl = *change.default_lease_ttl;
  if (change.max_lease_ttl) to.max_lease_ttl = *change.max_lease_ttl;
  if (change.force_no_cache) to.force_no_cache = *change.force_no_cache;
  if (change.audit_non_hmac_request_keys)
    to.audit_non_hmac_request_keys = change.audit_non_hmac_request_keys;
  if (change.audit_non_hmac_response_keys)
    to.audit_non_hmac_response_keys = change.audit_non_hmac_response_keys;
  if (change.passthrough_request_headers)
    to.passthrough_request_headers = change.passthrough_request_headers;
  if (change.allowed_response_headers)
    to.allowed_response_headers = change.allowed_response_headers;
  if (change.listing_visibility) to.listing_visibility = *change.listing_visibility;
  if (change.token_type) to.token_type = *change.token_type;
}

}  // namespace signet::sys
