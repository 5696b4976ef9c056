// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/validity.hpp"

#include "base/duration.hpp"

#include <fmt/format.h>

namespace signet::pki {
namespace {

/// Backdating when a role says 0: clocks of those who verify may be behind.
constexpr Seconds least_backdating{30};

/// The words that clients of Vault know from Go's parser, as far as they can be known.
Result<UnixTime> parse_time(const std::string& text) {
  const auto time = parse_rfc3339(text);
  if (!time)
    return invalid(
        fmt::format("parsing time \"{0}\" as \"2006-01-02T15:04:05Z07:00\": cannot "
                    "parse \"{0}\" as \"2006\"",
                    text));
  return *time;
}

struct Calculation {
  const Role& role;
  const ValidityRequest& request;
  const TtlLimits& mount;
  const IssuerLimit& issuer;
  UnixTime now;
  std::vector<std::string>& warnings;

  Result<std::optional<UnixTime>> fixed_not_after() const {
    if (role.not_after) return role.not_after;
    if (request.not_after.empty()) return std::optional<UnixTime>();
    if (role.fields.not_after_bound == "forbid")
      return invalid("not_after_bound is set to forbid. not_after cannot be provided.");
    const UnixTime wanted = TRY(parse_time(request.not_after));
    return std::optional(wanted);
  }

  [[nodiscard]] Seconds granted_ttl() const {
    Seconds ttl = request.ttl;
    if (ttl.count() <= 0) ttl = role.fields.ttl;
    if (ttl.count() <= 0) ttl = mount.default_ttl;
    const Seconds most = role.fields.max_ttl.count() > 0 ? role.fields.max_ttl : mount.max_ttl;
    if (ttl <= most) return ttl;
    warnings.push_back(
        fmt::format("TTL \"{}\" is longer than permitted maxTTL \"{}\", so maxTTL is being used",
                    go_duration(ttl), go_duration(most)));
    return most;
  }

  Result<UnixTime> within_issuer(UnixTime wanted) const {
    if (issuer.behavior == LeafNotAfter::permit) return wanted;
    const bool is_expired = issuer.not_after < now;
    if (wanted <= issuer.not_after && !is_expired) return wanted;
    // An issuer that has expired signs nothing more, cut or not.
    if (issuer.behavior == LeafNotAfter::truncate && !is_expired && wanted >= now)
      return issuer.not_after;
    return invalid(
        fmt::format("cannot satisfy request, as TTL would result in notAfter of {} that "
                    "is beyond the expiration of the CA certificate at {}",
                    rfc3339(wanted), rfc3339(issuer.not_after)));
  }

  Result<UnixTime> not_after() const {
    const auto fixed = TRY(fixed_not_after());
    if (request.ttl.count() > 0 && fixed)
      return invalid(
          "Either ttl or not_after should be provided. Both should not be provided in the same "
          "request.");
    const Seconds ttl = granted_ttl();
    if (fixed && role.fields.not_after_bound == "ttl-limited") {
      if (*fixed > now + ttl)
        return invalid(
            fmt::format("not_after_bound is set to ttl-limited. Cannot satisfy request "
                        "as that would result in notAfter of {} that is beyond the TTL "
                        "of {}",
                        rfc3339(*fixed), go_duration(ttl)));
    }
    const UnixTime end = TRY(within_issuer(fixed ? *fixed : now + ttl));
    if (role.not_after_limit && end > *role.not_after_limit)
      return invalid(
          fmt::format("not_after_bound is set to {0}. Cannot statisfy request as that "
                      "would result in notAfter of {1} that is beyond the maximum "
                      "timestamp of {0}",
                      rfc3339(*role.not_after_limit), rfc3339(end)));
    return end;
  }

  Result<UnixTime> not_before() const {
    if (role.not_before) return *role.not_before;
    const Seconds backdating = role.fields.not_before_duration.count() > 0
                                   ? role.fields.not_before_duration
                                   : least_backdating;
    if (request.not_before.empty()) return now - backdating;
    if (role.fields.not_before_bound == "forbid")
      return invalid("not_before_bound is set to forbid. not_before cannot be provided.");
    const UnixTime wanted = TRY(parse_time(request.not_before));
    if (role.fields.not_before_bound == "duration" && wanted < now - backdating)
      return invalid(
          fmt::format("not_before_bound is set to duration. Cannot satisfy request as "
                      "it would result in notBefore of {} that is older than the "
                      "allowed not_before_duration of {}",
                      rfc3339(wanted), go_duration(backdating)));
    return wanted;
  }
};

}  // namespace

Result<Validity> validity_of(const Role& role, const ValidityRequest& request,
                             const TtlLimits& mount, const IssuerLimit& issuer, UnixTime now,
                             std::vector<std::string>& warnings) {
  const Calculation calculation{role, request, mount, issuer, now, warnings};
  Validity validity;
  validity.not_after = TRY(calculation.not_after());
  validity.not_before = TRY(calculation.not_before());
  if (validity.not_before >= validity.not_after)
    return invalid(
        fmt::format("The certificate's Not Before ({}) is later than the certificate's "
                    "Not After ({})",
                    rfc3339(validity.not_before), rfc3339(validity.not_after)));
  return validity;
}

}  // namespace signet::pki
