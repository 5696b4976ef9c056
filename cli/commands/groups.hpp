// SPDX-License-Identifier: Apache-2.0
// The commands by file; commands.cpp joins them.
#pragma once

#include "cli/commands.hpp"

#include <vector>

namespace signet::cli {

const std::vector<Command>& secret_commands();
const std::vector<Command>& kv_commands();
const std::vector<Command>& kv_metadata_commands();
const std::vector<Command>& wrapping_commands();
const std::vector<Command>& mount_commands();
const std::vector<Command>& policy_commands();
const std::vector<Command>& token_commands();
const std::vector<Command>& lease_commands();
const std::vector<Command>& audit_commands();
const std::vector<Command>& operator_commands();

}  // namespace signet::cli
