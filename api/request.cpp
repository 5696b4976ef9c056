// SPDX-License-Identifier: Apache-2.0
#include "api/request.hpp"

#include "api/body.hpp"
#include "api/target.hpp"
#include "base/text.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

namespace signet::api {
namespace {

using core::Operation;

constexpr std::string_view api_root = "/v1/";

Refusal redirect(std::string path, std::string_view query) {
  path = percent_encode(path, "/%:@!$&'()*+,;=~");
  if (!query.empty()) path.append("?").append(query);
  // A line break in the target never gets here (the header parser refuses it), so the value cannot
  // end the header line.
  return {307, {}, {{"Location", std::move(path)}}, false};
}

std::optional<Operation> operation_of(std::string_view method) {
  static constexpr std::pair<std::string_view, Operation> verbs[] = {
      {"GET", Operation::read},    {"POST", Operation::update},   {"PUT", Operation::update},
      {"LIST", Operation::list},   {"DELETE", Operation::remove}, {"PATCH", Operation::patch},
      {"HEAD", Operation::header}, {"SCAN", Operation::scan},     {"HELP", Operation::help}};
  for (const auto& [verb, operation] : verbs)
    if (verb == method) return operation;
  return std::nullopt;
}

bool is_write(Operation operation) {
  return operation == Operation::update || operation == Operation::patch;
}

// Removes a Go boolean from the query; false when absent.
Result<bool> take_flag(core::Json& query, const char* name) {
  const auto found = query.find(name);
  if (found == query.end()) return false;
  const core::Json& last = found->is_array() ? found->back() : *found;
  const std::optional<bool> value = parse_bool(last.get_ref<const std::string&>());
  if (!value)
    return invalid(fmt::format("query parameter \"{}\" must be \"true\" or \"false\"", name));
  query.erase(found);
  return *value;
}

// GET becomes LIST, SCAN or HELP by its query parameters.
std::optional<Refusal> refine_read(core::Request& request) {
  const auto help = request.data.find("help");
  const bool asks_help = help != request.data.end() && *help != "";
  request.data.erase("help");
  if (asks_help) {
    request.operation = Operation::help;
    return std::nullopt;
  }
  const Result<bool> list = take_flag(request.data, "list");
  if (!list) return Refusal{400, list.error().message};
  const Result<bool> scan = take_flag(request.data, "scan");
  if (!scan) return Refusal{400, scan.error().message};
  if (*list && *scan) return Refusal{400, {}};
  if (*list) request.operation = Operation::list;
  if (*scan) request.operation = Operation::scan;
  return std::nullopt;
}

std::optional<Refusal> check_patch_type(const core::Request& request) {
  const std::string type = media_type(request.content_type);
  if (type.empty()) return Refusal{400, "mime: no media type"};
  if (type == "application/merge-patch+json") return std::nullopt;
  return Refusal{415,
                 "PATCH requires Content-Type of application/merge-patch+json, provided " + type};
}

void fill_token(core::Request& request, const Head& head) {
  static constexpr std::string_view bearer = "Bearer ";
  if (!head.token.empty())
    request.client_token = SecretBytes(trim(head.token));
  else if (head.authorization.starts_with(bearer))
    request.client_token = SecretBytes(trim(head.authorization.substr(bearer.size())));
}

// The path's checks, in the order in which a client must see their answers.
std::variant<std::string, Refusal> logical_path(const Target& target, bool keeps_ocsp) {
  if (auto cleaned = cleaned_path(target.path, keeps_ocsp))
    return redirect(*std::move(cleaned), target.query);
  Result<std::string> path = decode_path(target.path, keeps_ocsp);
  if (!path) return Refusal{400, path.error().message, {}, !path.error().message.empty()};
  if (!path->starts_with(api_root)) return Refusal{404, {}};
  path->erase(0, api_root.size());
  return *std::move(path);
}

}  // namespace

std::string_view Head::header(std::string_view lower_case_name) const {
  for (const auto& [key, value] : headers)
    if (key == lower_case_name) return value;
  return {};
}

bool has_body_data(Operation operation) { return is_write(operation); }

std::variant<core::Request, Refusal> translate(Head&& head) {
  const std::optional<Target> target = split_target(head.target);
  if (!target) return Refusal{head.method == "OPTIONS" ? 404 : 400, {}};
  const std::optional<Operation> operation = operation_of(head.method);
  const bool only_reads = operation == Operation::read || operation == Operation::header;
  auto path = logical_path(*target, only_reads);
  if (auto* refusal = std::get_if<Refusal>(&path)) return std::move(*refusal);
  if (!operation) {
    if (head.method == "OPTIONS")
      return Refusal{400, "cannot handle internal-only request operation"};
    return Refusal{405, {}};
  }

  core::Request request;
  request.operation = *operation;
  request.path = std::get<std::string>(std::move(path));
  request.content_type = head.header("content-type");
  request.namespace_header = head.header("x-vault-namespace");
  request.wrap_ttl = head.header("x-vault-wrap-ttl");
  fill_token(request, head);
  request.headers = std::move(head.headers);

  if (is_write(request.operation)) {
    if (request.path.ends_with('/')) return Refusal{400, "cannot write to a path ending in '/'"};
    if (request.operation == Operation::patch)
      if (auto refusal = check_patch_type(request)) return *std::move(refusal);
    return request;
  }
  if (!target->query.empty()) {
    Result<core::Json> query = parse_query(target->query);
    if (!query) return Refusal{400, query.error().message};
    request.data = *std::move(query);
  }
  if (request.operation == Operation::read)
    if (auto refusal = refine_read(request)) return *std::move(refusal);
  const bool lists = request.operation == Operation::list || request.operation == Operation::scan;
  if (lists && !request.path.ends_with('/')) request.path += '/';
  return request;
}

std::optional<Refusal> read_body(core::Request& request, std::string_view body,
                                 const Limits& limits, const TakesRawBody& takes_raw_body) {
  if (!has_body_data(request.operation)) return std::nullopt;
  const bool is_raw = is_raw_type(media_type(request.content_type)) ||
                      (takes_raw_body && takes_raw_body(request.path, request.operation));
  if (is_raw) {
    request.raw_body = to_bytes(body);
    return std::nullopt;
  }
  Body about;
  Result<core::Json> data = parse_body(request.content_type, body, limits, about);
  if (!data) return Refusal{400, data.error().message};
  request.data = *std::move(data);
  // Handlers that give numbers back as they were written find the text here.
  if (!about.is_exact) request.raw_body = to_bytes(body);
  return std::nullopt;
}

}  // namespace signet::api
