// SPDX-License-Identifier: Apache-2.0
// PrivateKey::parse: keys that come from outside.
#include "base/result.hpp"
#include "crypto/algorithms.hpp"
#include "crypto/der_piece.hpp"
#include "crypto/key.hpp"
#include "crypto/key_handle.hpp"
#include "crypto/signature_algorithms.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <openssl/core_names.h>

namespace signet::crypto {
namespace {

constexpr std::size_t input_limit = 32'768;  // an RSA-8192 key takes 6.5 KB of PEM

Error encrypted() { return invalid("the private key is encrypted; give it without a passphrase"); }

/// Blocks are secret; this wipes them whichever way they are left.
struct Blocks {
  std::vector<PemBlock> blocks;
  Blocks() = default;
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;
  ~Blocks() {
    for (PemBlock& block : blocks) wipe(block.der);
  }
};

Result<SecretBytes> der_of_pem(std::string_view text) {
  if (text.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos ||
      text.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos) {
    return encrypted();
  }
  auto parsed = parse_pem(text);
  if (!parsed) return invalid("the private key's PEM is malformed");
  Blocks held;
  held.blocks.swap(*parsed);
  SecretBytes found;
  for (PemBlock& block : held.blocks) {
    // `openssl ecparam -genkey` puts the curve in a block of its own; the key repeats it.
    if (block.label == "EC PARAMETERS" && found.empty()) continue;
    if (block.label != "PRIVATE KEY" && block.label != "RSA PRIVATE KEY" &&
        block.label != "EC PRIVATE KEY") {
      return invalid("PEM block \"" + block.label + "\" is not a private key");
    }
    if (!found.empty()) return invalid("there is more than one private key");
    found = SecretBytes(std::move(block.der));
  }
  if (found.empty()) return invalid("there is no private key in the PEM");
  return found;
}

/// EncryptedPrivateKeyInfo begins with an AlgorithmIdentifier, every plain form with its version.
bool is_encrypted(BytesView der) {
  const auto outer = take_element(der, tag_sequence);
  if (!outer) return false;
  BytesView inner = outer->content;
  return take_element(inner, tag_sequence).has_value();
}

/// A text parameter of a key; empty when it has none.
std::string text_of(EVP_PKEY* key, const char* parameter) {
  std::array<char, 64> text{};
  std::size_t size = 0;
  if (EVP_PKEY_get_utf8_string_param(key, parameter, text.data(), text.size(), &size) != 1) {
    clear_openssl_errors();
    return {};
  }
  return {text.data(), size};
}

Result<KeySpec> spec_of(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return KeySpec{KeyType::rsa, EVP_PKEY_get_bits(key)};
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeySpec{KeyType::ed25519, 0};
  if (EVP_PKEY_is_a(key, "EC") != 1) return invalid("the private key's type is not supported");
  const std::string group = text_of(key, OSSL_PKEY_PARAM_GROUP_NAME);
  if (text_of(key, OSSL_PKEY_PARAM_EC_ENCODING) == OSSL_PKEY_EC_ENCODING_GROUP) {
    for (const int bits : {224, 256, 384, 521}) {
      if (group == group_name(bits)) return KeySpec{KeyType::ec, bits};
    }
  }
  return invalid("EC private key is not on one of the named curves P-224, P-256, P-384 and P-521");
}

}  // namespace

Result<PrivateKey> PrivateKey::parse(BytesView pem_or_der) {
  if (pem_or_der.size() > input_limit) return invalid("the private key is too long");
  const bool is_pem = as_text(pem_or_der).find("-----BEGIN ") != std::string_view::npos;
  SecretBytes der;
  if (is_pem) {
    SecretBytes decoded = TRY(der_of_pem(as_text(pem_or_der)));
    der = std::move(decoded);
  } else {
    der = SecretBytes(to_bytes(pem_or_der));
  }
  if (is_encrypted(der.reveal())) return encrypted();

  const unsigned char* at = der.reveal().data();
  KeyHandle handle(
      d2i_AutoPrivateKey_ex(nullptr, &at, static_cast<long>(der.size()), nullptr, nullptr));
  clear_openssl_errors();  // the decoders leave errors of the forms they tried first
  if (!handle || at != der.reveal().data() + der.size()) {
    return invalid("the private key is not PKCS#1, SEC 1 or PKCS#8");
  }
  const KeySpec spec = TRY(spec_of(handle.get()));
  if (spec.type == KeyType::ec &&
      EVP_PKEY_set_utf8_string_param(handle.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                     OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1) {
    openssl_fault("setting the point format");
  }
  const Bytes bits = public_bits(spec, handle.get());
  if (bits.empty()) return invalid("the private key has no public key");
  PublicKey public_key = TRY(PublicKey::from_spki(spki_of(spec, bits)));
  PrivateKey key(std::move(public_key), std::move(handle));

  // Two halves that do not belong together would sign what nobody can verify.
  const Error mismatch = invalid("the private key does not fit its public key");
  try {
    const BytesView probe = as_bytes("signet key check");
    const SignatureScheme scheme = default_scheme(spec);
    if (!key.public_.verify(scheme, probe, key.sign(scheme, probe))) return mismatch;
  } catch (const Fault&) {
    return mismatch;
  }
  return key;
}

}  // namespace signet::crypto
