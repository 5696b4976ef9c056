// SPDX-License-Identifier: Apache-2.0
// What listeners and sessions share; only api/ sources include this header (it brings Asio).
#pragma once

#include "api/forwarded.hpp"
#include "api/handlers.hpp"
#include "api/options.hpp"
#include "api/workers.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace signet::api {

namespace asio = boost::asio;

// The context's own executor type instead of any_io_executor: no virtual call an operation.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <class T>
using Task = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> use_task{};

using Instant = std::chrono::steady_clock::time_point;

/// A connection as its thread's sweeper sees it. Touched on that thread only.
struct Connection {
  Socket* socket = nullptr;
  Instant deadline = Instant::max();  ///< the socket is closed when this has passed
  bool is_idle = true;                ///< between requests: closed at once when draining
  std::size_t index = 0;              ///< in IoThread::connections
};

/// One event loop with its thread. A connection stays on the thread that got it, so sessions need
/// no strand and no lock.
struct IoThread {
  std::vector<Connection*> connections;  // first: sessions that die with the context leave it
  asio::io_context context{1};
  asio::executor_work_guard<Executor> work{context.get_executor()};
  Timer sweep{context};
  std::thread thread;
  UuidPool request_ids;

  void add(Connection& connection);
  void remove(Connection& connection);
  void close_expired(Instant now);
  void close_idle();
  void close_all();
};

/// A listener as its sessions need it. Its TLS context is replaced on reload; sessions share the
/// one they began with.
class ListenerState {
 public:
  ListenerState(Listener options_, Forwarding forwarding_,
                std::shared_ptr<asio::ssl::context> context)
      : options(std::move(options_)),
        forwarding(std::move(forwarding_)),
        tls_(std::move(context)) {}
  [[nodiscard]] std::shared_ptr<asio::ssl::context> tls() const {
    const std::lock_guard lock(mutex_);
    return tls_;
  }
  void set_tls(std::shared_ptr<asio::ssl::context> context) {
    const std::lock_guard lock(mutex_);
    tls_.swap(context);
  }

  const Listener options;
  const Forwarding forwarding;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<asio::ssl::context> tls_;  // shared with sessions; null: plain HTTP
};

struct Edge {
  Edge(Handlers handlers_, Clock& clock_, Random& random_, const ServerOptions& options_)
      : handlers(std::move(handlers_)),
        clock(clock_),
        random(random_),
        options(options_),
        workers(options_.workers, options_.queue) {}

  Handlers handlers;
  Clock& clock;
  Random& random;
  const ServerOptions options;
  Workers workers;
  std::atomic<bool> is_draining{false};
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> body_bytes{0};  ///< of large bodies being read, over all connections
  std::vector<std::unique_ptr<IoThread>> threads;
};

}  // namespace signet::api
