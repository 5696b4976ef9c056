// SPDX-License-Identifier: Apache-2.0
// From a request that was read to its answer: in place, or over the worker pool.
#pragma once

#include "api/edge.hpp"
#include "api/envelope.hpp"
#include "api/request.hpp"
#include "api/wiping.hpp"

#include <memory>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

namespace signet::api {

/// A job that wakes the coroutine that waits for it.
class AwaitedJob : public Job {
 public:
  explicit AwaitedJob(Executor executor) : executor_(std::move(executor)) {}
  void run() noexcept final;
  /// Once before each submit. (Boost 1.81's any_completion_handler recurses without end when
  /// moved.)
  template <class Handler>
  void arm(Handler handler) {
    waiting_ = std::make_unique<WaitingFor<Handler>>(std::move(handler));
  }
  /// Resumes the session on its thread; the job may be gone when this returns.
  void complete(bool was_taken) noexcept;

 protected:
  virtual void work() noexcept = 0;

 private:
  struct Waiting {
    virtual ~Waiting() = default;
    virtual void resume(const Executor& executor, bool was_taken) = 0;
  };
  template <class Handler>
  struct WaitingFor final : Waiting {
    explicit WaitingFor(Handler handler_) : handler(std::move(handler_)) {}
    void resume(const Executor& executor, bool was_taken) override {
      asio::post(executor, [done = std::move(handler), was_taken]() mutable { done(was_taken); });
    }
    Handler handler;
  };

  Executor executor_;
  std::unique_ptr<Waiting> waiting_;
};

/// One request on its way. It lives in the session's frame until the answer is written.
class RequestJob final : public AwaitedJob {
 public:
  RequestJob(Executor executor, Edge& edge, const Limits& limits, core::Request request,
             WipedText body, AnswerContext context);
  ~RequestJob() override;

  /// Answers on this thread if the route can; else the job must go to a worker.
  [[nodiscard]] bool try_inplace();
  /// 503: no worker can take it.
  void shed();
  /// 503: what it waited for did not come by its deadline.
  void give_up();
  /// What it waits for without a worker; null: it has its reply. Run it again when that has opened.
  [[nodiscard]] const std::shared_ptr<Gate>& gate() const { return request_.pause.gate; }
  [[nodiscard]] Instant deadline() const { return request_.deadline; }
  [[nodiscard]] Reply& reply() { return reply_; }

 protected:
  void work() noexcept override;

 private:
  bool read_body_once();
  void fail(const char* what) noexcept;

  Edge& edge_;
  const Limits& limits_;
  core::Request request_;
  WipedText body_;
  AnswerContext context_;
  bool is_body_read_ = false;
  Reply reply_;
};

/// The next piece of a streamed answer, pulled on a worker: pulling may wait for the database.
class ChunkJob final : public AwaitedJob {
 public:
  ChunkJob(Executor executor, core::Chunks& chunks)
      : AwaitedJob(std::move(executor)), chunks_(chunks) {}
  /// The same on the calling thread.
  void pull() noexcept { work(); }

  Bytes chunk;
  bool has_more = false;
  bool has_failed = false;

 protected:
  void work() noexcept override;

 private:
  core::Chunks& chunks_;
};

/// Runs the job on a worker; completes on the session's thread with true, or with false when the
/// queue is full and nothing ran.
template <class Token>
auto async_run(Workers& workers, AwaitedJob& job, Token&& token) {
  return asio::async_initiate<Token, void(bool)>(
      [&workers, &job](auto done) {
        job.arm(std::move(done));
        if (!workers.submit(job)) job.complete(false);
      },
      token);
}

}  // namespace signet::api
