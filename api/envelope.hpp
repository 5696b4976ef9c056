// SPDX-License-Identifier: Apache-2.0
// core::Outcome -> HTTP (core.md sections 1.7 and 1.8), into buffers that are wiped.
#pragma once

#include "api/request.hpp"
#include "base/clock.hpp"
#include "base/wiped_text.hpp"
#include "core/pipeline.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace signet::api {

/// What an answer depends on beside the outcome.
struct AnswerContext {
  bool is_head = false;      ///< header only
  bool keeps_alive = true;   ///< else "Connection: close"
  bool is_http_1_0 = false;  ///< no chunked coding
  bool is_tls = false;
  UnixTime now;
  std::string_view namespace_header;  ///< echoed
};

/// One answer, ready for the socket: `text`, then `body`, then the chunks.
struct Reply {
  WipedText text;                     ///< status line, header fields and bodies that are small
  std::shared_ptr<const Bytes> body;  // shared with caches: a large body is not copied
  std::unique_ptr<core::Chunks> stream;
  bool is_chunked = false;
  bool closes = false;  ///< the connection ends after this answer
};

int http_status(ErrorCode code);

Reply render(core::Outcome&& outcome, const AnswerContext& context);
Reply render(const Refusal& refusal, const AnswerContext& context);
/// Answers of the HTTP layer itself, before there is a request: `400 Bad Request` as plain text.
/// The connection closes.
Reply render_protocol_error(int status, std::string_view text, UnixTime now);

void write_errors(WipedText& out, std::string_view message);

}  // namespace signet::api
