// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signet {

using Seconds = std::chrono::seconds;

/// An instant: whole seconds since 1970-01-01T00:00:00Z. Stored as a BIGINT.
struct UnixTime {
  std::int64_t seconds = 0;
  auto operator<=>(const UnixTime&) const = default;
  UnixTime operator+(Seconds by) const { return {seconds + by.count()}; }
  UnixTime operator-(Seconds by) const { return {seconds - by.count()}; }
  Seconds operator-(UnixTime other) const { return Seconds(seconds - other.seconds); }
};

std::string rfc3339(UnixTime at);  ///< 2031-01-31T23:59:59Z
std::string rfc3339_nano(
    std::chrono::system_clock::time_point);  ///< trailing zeros of the fraction cut
std::optional<UnixTime> parse_rfc3339(
    std::string_view text);          ///< offsets and fractions (cut) taken
std::string http_date(UnixTime at);  ///< RFC 9110, 5.6.7
std::optional<UnixTime> parse_http_date(std::string_view text);
/// Year ... second in UTC, for DER times.
struct CivilTime {
  int year, month, day, hour, minute, second;
};
CivilTime civil(UnixTime at);
UnixTime from_civil(const CivilTime& at);

/// Time is an argument: `system_clock::now` appears in clock.cpp only.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::chrono::system_clock::time_point wall() const = 0;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady() const = 0;
  [[nodiscard]] UnixTime now() const {
    return {std::chrono::floor<std::chrono::seconds>(wall()).time_since_epoch().count()};
  }
};

/// The machine's clock.
Clock& system_clock();

}  // namespace signet
