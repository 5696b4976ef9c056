// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/digest.hpp"
#include "crypto/handles.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace signet::crypto {

enum class KeyType { rsa, ec, ed25519 };

/// rsa: 2048, 3072, 4096 (8192 accepted on import); ec: 224, 256, 384, 521; ed25519: bits
/// are 0.
struct KeySpec {
  KeyType type = KeyType::rsa;
  int bits = 0;
  auto operator<=>(const KeySpec&) const = default;
};
std::string_view name(KeyType type);  ///< "rsa", "ec", "ed25519"
std::optional<KeyType> key_type_named(std::string_view);

/// How a signature is made. For Ed25519 `hash` is ignored.
struct SignatureScheme {
  Hash hash = Hash::sha256;
  bool is_pss = false;  ///< RSASSA-PSS with the hash's length as salt (RFC 4055)
  auto operator<=>(const SignatureScheme&) const = default;
};

/// A public key as it stands in certificates.
class PublicKey {
 public:
  /// From a SubjectPublicKeyInfo. Refuses what x509-status.md 2.3 and 2.4 refuse, naming it in the
  /// error.
  static Result<PublicKey> from_spki(BytesView spki);
  [[nodiscard]] const KeySpec& spec() const { return spec_; }
  [[nodiscard]] BytesView spki() const { return spki_; }  ///< DER SubjectPublicKeyInfo
  [[nodiscard]] BytesView bit_string()
      const;                          ///< subjectPublicKey's content without the unused-bits octet
  [[nodiscard]] Sha1 key_id() const;  ///< RFC 5280, 4.2.1.2 method (1): SHA-1 of bit_string
  /// True when the signature fits. Never throws on hostile signatures.
  [[nodiscard]] bool verify(const SignatureScheme& scheme, BytesView message,
                            BytesView signature) const;
  /// OpenSSL's form; made at the first use.
  [[nodiscard]] EVP_PKEY* handle() const;

 private:
  friend class PrivateKey;
  struct Lazy;
  PublicKey(const KeySpec& spec, Bytes spki, std::size_t bits_at);
  KeySpec spec_;
  Bytes spki_;
  std::size_t bits_at_ = 0;  // where subjectPublicKey's content begins in spki_
  // Copies share the handle, which never changes. A key pair's public key does not share the
  // private key's handle: it may outlive the secret.
  std::shared_ptr<Lazy> lazy_;
};

/// A private key in memory.
class PrivateKey {
 public:
  /// A fresh key from the process's generator. EC and Ed25519: what making one needs is kept for
  /// each thread; RSA comes from RsaPool.
  static PrivateKey generate(const KeySpec& spec);
  /// From PEM or DER in PKCS#1, SEC 1 or PKCS#8, unencrypted. Errors name what is wrong.
  static Result<PrivateKey> parse(BytesView pem_or_der);
  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  [[nodiscard]] const KeySpec& spec() const { return public_.spec(); }
  [[nodiscard]] const PublicKey& public_key() const { return public_; }
  [[nodiscard]] SecretBytes pkcs8() const;        ///< DER
  [[nodiscard]] SecretBytes traditional() const;  ///< DER: RSA PKCS#1, EC SEC 1, Ed25519 PKCS#8
  [[nodiscard]] std::string_view traditional_label()
      const;  ///< "RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"
  /// Signs; EC signatures are DER ECDSA-Sig-Value. Safe from many threads at once.
  [[nodiscard]] Bytes sign(const SignatureScheme& scheme, BytesView message) const;

 private:
  struct Signers;
  friend class RsaPool;
  PrivateKey(PublicKey public_key, KeyHandle handle, SecretBytes scalar = {});
  static PrivateKey of_generated(const KeySpec& spec, KeyHandle handle);
  [[nodiscard]] EVP_PKEY* handle() const;
  [[nodiscard]] SecretBytes private_octets() const;
  PublicKey public_;
  KeyHandle handle_;                  // null for an EC key made here: most of those never sign
  SecretBytes scalar_;                // of an EC key made here
  std::unique_ptr<Signers> signers_;  // contexts ready to sign, one a thread that signs at a time
};

/// PEM text of a private key, wiped when released.
SecretBytes private_key_pem(std::string_view label, BytesView der);

/// RSA keys made in idle time (OpenSSL makes 5 to 16 RSA-2048 keys a second): take() hands out a
/// ready key of these bits or makes one now. One background thread of lowest priority, which begins
/// with the first take(2048); bounded; stops on destruction.
class RsaPool {
 public:
  explicit RsaPool(std::size_t ready_2048 = 16);
  ~RsaPool();
  RsaPool(const RsaPool&) = delete;
  RsaPool& operator=(const RsaPool&) = delete;
  PrivateKey take(int bits);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace signet::crypto
