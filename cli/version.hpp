// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/seal/seal.hpp"

#include <string>
#include <string_view>

namespace signet::cli {

/// Signet's own version, from the file VERSION.
std::string_view signet_version();
/// What `sys/seal-status` says: the version of the API that is spoken. Clients compare it (it must
/// parse as semver and lie above 1.19), so it is not our own.
core::BuildInfo build_info();
/// `signet version`
std::string version_text();

}  // namespace signet::cli
