// SPDX-License-Identifier: Apache-2.0
// What every way of adding an issuer or a key shares: names, rows, which of them becomes default.
#pragma once

#include "base/result.hpp"
#include "ca/certificate.hpp"
#include "core/request.hpp"
#include "crypto/key.hpp"
#include "engines/pki/issuers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signet::pki {

class PkiEngine;

/// A name that is free for an issuer (pki.md 1.3). Errors: "expected non-empty issuer name",
/// "reserved keyword 'default' can not be used as issuer name", "issuer name contained invalid
/// characters", "issuer name already in use".
/// @param own  the issuer that may have the name already; null: none
Result<std::string> checked_issuer_name(const Issuers& issuers, std::string_view name,
                                        const IssuerEntry* own = nullptr);
/// The same of keys; an empty name is one with invalid characters.
Result<std::string> checked_key_name(const Issuers& issuers, std::string_view name,
                                     const KeyEntry* own = nullptr);

/// A key of the mount, or one about to be stored.
struct ChosenKey {
  std::shared_ptr<const crypto::PrivateKey> key;  // shared with the snapshot that it comes from
  KeyEntry entry;
  bool is_new = false;
};
/// A fresh id for a key that is not there yet.
ChosenKey new_key_entry(PkiEngine& engine, crypto::PrivateKey key, std::string name);

/// Puts a CA certificate among the mount's certificates.
/// @param authority  whose certificate it is: the signer's
void stage_certificate(core::Request& request, const Uuid& mount, std::int64_t authority,
                       const ca::Certificate& certificate);

/// The defaults after one more key, or one more issuer with its key; nullopt: they stay.
std::optional<DefaultsConfig> defaults_with(const DefaultsConfig& now, const Issuers& issuers,
                                            const std::optional<Uuid>& new_issuer,
                                            const std::optional<Uuid>& new_key);

/// The name of the algorithm that signed a certificate, as `revocation_signature_algorithm` has it;
/// "" for one without a name there.
std::string signature_algorithm_name(const ca::Certificate& certificate);

/// What a mount without URLs answers to whoever makes or imports a CA.
extern const char* const no_urls_warning;

}  // namespace signet::pki
