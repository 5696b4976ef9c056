// SPDX-License-Identifier: Apache-2.0
#include "api/server.hpp"

#include "api/edge.hpp"
#include "api/listener.hpp"
#include "api/tls.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace signet::api {
namespace {

using namespace std::chrono_literals;

// Closes what has overrun its deadline; deadlines are late by at most this period.
constexpr auto sweep_period = 250ms;

Task<void> sweep(IoThread* io, Workers* workers) {
  boost::system::error_code error;
  auto token = asio::redirect_error(use_task, error);
  for (;;) {
    io->sweep.expires_after(sweep_period);
    co_await io->sweep.async_wait(token);
    if (error) co_return;
    io->close_expired(std::chrono::steady_clock::now());
    workers->nudge();
  }
}

void close(Connection& connection) {
  boost::system::error_code ignored;
  connection.socket->close(ignored);
  connection.deadline = Instant::max();
}

}  // namespace

void IoThread::add(Connection& connection) {
  connection.index = connections.size();
  connections.push_back(&connection);
}

void IoThread::remove(Connection& connection) {
  connections.back()->index = connection.index;
  connections[connection.index] = connections.back();
  connections.pop_back();
}

void IoThread::close_expired(Instant now) {
  for (Connection* connection : connections)
    if (connection->deadline < now) close(*connection);
}

void IoThread::close_idle() {
  for (Connection* connection : connections)
    if (connection->is_idle) close(*connection);
}

void IoThread::close_all() {
  for (Connection* connection : connections) close(*connection);
}

class HttpServer::State {
 public:
  State(Handlers handlers, Clock& clock, Random& random, const ServerOptions& options)
      : edge_(std::move(handlers), clock, random, options) {
    const int half_the_cores = static_cast<int>(std::thread::hardware_concurrency() / 2);
    const int threads = options.io_threads > 0 ? options.io_threads : std::max(half_the_cores, 1);
    for (int i = 0; i < threads; ++i) edge_.threads.push_back(std::make_unique<IoThread>());
  }
  ~State() { stop(Seconds(0)); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<void> start(const std::vector<Listener>& listeners) {
    std::vector<std::unique_ptr<BoundListener>> bound;
    for (const Listener& listener : listeners) {
      auto one = TRY(bind_listener(listener, *edge_.threads.front()));
      bound.push_back(std::move(one));
    }
    listeners_ = std::move(bound);
    for (const auto& listener : listeners_)
      asio::co_spawn(edge_.threads.front()->context, accept_connections(&edge_, listener.get()),
                     asio::detached);
    for (const auto& io : edge_.threads) {
      asio::co_spawn(io->context, sweep(io.get(), &edge_.workers), asio::detached);
      io->thread = std::thread([&context = io->context] { context.run(); });
    }
    is_running_ = true;
    return {};
  }

  [[nodiscard]] std::vector<std::string> addresses() const {
    std::vector<std::string> urls;
    urls.reserve(listeners_.size());
    for (const auto& listener : listeners_) urls.push_back(listener->url);
    return urls;
  }

  void reload() {
    for (const auto& listener : listeners_) {
      const Listener& options = listener->state->options;
      if (!options.tls) continue;
      auto context = make_tls_context(*options.tls);
      if (!context) {
        log::error("certificate not reloaded, the old one stays",
                   {{"listener", options.address}, {"error", context.error().message}});
        continue;
      }
      listener->state->set_tls(*std::move(context));
      log::info("certificate reloaded", {{"listener", options.address}});
    }
  }

  void stop(Seconds drain) {
    if (!is_running_) return;
    is_running_ = false;
    edge_.is_draining = true;
    asio::post(edge_.threads.front()->context, [this] {
      for (const auto& listener : listeners_) {
        boost::system::error_code ignored;
        listener->acceptor.close(ignored);
      }
    });
    const auto deadline = std::chrono::steady_clock::now() + drain;
    while (!is_empty() && std::chrono::steady_clock::now() < deadline) {
      // Again each time: a session that was about to become idle has become so.
      on_each_thread(&IoThread::close_idle);
      std::this_thread::sleep_for(2ms);
    }
    edge_.workers.stop();  // requests under way end by their own deadline
    for (int i = 0; i < 500 && !is_empty(); ++i) {
      on_each_thread(&IoThread::close_all);
      std::this_thread::sleep_for(2ms);
    }
    for (const auto& io : edge_.threads) io->context.stop();
    for (const auto& io : edge_.threads) io->thread.join();
  }

 private:
  [[nodiscard]] bool is_empty() const {
    return edge_.connections.load(std::memory_order_acquire) == 0;
  }
  void on_each_thread(void (IoThread::*action)()) {
    for (const auto& io : edge_.threads)
      asio::post(io->context, [thread = io.get(), action] { (thread->*action)(); });
  }

  // Destroyed last to first: acceptors before the contexts they run on.
  Edge edge_;
  std::vector<std::unique_ptr<BoundListener>> listeners_;
  bool is_running_ = false;
};

HttpServer::HttpServer(Handlers handlers, Clock& clock, Random& random,
                       const ServerOptions& options)
    : state_(std::make_unique<State>(std::move(handlers), clock, random, options)) {}

HttpServer::~HttpServer() = default;

Result<void> HttpServer::start(const std::vector<Listener>& listeners) {
  return state_->start(listeners);
}

std::vector<std::string> HttpServer::addresses() const { return state_->addresses(); }

void HttpServer::reload() { state_->reload(); }

void HttpServer::stop(Seconds drain) { state_->stop(drain); }

}  // namespace signet::api
