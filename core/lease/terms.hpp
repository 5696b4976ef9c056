// SPDX-License-Identifier: Apache-2.0
// What engines and leases say to each other.
#pragma once

#include "base/clock.hpp"

#include <string>

#include <nlohmann/json.hpp>

namespace signet::core {

/// What an engine asks for with the secret that it answers: to be told when it is to be taken back.
struct LeaseTerms {
  Seconds ttl{0};      ///< 0: the mount's default
  Seconds max_ttl{0};  ///< from the issue on; 0: the mount's
  bool is_renewable = false;
  /// What the engine has to know then: names, never a secret. Sealed with the lease.
  nlohmann::json data = nlohmann::json::object();
};

/// A secret that was given out, as its engine is reminded of it.
struct LeasedSecret {
  std::string lease_id;
  UnixTime issued_at, expires_at;
  nlohmann::json data;  ///< LeaseTerms::data
};

}  // namespace signet::core
