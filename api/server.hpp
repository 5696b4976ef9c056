// SPDX-License-Identifier: Apache-2.0
// The HTTP edge: listeners, TLS, sessions and the worker pool behind one class.
#pragma once

#include "api/handlers.hpp"
#include "api/options.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace signet::api {

class HttpServer {
 public:
  HttpServer(Handlers handlers, Clock& clock, Random& random, const ServerOptions& options);
  ~HttpServer();  ///< stops without draining if still running
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Binds every address and serves from then on. Errors name the listener and the remedy; on error
  /// nothing is bound.
  Result<void> start(const std::vector<Listener>& listeners);
  /// The bound addresses in the listeners' order, with real ports: "http://127.0.0.1:8200".
  [[nodiscard]] std::vector<std::string> addresses() const;
  /// Reads certificates and keys again. A listener whose files are bad keeps what it has; the log
  /// says so.
  void reload();
  /// Accepts nothing more, lets requests under way finish until `drain` has passed, closes the rest
  /// and joins every thread. Idle connections close at once.
  void stop(Seconds drain);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace signet::api
