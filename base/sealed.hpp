// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <string_view>

namespace signet {

/// A value encrypted by the barrier: the only thing a secret column takes. Only core/seal makes and
/// opens it.
struct SealedBytes {
  Bytes bytes;
  [[nodiscard]] BytesView view() const { return bytes; }
};

/// Where a sealed value lives; all of it is associated data, so a value moved to another row,
/// column or namespace, or whose `bound` plain columns were edited, does not open.
struct SealedAt {
  std::string_view table;
  std::string_view column;
  BytesView owner;       ///< namespace or mount id
  BytesView key;         ///< the row's key
  BytesView bound = {};  ///< plain columns that identify or limit (expires_at, certificate hash
                         ///< ...), encoded by the store
};

/// What modules need of the barrier (core/seal/barrier.hpp implements it).
class Sealer {
 public:
  virtual ~Sealer() = default;
  /// @throws Fault when sealed (the pipeline lets no such request through)
  [[nodiscard]] virtual SealedBytes seal(const SealedAt& at, BytesView plain) = 0;
  /// @throws Fault when the value was forged, moved or is from an unknown term
  [[nodiscard]] virtual SecretBytes open(const SealedAt& at, BytesView sealed) = 0;
  /// HMAC-SHA256 under a lookup key that survives keyring rotation: what secret-bearing lookups
  /// use.
  [[nodiscard]] virtual Bytes lookup_hash(std::string_view purpose, BytesView value) = 0;
};

}  // namespace signet
