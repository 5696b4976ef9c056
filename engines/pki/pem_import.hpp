// SPDX-License-Identifier: Apache-2.0
// CA certificates and private keys from elsewhere, as one unit (pki.md 7.4).
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "ca/certificate.hpp"
#include "core/request.hpp"
#include "crypto/key.hpp"
#include "engines/pki/issuers.hpp"
#include "engines/pki/new_issuer.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace signet::pki {

/// What a PEM bundle holds, in order.
struct PemContents {
  std::vector<ca::Certificate> certificates;
  std::vector<crypto::PrivateKey> keys;
};
/// Labels of certificates, of what is left out, and the rest: private keys. Errors (400): too
/// short, no PEM, `Error parsing issuer i`, `Error parsing key i`, a certificate of no CA, keys
/// where `keys_allowed` is false.
Result<PemContents> parse_bundle(const SecretBytes& text, bool keys_allowed);
/// Exactly one private key and nothing else.
Result<crypto::PrivateKey> parse_one_key(const SecretBytes& text);

/// Adds to the mount what is not there yet: equal certificates are one issuer, equal public keys
/// one key; a new key also goes to the issuers that lacked it.
class PemImport {
 public:
  PemImport(PkiEngine& engine, core::Request& request, const Issuers& issuers);

  struct Added {
    const KeyEntry* key = nullptr;  ///< of the snapshot, or of this object
    bool is_new = false;
  };
  Added add_key(crypto::PrivateKey key, std::string name);
  void add_issuer(ca::Certificate certificate);
  /// Stages all of it; once, last.
  void finish();

  [[nodiscard]] const std::vector<Uuid>& new_issuers() const { return new_issuers_; }
  [[nodiscard]] const std::vector<Uuid>& new_keys() const { return new_keys_; }
  [[nodiscard]] const std::vector<Uuid>& known_issuers() const { return known_issuers_; }
  [[nodiscard]] const std::vector<Uuid>& known_keys() const { return known_keys_; }
  /// Issuer and key of every certificate of the bundle; no key: absent. After finish().
  [[nodiscard]] std::map<Uuid, std::optional<Uuid>> mapping() const;
  [[nodiscard]] const DefaultsConfig& defaults() const { return defaults_; }
  /// Whether an issuer that was there without a key has one now. After finish().
  [[nodiscard]] bool gave_key_to(const Uuid& issuer) const {
    return all_issuers_.at(issuer).is_changed;
  }
  /// Of the issuers added, those that have a key. After finish().
  [[nodiscard]] std::size_t new_issuers_with_key() const;

 private:
  struct Issuer {
    IssuerEntry entry;
    bool is_new = false, is_changed = false;
  };
  [[nodiscard]] std::optional<Uuid> key_of(BytesView spki) const;
  void link_keys();
  void choose_defaults();
  void stage();

  PkiEngine& engine_;
  core::Request& request_;
  const Issuers& issuers_;
  std::map<Uuid, Issuer> all_issuers_;  ///< those there before and those added
  std::map<Uuid, ChosenKey> added_keys_;
  std::vector<Uuid> new_issuers_, new_keys_, known_issuers_, known_keys_;
  DefaultsConfig defaults_;
};

}  // namespace signet::pki
