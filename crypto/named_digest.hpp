// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <optional>
#include <string_view>

namespace signet::crypto {

/// By the names of sys/tools/hash: "sha2-224" to "sha2-512", "sha3-224" to "sha3-512".
/// @return nullopt: no such algorithm
std::optional<Bytes> digest_named(std::string_view name, BytesView data);

}  // namespace signet::crypto
