// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"
#include "crypto/algorithms.hpp"
#include "crypto/der_piece.hpp"
#include "crypto/key.hpp"
#include "crypto/key_handle.hpp"
#include "crypto/signature_algorithms.hpp"
#include "crypto/weak_rsa.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <utility>

namespace signet::crypto {
namespace {

constexpr std::size_t spki_limit = 4096;
constexpr std::size_t least_modulus_bits = 2048;
constexpr std::size_t most_modulus_bits = 8192;

/// A DER INTEGER that is positive and has no octet too many; without the sign octet.
std::optional<BytesView> take_positive(BytesView& from) {
  const auto element = take_element(from, tag_integer);
  if (!element || element->content.empty()) return std::nullopt;
  BytesView content = element->content;
  if (content[0] >= 0x80) return std::nullopt;
  if (content[0] == 0) {
    if (content.size() == 1 || content[1] < 0x80) return std::nullopt;
    content = content.subspan(1);
  }
  return content;
}

std::size_t bit_length(BytesView magnitude) {
  return magnitude.size() * 8 - static_cast<std::size_t>(std::countl_zero(magnitude.front()));
}

/// @return the modulus' bits. Sizes come first: OpenSSL would work on whatever it is given.
Result<int> check_rsa(BytesView bits) {
  const auto key = parse_rsa_public_key(bits);
  if (!key) return invalid("RSA public key is not a DER RSAPublicKey");
  const std::size_t modulus_bits = bit_length(key->modulus);
  if (modulus_bits < least_modulus_bits) {
    return invalid("RSA keys < 2048 bits are unsafe and not supported");
  }
  if (modulus_bits > most_modulus_bits) return invalid("RSA keys > 8192 bits are not supported");
  if (modulus_bits % 8 != 0) return invalid("RSA modulus length is not a multiple of 8 bits");
  if (key->modulus.back() % 2 == 0) return invalid("RSA modulus is even");
  const std::size_t exponent_bits = bit_length(key->exponent);
  if (key->exponent.back() % 2 == 0 || exponent_bits < 2) {
    return invalid("RSA public exponent is not an odd number of at least 3");
  }
  // OpenSSL itself takes no longer exponent than 64 bits above 3072 bits of modulus.
  if (exponent_bits > 256 || (modulus_bits > 3072 && exponent_bits > 64)) {
    return invalid("RSA public exponent is too large");
  }
  const std::string_view weakness = rsa_weakness(key->modulus);
  if (!weakness.empty()) return invalid(std::string(weakness));
  return static_cast<int>(modulus_bits);
}

/// The point in uncompressed form (RFC 5480, 2.2). That it lies on the curve is checked as the
/// handle is made.
Result<Bytes> check_point(const KeySpec& spec, BytesView point) {
  const std::size_t size = coordinate_size(spec.bits);
  if (point.size() == 1 + 2 * size && point[0] == 4) return to_bytes(point);
  if (point.size() != 1 + size || (point[0] != 2 && point[0] != 3)) {
    return invalid("EC public key is not a point of its curve");
  }
  Bytes whole = decompressed(spec, point);
  if (whole.empty()) return invalid("EC public key is not a point of its curve");
  return whole;
}

/// The encodings of Curve25519's eight points of small order, sign bit cleared, forms above the
/// field prime included: a key among them verifies signatures that nobody made.
bool is_small_order(BytesView point) {
  constexpr std::array<std::array<std::uint8_t, 32>, 2> order_8{
      {{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
        0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
        0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
       {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
        0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
        0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}}};
  std::array<std::uint8_t, 32> y{};
  std::copy(point.begin(), point.end(), y.begin());
  y[31] &= 0x7f;
  if (y == order_8[0] || y == order_8[1]) return true;
  const auto all = [&y](std::size_t from, std::size_t to, std::uint8_t value) {
    return std::all_of(y.begin() + static_cast<std::ptrdiff_t>(from),
                       y.begin() + static_cast<std::ptrdiff_t>(to),
                       [value](std::uint8_t octet) { return octet == value; });
  };
  if (y[0] <= 1 && all(1, 32, 0)) return true;  // 0 and 1
  // p-1, p and p+1
  return y[0] >= 0xec && y[0] <= 0xee && all(1, 31, 0xff) && y[31] == 0x7f;
}

std::string unsupported_algorithm(BytesView algorithm) {
  constexpr std::array<std::uint8_t, 9> ec_public_key{0x06, 0x07, 0x2a, 0x86, 0x48,
                                                      0xce, 0x3d, 0x02, 0x01};
  const bool is_ec = std::search(algorithm.begin(), algorithm.end(), ec_public_key.begin(),
                                 ec_public_key.end()) != algorithm.end();
  return is_ec ? "EC public key is not on one of the named curves P-224, P-256, P-384 and P-521"
               : "public key algorithm is not supported";
}

}  // namespace

struct PublicKey::Lazy {
  std::once_flag once;
  KeyHandle handle;
};

PublicKey::PublicKey(const KeySpec& spec, Bytes spki, std::size_t bits_at)
    : spec_(spec), spki_(std::move(spki)), bits_at_(bits_at), lazy_(std::make_shared<Lazy>()) {}

Result<PublicKey> PublicKey::from_spki(BytesView spki) {
  if (spki.size() > spki_limit) return invalid("public key is too long");
  const Error malformed = invalid("public key is not a DER SubjectPublicKeyInfo");
  BytesView rest = spki;
  const auto outer = take_element(rest, tag_sequence);
  if (!outer || !rest.empty()) return malformed;
  BytesView inner = outer->content;
  const auto algorithm = take_element(inner, tag_sequence);
  const auto bit_string = take_element(inner, tag_bit_string);
  if (!algorithm || !bit_string || !inner.empty()) return malformed;
  if (bit_string->content.size() < 2 || bit_string->content[0] != 0) return malformed;
  const BytesView bits = bit_string->content.subspan(1);

  auto spec = parse_spki_algorithm(algorithm->whole);
  if (!spec) return invalid(unsupported_algorithm(algorithm->whole));
  Bytes content = to_bytes(bits);
  if (spec->type == KeyType::rsa) {
    const int modulus_bits = TRY(check_rsa(bits));
    spec->bits = modulus_bits;
  } else if (spec->type == KeyType::ec) {
    Bytes point = TRY(check_point(*spec, bits));
    content = std::move(point);
  } else if (bits.size() != 32 || is_small_order(bits)) {
    return invalid("Ed25519 public key is not 32 octets of a point of full order");
  }
  Bytes encoded = spki_of(*spec, content);
  const std::size_t bits_at = encoded.size() - content.size();
  PublicKey key(*spec, std::move(encoded), bits_at);
  KeyHandle handle = public_key_handle(*spec, content);
  if (!handle) {
    return invalid(spec->type == KeyType::ec ? "EC public key is not a point of its curve"
                                             : "public key is refused by OpenSSL");
  }
  std::call_once(key.lazy_->once, [&] { key.lazy_->handle = std::move(handle); });
  return key;
}

BytesView PublicKey::bit_string() const { return spki().subspan(bits_at_); }

Sha1 PublicKey::key_id() const { return sha1(bit_string()); }

EVP_PKEY* PublicKey::handle() const {
  std::call_once(lazy_->once, [this] {
    lazy_->handle = public_key_handle(spec_, bit_string());
    if (!lazy_->handle) openssl_fault("making a public key of our own");
  });
  return lazy_->handle.get();
}

bool PublicKey::verify(const SignatureScheme& scheme, BytesView message,
                       BytesView signature) const {
  bool is_good = false;
  if (spec_.type == KeyType::ed25519) {
    const DigestContext context(EVP_MD_CTX_new());
    if (!context) openssl_fault("EVP_MD_CTX_new");
    is_good = EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, handle(),
                                      nullptr) == 1 &&
              EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                               message.size()) == 1;
  } else {
    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, handle(), nullptr));
    if (!context) openssl_fault("EVP_PKEY_CTX_new_from_pkey");
    std::array<std::uint8_t, 64> buffer{};
    const BytesView hash = digest_into(scheme.hash, message, buffer);
    is_good = EVP_PKEY_verify_init(context.get()) == 1 &&
              set_scheme(context.get(), spec_.type, scheme) &&
              EVP_PKEY_verify(context.get(), signature.data(), signature.size(), hash.data(),
                              hash.size()) == 1;
  }
  if (!is_good) clear_openssl_errors();
  return is_good;
}

std::optional<RsaPublicKey> parse_rsa_public_key(BytesView bits) {
  const auto sequence = take_element(bits, tag_sequence);
  if (!sequence || !bits.empty()) return std::nullopt;
  BytesView inner = sequence->content;
  const auto modulus = take_positive(inner);
  const auto exponent = take_positive(inner);
  if (!modulus || !exponent || !inner.empty()) return std::nullopt;
  return RsaPublicKey{*modulus, *exponent};
}

std::string_view name(KeyType type) {
  switch (type) {
    case KeyType::rsa:
      return "rsa";
    case KeyType::ec:
      return "ec";
    case KeyType::ed25519:
      break;
  }
  return "ed25519";
}

std::optional<KeyType> key_type_named(std::string_view text) {
  for (const KeyType type : {KeyType::rsa, KeyType::ec, KeyType::ed25519}) {
    if (name(type) == text) return type;
  }
  return std::nullopt;
}

}  // namespace signet::crypto
