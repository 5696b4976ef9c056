// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/gate.hpp"

#include <cstdint>
#include <memory>

namespace signet::core {

/// How a request waits for what another thread is doing, without a thread of its own.
struct Pause {
  bool is_possible = false;      ///< the caller runs the request again when `gate` has opened
  std::shared_ptr<Gate> gate;    ///< set by a handler that returns needs_worker(): waits for this
  std::shared_ptr<Gate> passed;  ///< the one that it has waited for, when it runs again
  std::uint64_t mark = 0;        ///< the handler's note to itself, kept until it runs again
};

}  // namespace signet::core
