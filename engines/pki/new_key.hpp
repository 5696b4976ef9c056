// SPDX-License-Identifier: Apache-2.0
// Which key a new CA gets: a fresh one, returned or not, or one that is there (pki.md 7.1).
#pragma once

#include "base/result.hpp"
#include "core/schema.hpp"
#include "crypto/key.hpp"
#include "engines/pki/issuers.hpp"
#include "engines/pki/new_issuer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signet::pki {

/// The path segment `exported`.
enum class KeySource { internal, exported, existing };

struct NewKeyFields {
  std::string exported;
  std::optional<std::string> key_type;
  std::optional<std::int64_t> key_bits;
  std::optional<std::string> key_name;
  std::string key_ref = "default";
  std::string external_key_ref;
};
const core::Schema<NewKeyFields>& new_key_fields();

/// `the "exported" path parameter must be "internal", "existing", exported" or "kms"`; 400 too for
/// fields that do not go with it, and for kms, which there is none of.
Result<KeySource> key_source(const NewKeyFields& fields);

/// A key type and size that keys are made of: rsa up to 4096 bits, ec, ed25519.
Result<crypto::KeySpec> new_key_spec(const std::string& key_type, std::int64_t key_bits);

/// Makes or finds the key; nothing is staged. `invalid`: bad names, types, references.
Result<ChosenKey> choose_key(PkiEngine& engine, const Issuers& issuers, KeySource source,
                             const NewKeyFields& fields);

}  // namespace signet::pki
