// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"
#include "crypto/algorithms.hpp"
#include "crypto/der_piece.hpp"
#include "crypto/key.hpp"
#include "crypto/key_handle.hpp"
#include "crypto/signature_algorithms.hpp"

#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include <openssl/core_names.h>

namespace signet::crypto {
namespace {

using SecretNumber = std::unique_ptr<BIGNUM, OpensslFree<&BN_clear_free>>;

SecretBytes octets_of(const KeySpec& spec, EVP_PKEY* key) {
  if (spec.type == KeyType::ed25519) {
    Bytes seed(32);
    std::size_t size = seed.size();
    if (EVP_PKEY_get_raw_private_key(key, seed.data(), &size) != 1 || size != seed.size()) {
      openssl_fault("EVP_PKEY_get_raw_private_key");
    }
    return SecretBytes(std::move(seed));
  }
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &raw) != 1) {
    openssl_fault("reading a private key");
  }
  const SecretNumber number(raw);
  Bytes scalar(coordinate_size(spec.bits));
  if (BN_bn2binpad(number.get(), scalar.data(), static_cast<int>(scalar.size())) < 0) {
    openssl_fault("BN_bn2binpad");
  }
  return SecretBytes(std::move(scalar));
}

/// ECPrivateKey (RFC 5915, 3), with the curve in it or, inside PKCS#8, without. The buffer has its
/// full size from the start, so that no copy of the key is left behind by its growth.
SecretBytes sec1(BytesView scalar, BytesView point, BytesView curve) {
  const std::size_t bits = element_size(1 + point.size());
  const std::size_t content = 3 + element_size(scalar.size()) +
                              (curve.empty() ? 0 : element_size(curve.size())) + element_size(bits);
  Bytes out;
  out.reserve(element_size(content));
  append_header(out, tag_sequence, content);
  append(out, std::array<std::uint8_t, 3>{tag_integer, 1, 1});
  append_header(out, tag_octet_string, scalar.size());
  append(out, scalar);
  if (!curve.empty()) {
    append_header(out, 0xa0, curve.size());
    append(out, curve);
  }
  append_header(out, 0xa1, bits);
  append_header(out, tag_bit_string, 1 + point.size());
  out.push_back(0);
  append(out, point);
  return SecretBytes(std::move(out));
}

/// RSAPrivateKey (RFC 8017, A.1.2). Slow, but nothing beside making such a key.
SecretBytes pkcs1(EVP_PKEY* key) {
  unsigned char* raw = nullptr;
  const int size = i2d_PrivateKey(key, &raw);
  if (size <= 0) openssl_fault("i2d_PrivateKey");
  SecretBytes out(to_bytes(BytesView(raw, static_cast<std::size_t>(size))));
  OPENSSL_clear_free(raw, static_cast<std::size_t>(size));
  return out;
}

/// OneAsymmetricKey of version 0 (RFC 5958, 2) round the key's own form.
SecretBytes wrapped(const KeySpec& spec, const SecretBytes& inner) {
  const BytesView algorithm = spki_algorithm(spec);
  const std::size_t content = 3 + algorithm.size() + element_size(inner.size());
  Bytes out;
  out.reserve(element_size(content));
  append_header(out, tag_sequence, content);
  append(out, std::array<std::uint8_t, 3>{tag_integer, 1, 0});
  append(out, algorithm);
  append_header(out, tag_octet_string, inner.size());
  append(out, inner.reveal());
  return SecretBytes(std::move(out));
}

Bytes sign_ed25519(EVP_PKEY* key, BytesView message) {
  const DigestContext context(EVP_MD_CTX_new());
  Bytes signature(64);
  std::size_t size = signature.size();
  if (!context ||
      EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    openssl_fault("signing with Ed25519");
  }
  return signature;
}

}  // namespace

/// Contexts prepared for signing. They belong to the key, not to threads, so that nothing of a key
/// is left when it is dropped.
struct PrivateKey::Signers {
  struct Signer {
    SignatureScheme scheme;
    KeyContext context;
  };

  /// A context nobody uses, or a fresh one.
  Signer take(EVP_PKEY* key, KeyType type, const SignatureScheme& scheme) {
    {
      const std::lock_guard lock(mutex);
      for (Signer& signer : idle) {
        if (signer.scheme != scheme) continue;
        Signer taken = std::move(signer);
        signer = std::move(idle.back());
        idle.pop_back();
        return taken;
      }
    }
    Signer fresh{scheme, KeyContext(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr))};
    if (!fresh.context || EVP_PKEY_sign_init(fresh.context.get()) != 1 ||
        !set_scheme(fresh.context.get(), type, scheme)) {
      openssl_fault("preparing a signature");
    }
    return fresh;
  }
  void give_back(Signer signer) {
    constexpr std::size_t most = 64;
    const std::lock_guard lock(mutex);
    if (idle.size() < most) idle.push_back(std::move(signer));
  }

  std::mutex mutex;
  KeyHandle late;  // of a key that has octets only, once it is needed
  std::vector<Signer> idle;
};

PrivateKey::PrivateKey(PublicKey public_key, KeyHandle handle, SecretBytes scalar)
    : public_(std::move(public_key)),
      handle_(std::move(handle)),
      scalar_(std::move(scalar)),
      signers_(std::make_unique<Signers>()) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

PrivateKey PrivateKey::of_generated(const KeySpec& spec, KeyHandle handle) {
  const Bytes bits = public_bits(spec, handle.get());
  Bytes spki = spki_of(spec, bits);
  const std::size_t bits_at = spki.size() - bits.size();
  return {PublicKey(spec, std::move(spki), bits_at), std::move(handle)};
}

PrivateKey PrivateKey::generate(const KeySpec& spec) {
  if (spec.type == KeyType::rsa) {
    CHECK(spec.bits >= 2048 && spec.bits <= 8192 && spec.bits % 8 == 0);
    return of_generated(spec, generate_rsa_key(spec.bits, nullptr));
  }
  if (spec.type == KeyType::ed25519) return of_generated(spec, generate_ed25519_key());
  EcKeyPair pair = generate_ec_pair(spec.bits);
  Bytes spki = spki_of(spec, pair.point);
  const std::size_t bits_at = spki.size() - pair.point.size();
  return {PublicKey(spec, std::move(spki), bits_at), nullptr, std::move(pair.scalar)};
}

EVP_PKEY* PrivateKey::handle() const {
  if (handle_) return handle_.get();
  const std::lock_guard lock(signers_->mutex);
  if (!signers_->late) signers_->late = ec_key_handle(spec(), public_.bit_string(), scalar_);
  return signers_->late.get();
}

/// The private key's octets of a curve: the scalar, or Ed25519's seed.
SecretBytes PrivateKey::private_octets() const {
  return scalar_.empty() ? octets_of(spec(), handle()) : scalar_.copy();
}

SecretBytes PrivateKey::traditional() const {
  switch (spec().type) {
    case KeyType::rsa:
      return pkcs1(handle());
    case KeyType::ec: {
      // The AlgorithmIdentifier is a header of 2 octets, ecPublicKey's OID of 9, the curve's OID.
      const BytesView curve = spki_algorithm(spec()).subspan(2 + 9);
      return sec1(private_octets().reveal(), public_.bit_string(), curve);
    }
    case KeyType::ed25519:
      break;
  }
  return pkcs8();
}

std::string_view PrivateKey::traditional_label() const {
  switch (spec().type) {
    case KeyType::rsa:
      return "RSA PRIVATE KEY";
    case KeyType::ec:
      return "EC PRIVATE KEY";
    case KeyType::ed25519:
      break;
  }
  return "PRIVATE KEY";
}

SecretBytes PrivateKey::pkcs8() const {
  if (spec().type == KeyType::rsa) return wrapped(spec(), pkcs1(handle()));
  const SecretBytes octets = private_octets();
  if (spec().type == KeyType::ec) {
    return wrapped(spec(), sec1(octets.reveal(), public_.bit_string(), {}));
  }
  // CurvePrivateKey is an OCTET STRING of its own (RFC 8410, 7).
  Bytes inner;
  inner.reserve(element_size(octets.size()));
  append_header(inner, tag_octet_string, octets.size());
  append(inner, octets.reveal());
  return wrapped(spec(), SecretBytes(std::move(inner)));
}

Bytes PrivateKey::sign(const SignatureScheme& scheme, BytesView message) const {
  const KeyType type = spec().type;
  if (type == KeyType::ed25519) return sign_ed25519(handle(), message);
  std::array<std::uint8_t, 64> buffer{};
  const BytesView hash = digest_into(scheme.hash, message, buffer);
  EVP_PKEY* const key = handle();
  // ECDSA's contexts do not depend on the hash.
  const SignatureScheme prepared = type == KeyType::ec ? SignatureScheme{} : scheme;
  Signers::Signer signer = signers_->take(key, type, prepared);
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t size = signature.size();
  if (EVP_PKEY_sign(signer.context.get(), signature.data(), &size, hash.data(), hash.size()) != 1) {
    openssl_fault("signing");
  }
  signers_->give_back(std::move(signer));
  signature.resize(size);
  return signature;
}

SecretBytes private_key_pem(std::string_view label, BytesView der) {
  std::string text = pem(label, der);
  SecretBytes out{std::string_view(text)};
  wipe(text);
  return out;
}

}  // namespace signet::crypto
