// SPDX-License-Identifier: Apache-2.0
// Sockets that accept; only api/ sources include this header.
#pragma once

#include "api/edge.hpp"
#include "base/result.hpp"

#include <memory>
#include <string>

#include <boost/asio/basic_socket_acceptor.hpp>

namespace signet::api {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

/// A bound socket with what its connections need.
struct BoundListener {
  Acceptor acceptor;
  std::shared_ptr<ListenerState> state;  // shared with the sessions it began
  std::string url;                       ///< "https://127.0.0.1:8200"
};

/// Resolves, binds and listens. Errors name the address, the cause and the remedy.
/// @param io  the thread that accepts
Result<std::unique_ptr<BoundListener>> bind_listener(const Listener& options, IoThread& io);

/// Accepts until the acceptor is closed and spreads connections over the edge's threads.
/// @param bound, edge  outlive the loop
Task<void> accept_connections(Edge* edge, BoundListener* bound);

}  // namespace signet::api
