// SPDX-License-Identifier: Apache-2.0
#include "api/dispatch.hpp"

#include "base/log.hpp"

#include <exception>
#include <utility>

namespace signet::api {

Handlers handlers_of(core::Pipeline& pipeline) {
  return {[&pipeline](core::Request& request) { return pipeline.run(request); },
          [&pipeline](core::Request& request) { return pipeline.try_inplace(request); },
          [&pipeline](const std::string& path, core::Operation operation) {
            return pipeline.takes_raw_body(path, operation);
          }};
}

void AwaitedJob::run() noexcept {
  work();
  complete(true);
}

void AwaitedJob::complete(bool was_taken) noexcept {
  const std::unique_ptr<Waiting> waiting = std::move(waiting_);
  waiting->resume(executor_, was_taken);
}

RequestJob::RequestJob(Executor executor, Edge& edge, const Limits& limits, core::Request request,
                       WipedText body, AnswerContext context)
    : AwaitedJob(std::move(executor)),
      edge_(edge),
      limits_(limits),
      request_(std::move(request)),
      body_(std::move(body)),
      context_(context) {
  request_.pause.is_possible = true;
}

RequestJob::~RequestJob() {
  wipe_values(request_.data);
  wipe(request_.raw_body);
}

// True when the request has its data; false when the body was refused and the reply says why.
bool RequestJob::read_body_once() {
  if (is_body_read_) return true;
  is_body_read_ = true;
  const auto refusal = read_body(request_, body_, limits_, edge_.handlers.takes_raw_body);
  if (!refusal) return true;
  reply_ = render(*refusal, context_);
  return false;
}

bool RequestJob::try_inplace() {
  if (request_.pause.gate) request_.pause.passed = std::move(request_.pause.gate);
  try {
    if (has_body_data(request_.operation)) {
      // Parsing JSON is a worker's business; a raw body (OCSP) costs a copy.
      if (!edge_.handlers.takes_raw_body ||
          !edge_.handlers.takes_raw_body(request_.path, request_.operation))
        return false;
      if (!read_body_once()) return true;
    }
    auto outcome = edge_.handlers.try_inplace(request_);
    if (!outcome) return false;
    reply_ = render(*std::move(outcome), context_);
  } catch (const std::exception& problem) {
    fail(problem.what());
  }
  return true;
}

void RequestJob::work() noexcept {
  try {
    if (!read_body_once()) return;
    core::Outcome outcome = edge_.handlers.run(request_);
    if (!request_.pause.gate) reply_ = render(std::move(outcome), context_);
  } catch (const std::exception& problem) {
    fail(problem.what());
  }
}

void RequestJob::fail(const char* what) noexcept {
  try {
    log::error("request failed", {{"request_id", request_.id.text()}, {"error", what}});
    core::Outcome outcome;
    outcome.request_id = request_.id;
    outcome.error = Error{ErrorCode::internal, "internal error", {}};
    reply_ = render(std::move(outcome), context_);
  } catch (const std::exception&) {
    reply_ = Reply{};  // no memory even for an error: the session closes the connection
    reply_.closes = true;
  }
}

void RequestJob::shed() {
  request_.pause.gate = nullptr;
  const Refusal refusal{503, "the server is overloaded, try again", {{"Retry-After", "1"}}};
  reply_ = render(refusal, context_);
}

void RequestJob::give_up() {
  request_.pause.gate = nullptr;
  const Refusal refusal{503, "the answer could not be made in time", {{"Retry-After", "1"}}};
  reply_ = render(refusal, context_);
}

void ChunkJob::work() noexcept {
  try {
    chunk.clear();
    has_more = chunks_.next(chunk);
  } catch (const std::exception& problem) {
    log::error("streamed answer failed", {{"error", problem.what()}});
    has_failed = true;
  }
}

}  // namespace signet::api
