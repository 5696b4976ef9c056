// SPDX-License-Identifier: Apache-2.0
// pki.md section 5, step by step.
#include "engines/pki/validity.hpp"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet::pki {
namespace {

constexpr UnixTime now{1'767'225'600};  // 2026-01-01T00:00:00Z
constexpr Seconds hour{3600};

struct Case {
  const char* name;
  std::function<void(RoleFields&)> role;
  Seconds ttl;
  const char* not_before;
  const char* not_after;
  Seconds from_now_before, from_now_after;  ///< expected, counted from now
  const char* warning_or_error;             ///< "": none
  bool is_refused = false;
  IssuerLimit issuer{now + 1000 * hour, LeafNotAfter::err};
};

void check(const Case& one) {
  RoleFields fields;
  one.role(fields);
  const auto role = Role::make(fields);
  ASSERT_TRUE(role) << one.name << ": " << role.error().message;
  std::vector<std::string> warnings;
  const std::string not_before = one.not_before;
  const std::string not_after = one.not_after;
  const auto validity = validity_of(*role, {one.ttl, not_before, not_after},
                                    {200 * hour, 5000 * hour}, one.issuer, now, warnings);
  if (one.is_refused) {
    ASSERT_FALSE(validity) << one.name;
    EXPECT_EQ(validity.error().message, one.warning_or_error) << one.name;
    return;
  }
  ASSERT_TRUE(validity) << one.name << ": " << validity.error().message;
  EXPECT_EQ((validity->not_before - now).count(), one.from_now_before.count()) << one.name;
  EXPECT_EQ((validity->not_after - now).count(), one.from_now_after.count()) << one.name;
  ASSERT_EQ(warnings.size(), one.warning_or_error[0] == '\0' ? 0U : 1U) << one.name;
  if (!warnings.empty()) {
    EXPECT_EQ(warnings[0], one.warning_or_error) << one.name;
  }
}

const std::function<void(RoleFields&)> plain = [](RoleFields&) {};

TEST(PkiValidity, Ttl) {
  const auto timed = [](RoleFields& role) {
    role.ttl = 10 * hour;
    role.max_ttl = 20 * hour;
  };
  for (const Case& one : std::vector<Case>{
           {"the mount's default", plain, Seconds{0}, "", "", Seconds{-30}, 200 * hour, ""},
           {"the request's", plain, 900 * hour, "", "", Seconds{-30}, 900 * hour, ""},
           {"the role's", timed, Seconds{0}, "", "", Seconds{-30}, 10 * hour, ""},
           {"over the role's maximum", timed, 30 * hour, "", "", Seconds{-30}, 20 * hour,
            "TTL \"30h0m0s\" is longer than permitted maxTTL \"20h0m0s\", so maxTTL is being used"},
           {"default over a small maximum", [](RoleFields& role) { role.max_ttl = Seconds{1800}; },
            Seconds{0}, "", "", Seconds{-30}, Seconds{1800},
            "TTL \"200h0m0s\" is longer than permitted maxTTL \"30m0s\", so maxTTL is being used"},
           {"backdating", [](RoleFields& role) { role.not_before_duration = Seconds{600}; }, hour,
            "", "", Seconds{-600}, hour, ""},
           {"no backdating is 30 s",
            [](RoleFields& role) { role.not_before_duration = Seconds{0}; }, hour, "", "",
            Seconds{-30}, hour, ""},
       })
    check(one);
}

TEST(PkiValidity, BeyondTheIssuer) {
  const IssuerLimit truncates{now + 1000 * hour, LeafNotAfter::truncate};
  const IssuerLimit permits{now + 1000 * hour, LeafNotAfter::permit};
  const IssuerLimit expired{now - hour, LeafNotAfter::truncate};
  const char* beyond =
      "cannot satisfy request, as TTL would result in notAfter of 2026-03-25T08:00:00Z that is "
      "beyond the expiration of the CA certificate at 2026-02-11T16:00:00Z";
  for (const Case& one : std::vector<Case>{
           {"err", plain, 2000 * hour, "", "", {}, {}, beyond, true},
           {"truncate", plain, 2000 * hour, "", "", Seconds{-30}, 1000 * hour, "", false,
            truncates},
           {"permit", plain, 2000 * hour, "", "", Seconds{-30}, 2000 * hour, "", false, permits},
           {"for ever", plain, Seconds{0}, "", "9999-12-31T23:59:59Z", Seconds{-30},
            Seconds{253402300799 - now.seconds}, "", false, permits},
           {"an expired issuer cuts nothing",
            plain,
            hour,
            "",
            "",
            {},
            {},
            "cannot satisfy request, as TTL would result in notAfter of 2026-01-01T01:00:00Z that "
            "is beyond the expiration of the CA certificate at 2025-12-31T23:00:00Z",
            true,
            expired},
       })
    check(one);
}

TEST(PkiValidity, NotAfter) {
  const auto fixed = [](RoleFields& role) { role.not_after = "2026-01-02T00:00:00Z"; };
  const auto bound = [](const char* text) {
    return [text](RoleFields& role) {
      role.ttl = 2 * hour;
      role.not_after_bound = text;
    };
  };
  const char* both =
      "Either ttl or not_after should be provided. Both should not be provided in the same "
      "request.";
  for (const Case& one : std::vector<Case>{
           {"the request's", plain, Seconds{0}, "", "2026-01-03T00:00:00Z", Seconds{-30}, 48 * hour,
            ""},
           {"the role's wins", fixed, Seconds{0}, "", "2026-01-03T00:00:00Z", Seconds{-30},
            24 * hour, ""},
           {"with a ttl", plain, hour, "", "2026-01-03T00:00:00Z", {}, {}, both, true},
           {"the role's with a ttl", fixed, hour, "", "", {}, {}, both, true},
           {"forbidden",
            bound("forbid"),
            Seconds{0},
            "",
            "2026-01-01T01:00:00Z",
            {},
            {},
            "not_after_bound is set to forbid. not_after cannot be provided.",
            true},
           {"limited by the ttl",
            bound("ttl-limited"),
            Seconds{0},
            "",
            "2026-01-01T03:00:00Z",
            {},
            {},
            "not_after_bound is set to ttl-limited. Cannot satisfy request as that would result in "
            "notAfter of 2026-01-01T03:00:00Z that is beyond the TTL of 2h0m0s",
            true},
           {"within the ttl", bound("ttl-limited"), Seconds{0}, "", "2026-01-01T01:00:00Z",
            Seconds{-30}, hour, ""},
           {"behind a time",
            bound("2026-01-01T01:30:00Z"),
            Seconds{0},
            "",
            "2026-01-01T02:00:00Z",
            {},
            {},
            "not_after_bound is set to 2026-01-01T01:30:00Z. Cannot statisfy request as that would "
            "result in notAfter of 2026-01-01T02:00:00Z that is beyond the maximum timestamp of "
            "2026-01-01T01:30:00Z",
            true},
           {"a ttl behind a time",
            bound("2026-01-01T01:30:00Z"),
            Seconds{0},
            "",
            "",
            {},
            {},
            "not_after_bound is set to 2026-01-01T01:30:00Z. Cannot statisfy request as that would "
            "result in notAfter of 2026-01-01T02:00:00Z that is beyond the maximum timestamp of "
            "2026-01-01T01:30:00Z",
            true},
           {"no time",
            plain,
            Seconds{0},
            "",
            "noon",
            {},
            {},
            "parsing time \"noon\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"noon\" as "
            "\"2006\"",
            true},
           {"past",
            plain,
            Seconds{0},
            "",
            "2020-01-01T00:00:00Z",
            {},
            {},
            "The certificate's Not Before (2025-12-31T23:59:30Z) is later than the certificate's "
            "Not After (2020-01-01T00:00:00Z)",
            true},
       })
    check(one);
}

TEST(PkiValidity, NotBefore) {
  const auto bound = [](const char* text) {
    return [text](RoleFields& role) { role.not_before_bound = text; };
  };
  for (const Case& one : std::vector<Case>{
           {"the request's", plain, hour, "2025-12-31T00:00:00Z", "", -24 * hour, hour, ""},
           {"the role's wins", [](RoleFields& role) { role.not_before = "2025-12-30T00:00:00Z"; },
            hour, "2025-12-31T00:00:00Z", "", -48 * hour, hour, ""},
           {"forbidden",
            bound("forbid"),
            hour,
            "2025-12-31T00:00:00Z",
            "",
            {},
            {},
            "not_before_bound is set to forbid. not_before cannot be provided.",
            true},
           {"too old",
            bound("duration"),
            hour,
            "2025-12-31T00:00:00Z",
            "",
            {},
            {},
            "not_before_bound is set to duration. Cannot satisfy request as it would result in "
            "notBefore of 2025-12-31T00:00:00Z that is older than the allowed not_before_duration "
            "of 30s",
            true},
           {"young enough", bound("duration"), hour, "2025-12-31T23:59:45Z", "", Seconds{-15}, hour,
            ""},
           {"behind the end",
            plain,
            hour,
            "2026-01-01T02:00:00Z",
            "",
            {},
            {},
            "The certificate's Not Before (2026-01-01T02:00:00Z) is later than the certificate's "
            "Not After (2026-01-01T01:00:00Z)",
            true},
           {"at the end",
            plain,
            hour,
            "2026-01-01T01:00:00Z",
            "",
            {},
            {},
            "The certificate's Not Before (2026-01-01T01:00:00Z) is later than the certificate's "
            "Not After (2026-01-01T01:00:00Z)",
            true},
       })
    check(one);
}

}  // namespace
}  // namespace signet::pki
