// SPDX-License-Identifier: Apache-2.0
// What the pipeline and the system backend are handed: every part of the core, by reference. The
// composition root (cli/server.cpp, tests/support/house.hpp) builds the parts in this order and
// owns them; see there for how they are wired to each other.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "core/engine.hpp"
#include "core/seal/seal.hpp"
#include "storage/changes.hpp"
#include "storage/database.hpp"

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

namespace signet::core {

class Audit;
class Barrier;
class Leases;
class Mounts;
class Policies;
class Tokens;
class WrappingKey;

/// What this process says of itself.
struct ServerInfo {
  BuildInfo build;
  Uuid node_id;
  std::string api_address;      ///< https://host:8200
  std::string cluster_address;  ///< https://host:8201
  UnixTime started_at;
  Json sanitized_config = Json::object();  ///< sys/config/state/sanitized: no secrets
  std::string log_level = "info";          ///< as configured: what DELETE sys/loggers goes back to
};

struct Services {
  storage::Database& database;
  storage::Changes& changes;
  Clock& clock;
  Random& random;
  Barrier& barrier;
  Seal& seal;
  Audit& audit;
  Policies& policies;
  Tokens& tokens;
  Mounts& mounts;
  Leases& leases;
  WrappingKey& wrapping_key;
  const Registry& registry;  ///< filled from engines/registry and auth/registry once this exists
  ServerInfo& info;
};

/// Everything a fresh cluster starts with beside its keys; what Seal::init and Seal::start_dev are
/// to stage: root token, built-in policies, built-in mounts. `root_token` is the text that
/// `sys/init` answers; empty: one is drawn. @return the root token
SecretBytes stage_first_rows(Services& services, storage::CommitUnit& unit,
                             const SecretBytes& root_token);

/// Registers with the seal what loads on unsealing (mounts, policies, audit devices) and what is
/// dropped on sealing. Once, after all parts exist.
void connect(Services& services);

}  // namespace signet::core
