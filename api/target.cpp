// SPDX-License-Identifier: Apache-2.0
#include "api/target.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::api {
namespace {

// Offset behind the first `ocsp/` or `unified-ocsp/` segment that follows a mount, or npos.
std::size_t ocsp_tail(std::string_view path) {
  static constexpr std::string_view prefix = "/v1/";
  if (!path.starts_with(prefix)) return std::string_view::npos;
  for (const std::string_view word : {"/ocsp/", "/unified-ocsp/"}) {
    const std::size_t at = path.find(word, prefix.size());
    if (at != std::string_view::npos) return at + word.size();
  }
  return std::string_view::npos;
}

bool is_dot_segment(std::string_view segment) { return segment == "." || segment == ".."; }

std::string clean(std::string_view path) {
  std::vector<std::string> kept;
  const std::vector<std::string> segments = split(path, '/');
  for (const std::string& segment : segments) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..")
      kept.push_back(segment);
    else if (!kept.empty())
      kept.pop_back();
  }
  std::string out = "/" + join(kept, "/");
  if (out.size() > 1 && path.ends_with('/')) out += '/';
  return out;
}

// Whether the text has a segment that cleaning would change; the tail from `tail` on may be empty
// in places.
bool is_clean(std::string_view path, std::size_t tail) {
  std::size_t begin = 1;  // behind the leading slash
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (is_dot_segment(segment)) return false;
    if (segment.empty() && end < path.size() && begin < tail) return false;
    begin = end + 1;
  }
  return true;
}

struct Range {
  char32_t first, last;
};
// Control and format characters and blanks other than the space (Unicode categories Cc, Cf, Zs, Zl,
// Zp, private use): none belongs into a path, several hide what it says.
constexpr std::array<Range, 13> unprintable{{{0x00, 0x1f},
                                             {0x7f, 0xa0},
                                             {0xad, 0xad},
                                             {0x600, 0x605},
                                             {0x61c, 0x61c},
                                             {0x1680, 0x1680},
                                             {0x2000, 0x200f},
                                             {0x2028, 0x202f},
                                             {0x205f, 0x206f},
                                             {0x3000, 0x3000},
                                             {0xe000, 0xf8ff},
                                             {0xfeff, 0xfeff},
                                             {0xfff9, 0xfffb}}};

// The code point at the front of well-formed UTF-8, removed from it.
char32_t take_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t point = length == 1 ? lead : lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
  text.remove_prefix(length);
  return point;
}

bool is_printable(std::string_view text) {
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  while (true) {
    while (!text.empty() && is_plain(text.front())) text.remove_prefix(1);
    if (text.empty()) return true;
    const char32_t point = take_code_point(text);
    if (point >= 0xe0000) return false;  // tags and private planes
    for (const Range& range : unprintable)
      if (point >= range.first && point <= range.last) return false;
  }
}

void add_parameter(nlohmann::json& data, const std::string& name, std::string value) {
  nlohmann::json& member = data[name];
  if (member.is_null())
    member = std::move(value);
  else if (member.is_array())
    member.push_back(std::move(value));
  else
    member = nlohmann::json::array({std::move(member), std::move(value)});
}

}  // namespace

std::optional<Target> split_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    if (slash == std::string_view::npos) return std::nullopt;
    target.remove_prefix(slash);
    break;
  }
  if (!target.starts_with('/')) return std::nullopt;
  const std::size_t fragment = target.find('#');
  if (fragment != std::string_view::npos) target = target.substr(0, fragment);
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return Target{target, {}};
  return Target{target.substr(0, mark), target.substr(mark + 1)};
}

std::optional<std::string> cleaned_path(std::string_view path, bool keeps_ocsp) {
  const std::size_t tail = keeps_ocsp ? ocsp_tail(path) : std::string_view::npos;
  if (is_clean(path, tail)) return std::nullopt;
  return clean(path);
}

Result<std::string> decode_path(std::string_view path, bool keeps_ocsp) {
  if (path.find('%') == std::string_view::npos &&
      std::all_of(path.begin(), path.end(), [](char c) { return c >= 0x20 && c < 0x7f; }))
    return std::string(path);
  std::optional<std::string> decoded = percent_decode(path, false);
  if (!decoded || !is_utf8(*decoded) || !is_printable(*decoded)) return invalid("");
  const std::size_t tail = keeps_ocsp ? ocsp_tail(*decoded) : std::string_view::npos;
  if (!is_clean(*decoded, tail)) return invalid("relative paths not supported");
  return std::move(*decoded);
}

Result<nlohmann::json> parse_query(std::string_view query) {
  constexpr std::size_t most_pairs = 10'000;  // a form is as long as a body may be
  nlohmann::json data = nlohmann::json::object();
  std::size_t pairs = 0;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (++pairs > most_pairs) return invalid("too many parameters");
    const std::size_t equals = pair.find('=');
    const auto name = percent_decode(pair.substr(0, equals), true);
    const auto value = equals == std::string_view::npos
                           ? std::optional<std::string>("")
                           : percent_decode(pair.substr(equals + 1), true);
    if (!name || !value || !is_utf8(*name) || !is_utf8(*value))
      return invalid("a query parameter is not valid percent-encoded UTF-8");
    add_parameter(data, *name, *value);
  }
  return data;
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == word) return true;
  for (const std::string_view word : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == word) return false;
  return std::nullopt;
}

}  // namespace signet::api
