// SPDX-License-Identifier: Apache-2.0
// How issuers and keys are sealed into their rows.
#pragma once

#include "base/bytes.hpp"
#include "base/sealed.hpp"
#include "crypto/key.hpp"
#include "engines/pki/issuers.hpp"
#include "storage/issuers.hpp"

namespace signet::pki {

/// The sealed record: everything but the certificate, which it is bound to by its hash.
SealedBytes seal_issuer(Sealer& sealer, const Uuid& mount, const IssuerEntry& entry);
/// @throws Fault when the row was forged: its certificate or record changed or moved
IssuerEntry open_issuer(Sealer& sealer, const storage::IssuerRow& row);

/// The sealed record: name and private key, bound to the public key.
SealedBytes seal_key(Sealer& sealer, const Uuid& mount, const KeyEntry& entry,
                     const crypto::PrivateKey& key);

struct OpenedKey {
  KeyEntry entry;
  SecretBytes pkcs8;
};
/// @throws Fault when the row was forged
OpenedKey open_key(Sealer& sealer, const storage::IssuerKeyRow& row);

}  // namespace signet::pki
