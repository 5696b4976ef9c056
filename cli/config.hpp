// SPDX-License-Identifier: Apache-2.0
// The server's configuration: Vault's file format and names (core.md section 13).
#pragma once

#include "api/options.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "core/audit/audit.hpp"
#include "core/mount.hpp"
#include "storage/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace signet::cli {

struct Config {
  std::string storage_type;  ///< "sqlite" or "postgresql"; empty: none was named
  storage::Options storage;
  std::vector<api::Listener> listeners;
  api::ServerOptions server;
  core::AuditOptions audit;
  std::string api_address;      ///< empty: the first listener's
  std::string cluster_address;  ///< told to clients only
  log::Options log;
  std::string pid_file;
  bool disable_mlock = false;
  core::SystemTtls ttls;  ///< `default_lease_ttl`, `max_lease_ttl`
  /// What was read and has no effect, each "FILE:LINE: ...".
  std::vector<std::string> warnings;
};

/// Reads files and folders (their *.hcl and *.json by name) in order; later ones add listeners and
/// audit devices and replace single values. Errors name file, line and remedy.
Result<Config> load_config(const std::vector<std::string>& paths);

/// Adds one file's text to `config`. @param file  its name in messages
Result<void> read_config(std::string_view file, std::string_view text, Config& config);

/// What only the whole can tell: storage and listeners are there. Fills in what environment
/// variables give (SIGNET_, BAO_, VAULT_: API_ADDR, CLUSTER_ADDR, PG_CONNECTION_URL).
Result<void> complete_config(Config& config);

/// The first of SIGNET_NAME, BAO_NAME and VAULT_NAME that is set and not empty.
std::string server_environment(std::string_view name);

}  // namespace signet::cli
