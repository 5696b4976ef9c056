// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "core/response.hpp"

#include <string>

namespace signet::kv {

/// A key's custom metadata as it is stored: the text of an object of strings; empty for none. Not a
/// secret. All that is wrong with it is told at once (400).
Result<std::string> custom_metadata(const core::Json& asked);
/// The same of what is stored, merged with a patch: null takes a name away, or all of them.
Result<std::string> patched_metadata(const std::string& stored, const core::Json& patch);

}  // namespace signet::kv
