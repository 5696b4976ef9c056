// SPDX-License-Identifier: Apache-2.0
#include "api/envelope.hpp"

#include "base/json_text.hpp"
#include "core/envelope.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace signet::api {
namespace {

using core::Response;

std::string_view reason(int status) {
  static constexpr std::pair<int, std::string_view> phrases[] = {
      {200, "OK"},
      {202, "Accepted"},
      {204, "No Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {412, "Precondition Failed"},
      {413, "Request Entity Too Large"},
      {415, "Unsupported Media Type"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"}};
  for (const auto& [code, phrase] : phrases)
    if (code == status) return phrase;
  return "Status";
}

bool equals_name(std::string_view field, std::string_view lower_case) {
  return std::equal(field.begin(), field.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

// A field value from a handler or a request cannot end its line.
void write_field(WipedText& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  const auto is_allowed = [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\t'; };
  if (std::all_of(value.begin(), value.end(), is_allowed))
    out += value;
  else
    std::copy_if(value.begin(), value.end(), std::back_inserter(out), is_allowed);
  out += "\r\n";
}

// The text of the Date field, made once a second on each thread.
const std::string& date_text(UnixTime now) {
  thread_local UnixTime made_for{-1};
  thread_local std::string text;
  if (made_for != now) {
    text = http_date(now);
    made_for = now;
  }
  return text;
}

using Headers = std::vector<std::pair<std::string, std::string>>;

bool has_field(const Headers& headers, std::string_view lower_case) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& field) { return equals_name(field.first, lower_case); });
}

void write_head(WipedText& out, int status, const Headers& headers, std::string_view content_type,
                const AnswerContext& context) {
  out += "HTTP/1.1 ";
  write_integer(out, status);
  out += ' ';
  out += reason(status);
  out += "\r\n";
  if (!has_field(headers, "cache-control")) out += "Cache-Control: no-store\r\n";
  if (!content_type.empty() && !has_field(headers, "content-type"))
    write_field(out, "Content-Type", content_type);
  for (const auto& [name, value] : headers) {
    const bool is_ours = equals_name(name, "content-length") ||
                         equals_name(name, "transfer-encoding") || equals_name(name, "connection");
    if (!is_ours) write_field(out, name, value);
  }
  if (context.is_tls) out += "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";
  if (!context.namespace_header.empty())
    write_field(out, "X-Vault-Namespace", context.namespace_header);
  write_field(out, "Date", date_text(context.now));
  if (!context.keeps_alive)
    out += "Connection: close\r\n";
  else if (context.is_http_1_0)
    out += "Connection: keep-alive\r\n";
}

void write_length(WipedText& out, std::int64_t length) {
  out += "Content-Length: ";
  write_integer(out, length);
  out += "\r\n";
}

bool allows_body(int status) { return status >= 200 && status != 204 && status != 304; }

// Puts head and body into one buffer: small answers leave in one write also through TLS.
Reply assemble(int status, const Headers& headers, std::string_view content_type,
               std::string_view body, const AnswerContext& context) {
  Reply reply;
  reply.closes = !context.keeps_alive;
  reply.text.reserve(512 + body.size());
  write_head(reply.text, status, headers, content_type, context);
  if (allows_body(status)) write_length(reply.text, static_cast<std::int64_t>(body.size()));
  reply.text += "\r\n";
  if (allows_body(status) && !context.is_head) reply.text += body;
  return reply;
}

Reply render_raw(Response&& response, int status, const AnswerContext& context) {
  static constexpr std::size_t small = 16 * 1024;
  const std::string content_type = response.raw ? response.raw->content_type : std::string();
  if (!response.stream) {
    const auto bytes = response.raw ? response.raw->bytes : nullptr;
    const std::string_view text = bytes ? as_text(*bytes) : std::string_view();
    if (text.size() <= small)
      return assemble(status, response.headers, content_type, text, context);
  }
  Reply reply;
  reply.closes = !context.keeps_alive;
  reply.text.reserve(512);
  AnswerContext effective = context;
  const std::int64_t length = response.stream
                                  ? response.stream->size()
                                  : static_cast<std::int64_t>(response.raw->bytes->size());
  if (length < 0 && context.is_http_1_0) {
    effective.keeps_alive = false;  // the end of the connection is the end of the body
    reply.closes = true;
  }
  write_head(reply.text, status, response.headers, content_type, effective);
  if (length >= 0)
    write_length(reply.text, length);
  else if (!context.is_http_1_0)
    reply.text += "Transfer-Encoding: chunked\r\n";
  reply.text += "\r\n";
  if (context.is_head || !allows_body(status)) return reply;
  reply.is_chunked = length < 0 && !context.is_http_1_0;
  if (response.stream)
    reply.stream = std::move(response.stream);
  else
    reply.body = response.raw->bytes;
  return reply;
}

bool asks_to_retry(ErrorCode code) { return code == ErrorCode::unavailable; }

}  // namespace

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:
    case ErrorCode::conflict:
      return 400;
    case ErrorCode::unauthenticated:
      return 401;
    case ErrorCode::denied:
      return 403;
    case ErrorCode::absent:
      return 404;
    case ErrorCode::unsupported_operation:
      return 405;
    case ErrorCode::precondition_failed:
      return 412;
    case ErrorCode::too_large:
      return 413;
    case ErrorCode::unsupported_media:
      return 415;
    case ErrorCode::too_many:
      return 429;
    case ErrorCode::internal:
      return 500;
    case ErrorCode::sealed:
    case ErrorCode::unavailable:
    case ErrorCode::outcome_unknown:
      return 503;
  }
  return 500;
}

void write_errors(WipedText& out, std::string_view message) {
  out += "{\"errors\":[";
  if (!message.empty()) write_string(out, message);
  out += "]}\n";
}

Reply render(core::Outcome&& outcome, const AnswerContext& context) {
  Response& response = outcome.response;
  WipedText body;
  // Room for a certificate with its chain: growing copies and wipes.
  body.reserve(response.data || response.data_json ? 4096 : 512);
  if (outcome.error) {
    const ErrorCode code = outcome.error->code;
    if (asks_to_retry(code))
      response.headers.emplace_back("Retry-After", std::to_string(outcome.retry_after.count()));
    if (code == ErrorCode::internal || code == ErrorCode::outcome_unknown)
      response.headers.emplace_back("X-Request-Id", outcome.request_id.text());
    write_errors(body, outcome.error->message);
    const int status = response.status != 0 ? response.status : http_status(code);
    return assemble(status, response.headers, "application/json", body, context);
  }
  const int status = response.status != 0 ? response.status : response.has_body() ? 200 : 204;
  if (response.raw || response.stream) return render_raw(std::move(response), status, context);
  if (response.has_body()) {
    if (response.is_plain_json) {
      core::write_data(body, response);
      body += '\n';
    } else {
      core::write_envelope(body, response, outcome.request_id.text(), outcome.mount_type);
    }
  } else if (status >= 400) {
    write_errors(body, {});
  }
  return assemble(status, response.headers, "application/json", body, context);
}

Reply render(const Refusal& refusal, const AnswerContext& context) {
  WipedText body;
  if (refusal.has_body) write_errors(body, refusal.message);
  return assemble(refusal.status, refusal.headers,
                  refusal.has_body ? std::string_view("application/json") : std::string_view(),
                  body, context);
}

Reply render_protocol_error(int status, std::string_view text, UnixTime now) {
  AnswerContext context;
  context.keeps_alive = false;
  context.now = now;
  return assemble(status, {}, "text/plain; charset=utf-8", text, context);
}

}  // namespace signet::api
