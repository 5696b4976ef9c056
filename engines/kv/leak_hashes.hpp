// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "core/engine.hpp"
#include "storage/value_hashes.hpp"

namespace signet::kv {

/// Stages keyed hashes of the long texts in a version's value, at any depth (storage/value_hashes).
void stage_hashes(storage::CommitUnit& unit, const core::EngineContext& context,
                  const storage::ValueHashes::Place& place, BytesView value);

}  // namespace signet::kv
