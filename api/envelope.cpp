// SPDX-License-Identifier: Apache-2.0
#include "api/envelope.hpp"

#include "api/json_writer.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace signet::api {
namespace {

using core::Json;
using core::Response;
using Secrets = std::vector<std::pair<std::string, SecretBytes>>;

void write_list(WipedText& out, const std::vector<std::string>& items) {
  char separator = '[';
  for (const std::string& item : items) {
    out += separator;
    write_string(out, item);
    separator = ',';
  }
  out += separator == '[' ? "[]" : "]";
}

// One pass over a document's members and the secrets that belong among them, sorted by name.
template <class EachPlain, class EachSecret>
void merge(const Json* data, const Secrets& secrets, const EachPlain& plain,
           const EachSecret& secret) {
  std::vector<const Secrets::value_type*> sorted;
  sorted.reserve(secrets.size());
  for (const auto& entry : secrets) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  auto next = sorted.begin();
  if (data != nullptr && data->is_object()) {
    for (const auto& [name, member] : data->get_ref<const Json::object_t&>()) {
      for (; next != sorted.end() && (*next)->first <= name; ++next)
        secret((*next)->first, (*next)->second);
      if (next != sorted.begin() && (*std::prev(next))->first == name) continue;  // a secret wins
      plain(name, member);
    }
  }
  for (; next != sorted.end(); ++next) secret((*next)->first, (*next)->second);
}

void write_members(WipedText& out, const Json* data, const Secrets& secrets, char& separator,
                   bool skips_envelope_names) {
  static constexpr std::string_view envelope_names[] = {"request_id",     "lease_id", "renewable",
                                                        "lease_duration", "data",     "wrap_info",
                                                        "warnings",       "auth",     "mount_type"};
  const auto begin_member = [&](const std::string& name) {
    if (skips_envelope_names && std::find(std::begin(envelope_names), std::end(envelope_names),
                                          name) != std::end(envelope_names))
      return false;
    out += separator;
    separator = ',';
    write_string(out, name);
    out += ':';
    return true;
  };
  merge(
      data, secrets,
      [&](const std::string& name, const Json& member) {
        if (begin_member(name)) write_json(out, member);
      },
      [&](const std::string& name, const SecretBytes& secret) {
        if (begin_member(name)) write_string(out, secret.reveal_text());
      });
}

void write_data(WipedText& out, const Response& response) {
  if (response.data_json) {
    out += response.data_json->reveal_text();
    return;
  }
  const Json* data = response.data ? &*response.data : nullptr;
  if (response.secrets.empty() && (data == nullptr || !data->is_object())) {
    if (data == nullptr)
      out += "null";
    else
      write_json(out, *data);
    return;
  }
  char separator = '{';
  write_members(out, data, response.secrets, separator, false);
  out += separator == '{' ? "{}" : "}";
}

void write_auth(WipedText& out, const core::Auth& auth) {
  out += "{\"client_token\":";
  write_string(out, auth.client_token.reveal_text());
  out += ",\"accessor\":";
  write_string(out, auth.accessor);
  out += ",\"policies\":";
  write_list(out, auth.policies);
  if (!auth.token_policies.empty()) {
    out += ",\"token_policies\":";
    write_list(out, auth.token_policies);
  }
  if (!auth.identity_policies.empty()) {
    out += ",\"identity_policies\":";
    write_list(out, auth.identity_policies);
  }
  out += ",\"metadata\":";
  if (auth.metadata)
    write_json(out, Json(*auth.metadata));
  else
    out += "null";
  out += ",\"lease_duration\":";
  write_integer(out, auth.lease_duration.count());
  out += auth.renewable ? ",\"renewable\":true" : ",\"renewable\":false";
  out += ",\"entity_id\":";
  write_string(out, auth.entity_id);
  out += ",\"token_type\":";
  write_string(out, auth.token_type);
  out += auth.orphan ? ",\"orphan\":true" : ",\"orphan\":false";
  out += ",\"mfa_requirement\":null,\"num_uses\":";
  write_integer(out, auth.num_uses);
  out += '}';
}

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

void write_envelope(WipedText& out, const core::Outcome& outcome) {
  const Response& response = outcome.response;
  out += "{\"request_id\":\"";
  out += std::string_view(outcome.request_id.text());
  out += "\",\"lease_id\":";
  write_string(out, response.lease_id);
  out += response.renewable ? ",\"renewable\":true" : ",\"renewable\":false";
  out += ",\"lease_duration\":";
  write_integer(out, response.lease_duration.count());
  out += ",\"data\":";
  write_data(out, response);
  out += ",\"wrap_info\":null,\"warnings\":";
  if (response.warnings.empty())
    out += "null";
  else
    write_list(out, response.warnings);
  out += ",\"auth\":";
  if (response.auth)
    write_auth(out, *response.auth);
  else
    out += "null";
  out += ",\"mount_type\":";
  write_string(out, outcome.mount_type);
  char separator = ',';
  if (response.copies_data_to_top && response.data)
    write_members(out, &*response.data, response.secrets, separator, true);
  out += "}\n";
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
      write_data(body, response);
      body += '\n';
    } else {
      write_envelope(body, outcome);
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
