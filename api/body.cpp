// SPDX-License-Identifier: Apache-2.0
#include "api/body.hpp"

#include "api/target.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::api {
namespace {

using Json = nlohmann::json;

// Builds the document while it counts what a hostile body could pile up.
class Reader {
 public:
  Reader(Json& document, const Limits& limits, Body& about)
      : builder_(document, false), limits_(limits), about_(about) {}

  bool null() { return count_value() && builder_.null(); }
  bool boolean(bool value) { return count_value() && builder_.boolean(value); }
  bool number_integer(Json::number_integer_t value) {
    return count_value() && builder_.number_integer(value);
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    return count_value() && builder_.number_unsigned(value);
  }
  bool number_float(Json::number_float_t value, const std::string& text) {
    about_.is_exact = false;
    return count_value() && builder_.number_float(value, text);
  }
  bool string(std::string& value) { return count_string() && builder_.string(value); }
  bool key(std::string& value) { return count_string() && builder_.key(value); }
  bool binary(Json::binary_t& value) { return builder_.binary(value); }
  bool start_object(std::size_t size) { return enter() && builder_.start_object(size); }
  bool end_object() {
    --depth_;
    return builder_.end_object();
  }
  bool start_array(std::size_t size) { return enter() && builder_.start_array(size); }
  bool end_array() {
    --depth_;
    return builder_.end_array();
  }
  // The text around an error may hold a secret: only the place is told.
  bool parse_error(std::size_t position, const std::string&, const Json::exception& problem) {
    error_ = problem.id == 406
                 ? "failed to decode JSON input: a number is out of range"
                 : fmt::format("failed to decode JSON input: not valid JSON at byte {}", position);
    return false;
  }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  bool enter() {
    if (!count_value()) return false;
    if (++depth_ <= limits_.json_depth) return true;
    error_ = fmt::format("refused JSON input due to high complexity: nested deeper than {} levels",
                         limits_.json_depth);
    return false;
  }
  bool count_string() {
    if (++strings_ <= limits_.json_strings) return true;
    error_ = fmt::format("refused JSON input due to high complexity: more than {} strings",
                         limits_.json_strings);
    return false;
  }

  bool count_value() {
    if (++values_ <= limits_.json_values) return true;
    error_ = fmt::format("refused JSON input due to high complexity: more than {} values",
                         limits_.json_values);
    return false;
  }

  nlohmann::detail::json_sax_dom_parser<Json> builder_;
  const Limits& limits_;
  Body& about_;
  int depth_ = 0;
  std::size_t strings_ = 0;
  std::size_t values_ = 0;
  std::string error_;
};

Result<Json> parse_form(std::string_view body) {
  Json data = TRY(parse_query(body));
  for (auto& [name, member] : data.items()) {
    if (!member.is_array()) continue;
    std::string joined;
    for (const Json& part : member) {
      if (&part != &member.front()) joined += ',';
      joined += part.get_ref<const std::string&>();
    }
    member = std::move(joined);
  }
  return data;
}

Result<Json> parse_json(std::string_view body, const Limits& limits, Body& about) {
  Json document;
  Reader reader(document, limits, about);
  if (!Json::sax_parse(body.begin(), body.end(), &reader)) return invalid(reader.error());
  if (document.is_null()) return Json::object();
  if (!document.is_object())
    return invalid(fmt::format("failed to decode JSON input: expected an object, got {} {}",
                               document.is_array() ? "an" : "a", document.type_name()));
  return document;
}

}  // namespace

std::string media_type(std::string_view content_type) {
  return lower(trim(content_type.substr(0, content_type.find(';'))));
}

bool is_raw_type(std::string_view type) {
  static constexpr std::string_view raw[] = {
      "application/ocsp-request", "application/pkix-crl",   "application/pkix-cert",
      "application/pkcs10",       "application/pkcs7-mime", "application/timestamp-query",
      "application/pkixcmp",      "application/jose+json"};
  return std::find(std::begin(raw), std::end(raw), type) != std::end(raw);
}

Result<Json> parse_body(std::string_view content_type, std::string_view body, const Limits& limits,
                        Body& about) {
  const std::string_view text = trim(body);
  if (text.empty()) return Json::object();
  const bool looks_like_json = text.front() == '{' || text.front() == '[';
  if (!looks_like_json && media_type(content_type) == "application/x-www-form-urlencoded")
    return parse_form(text);
  return parse_json(text, limits, about);
}

}  // namespace signet::api
