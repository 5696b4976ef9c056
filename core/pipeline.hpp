// SPDX-License-Identifier: Apache-2.0
// A request's life (architecture section 2, core.md section 2). Nothing else decides access.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "core/engine.hpp"
#include "core/mounts.hpp"
#include "core/operation.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/services.hpp"
#include "core/token/uses.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace signet::core {

/// What a request came to; api/envelope.cpp renders it. With `error` the response holds no data.
struct Outcome {
  Uuid request_id;
  Response response;
  std::optional<Error> error;
  std::string mount_type;  ///< for the envelope; empty when no mount was reached
  /// With ErrorCode::unavailable, sealed and outcome_unknown: what Retry-After says.
  Seconds retry_after{1};
};

class Pipeline {
 public:
  /// @param services  outlives the pipeline; its registry is filled
  explicit Pipeline(Services& services);

  /// Runs one request to its end on the calling thread, which is a worker's. Never throws: faults
  /// become 500 `internal error` or 503, and are logged with the request's id.
  /// `request` has id, operation, path, data, headers, token, addresses and deadline; `now` is set
  /// here when it is 0.
  Outcome run(Request& request);

  /// Answers on the calling (I/O) thread when the route is marked for it and can answer now:
  /// no SQL, no waiting, below 50 us. nullopt: run() it on a worker.
  std::optional<Outcome> try_inplace(Request& request);

  /// Whether the body of such a request goes to its handler unparsed (OCSP). False when sealed or
  /// unknown. No SQL.
  [[nodiscard]] bool takes_raw_body(std::string_view path, Operation operation) const;

 private:
  class Passage;
  /// Where a path leads: the mount, its module and the route; nulls where there is none.
  struct Target {
    MountedEngine mounted;
    std::string relative_path;
    RouteTable::Match match;
  };
  [[nodiscard]] Target find(const MountTable& table, std::string_view path,
                            Operation operation) const;
  /// The system routes that work without mounts.
  [[nodiscard]] std::optional<Target> find_unsealed(std::string_view path,
                                                    Operation operation) const;
  void follow_audit();

  Services& services_;
  MountedEngine system_;  // serves what works sealed; the mount sys/ has a module of its own
  LimitedUses uses_;
  // Commits that raise a change number share it; a request that lost twice against them holds it
  // alone, so that its third run ends.
  std::shared_mutex settled_;
  std::atomic<std::int64_t> audit_number_{0};
};

}  // namespace signet::core
