// SPDX-License-Identifier: Apache-2.0
#include "cli/version.hpp"

#include <fmt/format.h>

namespace signet::cli {
namespace {

constexpr std::string_view api_version = "2.6.0";

}  // namespace

std::string_view signet_version() { return SIGNET_VERSION; }

core::BuildInfo build_info() {
  // No build date: the same source gives the same binary.
  return {std::string(api_version), "", ""};
}

std::string version_text() {
  return fmt::format("Signet v{} (speaks the API of OpenBao {})", signet_version(), api_version);
}

}  // namespace signet::cli
