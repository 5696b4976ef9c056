// SPDX-License-Identifier: Apache-2.0
// The larger blocks of a configuration file; only the config sources include this header.
#pragma once

#include "base/hcl.hpp"
#include "cli/config.hpp"

#include <string_view>

namespace signet::cli {

Result<void> read_listener(std::string_view file, const hcl::Item& item, Config& config);
Result<void> read_storage(std::string_view file, const hcl::Item& item, Config& config);
Result<void> read_audit(std::string_view file, const hcl::Item& item, Config& config);
Result<void> read_seal(std::string_view file, const hcl::Item& item, Config& config);

}  // namespace signet::cli
