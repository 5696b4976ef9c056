// SPDX-License-Identifier: Apache-2.0
// Fields that several files of version 2 take.
#pragma once

#include "base/result.hpp"
#include "core/response.hpp"
#include "core/schema.hpp"

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace signet::kv {

/// A write's `data` and `options` are taken from the request itself: a copy would be one more place
/// to wipe.
struct WriteFields {
  std::string path;
};
const core::Schema<WriteFields>& write_fields();

/// `data` of a write. @return 400 when it is absent or no object (null is one that may be stored)
Result<const core::Json*> data_of(const core::Json& body);

Result<void> check_max_versions(std::int64_t max_versions);

}  // namespace signet::kv
