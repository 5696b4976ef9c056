// SPDX-License-Identifier: Apache-2.0
// One connection from its first byte to its last; only api/ sources include this header.
#pragma once

#include "api/edge.hpp"

#include <memory>

namespace signet::api {

/// Serves requests one after the other until the peer, a deadline or the drain ends the connection.
/// Runs on `io`'s thread.
/// @param edge, io  outlive the session
Task<void> serve(Edge* edge, IoThread* io, Socket socket,
                 std::shared_ptr<const ListenerState> listener);

}  // namespace signet::api
