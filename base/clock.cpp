// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace signet {
namespace {

constexpr std::int64_t seconds_a_day = 86'400;
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_weekdays{
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

constexpr bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr int days_in(int year, int month) {
  constexpr std::array<int, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : lengths[static_cast<std::size_t>(month - 1)];
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Years begin in March, so
/// that the leap day comes last and months follow a 153-days-in-five rhythm.
constexpr std::int64_t days_from_civil(int year, int month, int day) {
  const std::int64_t shifted = month <= 2 ? static_cast<std::int64_t>(year) - 1 : year;
  const std::int64_t era = floor_div(shifted, 400);
  const std::int64_t year_of_era = shifted - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}
static_assert(days_from_civil(1970, 1, 1) == 0);
static_assert(days_from_civil(2000, 3, 1) == 11'017);

bool is_valid(const CivilTime& at) {
  return at.month >= 1 && at.month <= 12 && at.day >= 1 && at.day <= days_in(at.year, at.month) &&
         at.hour >= 0 && at.hour <= 23 && at.minute >= 0 && at.minute <= 59 && at.second >= 0 &&
         at.second <= 59;
}

/// Takes exactly `count` digits off the front; -1 when there are fewer.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// "15:04:05"; false when it does not read so.
bool take_time_of_day(std::string_view& text, CivilTime& at) {
  at.hour = take_digits(text, 2);
  if (!take(text, ":")) return false;
  at.minute = take_digits(text, 2);
  if (!take(text, ":")) return false;
  at.second = take_digits(text, 2);
  return true;
}

/// 1 ... 12 for a month's three letters taken off the front, else 0.
int take_month(std::string_view& text) {
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (take(text, months[i])) return static_cast<int>(i) + 1;
  }
  return 0;
}

/// Writes exactly `width` digits at `out`; returns the place behind them. Dates stand in every
/// answer and audit entry: a general formatter costs ten times as much.
char* put_digits(char* out, int value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + width;
}

char* put_text(char* out, std::string_view text) {
  return std::copy(text.begin(), text.end(), out);
}

char* put_time_of_day(char* out, const CivilTime& at) {
  out = put_digits(out, at.hour, 2);
  *out++ = ':';
  out = put_digits(out, at.minute, 2);
  *out++ = ':';
  return put_digits(out, at.second, 2);
}

std::optional<UnixTime> checked(const CivilTime& at) {
  if (!is_valid(at)) return std::nullopt;
  return from_civil(at);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT" after the weekday.
std::optional<UnixTime> parse_imf_fixdate(std::string_view text) {
  CivilTime at{};
  at.day = take_digits(text, 2);
  if (!take(text, " ")) return std::nullopt;
  at.month = take_month(text);
  if (!take(text, " ")) return std::nullopt;
  at.year = take_digits(text, 4);
  if (at.year < 0 || !take(text, " ") || !take_time_of_day(text, at) || text != " GMT") {
    return std::nullopt;
  }
  return checked(at);
}

/// "Sunday, 06-Nov-94 08:49:37 GMT" after the weekday. Two-digit years: 69 and later are of the
/// 20th century; a date that old or new never matters to a cache.
std::optional<UnixTime> parse_rfc850(std::string_view text) {
  CivilTime at{};
  at.day = take_digits(text, 2);
  if (!take(text, "-")) return std::nullopt;
  at.month = take_month(text);
  if (!take(text, "-")) return std::nullopt;
  at.year = take_digits(text, 2);
  if (at.year < 0 || !take(text, " ") || !take_time_of_day(text, at) || text != " GMT") {
    return std::nullopt;
  }
  at.year += at.year >= 69 ? 1900 : 2000;
  return checked(at);
}

/// "Sun Nov  6 08:49:37 1994" after the weekday and its blank.
std::optional<UnixTime> parse_asctime(std::string_view text) {
  CivilTime at{};
  at.month = take_month(text);
  if (!take(text, " ")) return std::nullopt;
  at.day = take(text, " ") ? take_digits(text, 1) : take_digits(text, 2);
  if (!take(text, " ") || !take_time_of_day(text, at) || !take(text, " ")) return std::nullopt;
  at.year = take_digits(text, 4);
  if (at.year < 0 || !text.empty()) return std::nullopt;
  return checked(at);
}

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
    return std::chrono::system_clock::now();
  }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::now();
  }
};

}  // namespace

CivilTime civil(UnixTime at) {
  const std::int64_t days = floor_div(at.seconds, seconds_a_day);
  const std::int64_t second_of_day = at.seconds - days * seconds_a_day;
  const std::int64_t from_march_0 = days + 719'468;
  const std::int64_t era = floor_div(from_march_0, 146'097);
  const std::int64_t day_of_era = from_march_0 - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t month = month_from_march + (month_from_march < 10 ? 3 : -9);
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return {static_cast<int>(year),
          static_cast<int>(month),
          static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1),
          static_cast<int>(second_of_day / 3600),
          static_cast<int>(second_of_day / 60 % 60),
          static_cast<int>(second_of_day % 60)};
}

UnixTime from_civil(const CivilTime& at) {
  return {days_from_civil(at.year, at.month, at.day) * seconds_a_day +
          static_cast<std::int64_t>(at.hour) * 3600 + static_cast<std::int64_t>(at.minute) * 60 +
          at.second};
}

std::string rfc3339(UnixTime at) {
  const CivilTime c = civil(at);
  if (c.year < 0 || c.year > 9999)
    return fmt::format("{}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour,
                       c.minute, c.second);
  std::string text(std::string_view("2006-01-02T15:04:05Z").size(), '\0');
  char* out = put_digits(text.data(), c.year, 4);
  *out++ = '-';
  out = put_digits(out, c.month, 2);
  *out++ = '-';
  out = put_digits(out, c.day, 2);
  *out++ = 'T';
  out = put_time_of_day(out, c);
  *out = 'Z';
  return text;
}

std::string rfc3339_nano(std::chrono::system_clock::time_point at) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(at);
  const auto fraction = std::chrono::duration_cast<std::chrono::nanoseconds>(at - whole).count();
  std::string text = rfc3339(UnixTime{whole.time_since_epoch().count()});
  if (fraction == 0) return text;
  text.pop_back();
  std::array<char, 10> digits{'.'};
  put_digits(digits.data() + 1, static_cast<int>(fraction), 9);
  text.append(digits.data(), digits.size());
  text.erase(text.find_last_not_of('0') + 1);
  return text + 'Z';
}

std::optional<UnixTime> parse_rfc3339(std::string_view text) {
  CivilTime at{};
  at.year = take_digits(text, 4);
  if (at.year < 0 || !take(text, "-")) return std::nullopt;
  at.month = take_digits(text, 2);
  if (!take(text, "-")) return std::nullopt;
  at.day = take_digits(text, 2);
  if (!take(text, "T") && !take(text, "t")) return std::nullopt;
  if (!take_time_of_day(text, at)) return std::nullopt;
  if (take(text, ".")) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    text.remove_prefix(digits);
  }
  const auto local = checked(at);
  if (!local) return std::nullopt;
  if (text == "Z" || text == "z") return local;
  const bool is_west = take(text, "-");
  if (!is_west && !take(text, "+")) return std::nullopt;
  const int hours = take_digits(text, 2);
  if (!take(text, ":")) return std::nullopt;
  const int minutes = take_digits(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !text.empty()) return std::nullopt;
  const Seconds offset(hours * 3600 + minutes * 60);
  return is_west ? *local + offset : *local - offset;
}

std::string http_date(UnixTime at) {
  const CivilTime c = civil(at);
  const std::int64_t days = floor_div(at.seconds, seconds_a_day);
  const std::int64_t since_sunday = days + 4 - floor_div(days + 4, 7) * 7;  // day 0 was a Thursday
  std::string text(std::string_view("Mon, 02 Jan 2006 15:04:05 GMT").size(), '\0');
  char* out = put_text(text.data(), weekdays[static_cast<std::size_t>(since_sunday)]);
  out = put_text(out, ", ");
  out = put_digits(out, c.day, 2);
  *out++ = ' ';
  out = put_text(out, months[static_cast<std::size_t>(c.month - 1)]);
  *out++ = ' ';
  out = put_digits(out, std::clamp(c.year, 0, 9999), 4);  // the form knows no other years
  *out++ = ' ';
  out = put_time_of_day(out, c);
  put_text(out, " GMT");
  return text;
}

std::optional<UnixTime> parse_http_date(std::string_view text) {
  for (const std::string_view day : long_weekdays) {
    std::string_view rest = text;
    if (take(rest, day) && take(rest, ", ")) return parse_rfc850(rest);
  }
  for (const std::string_view day : weekdays) {
    std::string_view rest = text;
    if (!take(rest, day)) continue;
    if (take(rest, ", ")) return parse_imf_fixdate(rest);
    if (take(rest, " ")) return parse_asctime(rest);
  }
  return std::nullopt;
}

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace signet
