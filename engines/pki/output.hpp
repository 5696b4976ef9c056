// SPDX-License-Identifier: Apache-2.0
// The forms certificates and private keys are answered in (pki.md 6.2, 20.7).
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/key.hpp"
#include "engines/pki/issuers.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace signet::pki {

enum class Format { pem, der, pem_bundle };
/// `the "format" path parameter must be "pem", "der", or "pem_bundle"`
Result<Format> format_named(std::string_view text);

/// PEM without a final newline, or base64 of the DER.
std::string certificate_text(Format format, BytesView der);
/// The same under another label ("CERTIFICATE REQUEST").
std::string object_text(Format format, std::string_view label, BytesView der);

/// `private_key`: PKCS#1, SEC 1 or, when `wants_pkcs8` or Ed25519, PKCS#8; PEM without a final
/// newline, or base64 of the DER.
SecretBytes private_key_text(Format format, bool wants_pkcs8, const crypto::PrivateKey& key);
/// "pkcs8" is PKCS#8; "", "der" and "pem" are the traditional forms; else 400.
Result<bool> wants_pkcs8(std::string_view private_key_format);

/// A pem_bundle: [key PEM,] certificates, joined by newlines, without a final one.
/// @param key  null: none
SecretBytes pem_bundle(const crypto::PrivateKey* key, const std::vector<std::string>& pems);

/// PEMs of the issuer's chain, itself first, self-signed ones left out when asked.
std::vector<const IssuerEntry*> shown_chain(const Issuers& issuers, const IssuerEntry& issuer,
                                            bool without_roots);

}  // namespace signet::pki
