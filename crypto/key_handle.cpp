// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_handle.hpp"

#include "base/result.hpp"
#include "crypto/algorithms.hpp"
#include "crypto/der_piece.hpp"
#include "crypto/signature_algorithms.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

namespace signet::crypto {
namespace {

using Number = std::unique_ptr<BIGNUM, OpensslFree<&BN_free>>;
using Group = std::unique_ptr<EC_GROUP, OpensslFree<&EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, OpensslFree<&EC_POINT_free>>;
using SecretNumber = std::unique_ptr<BIGNUM, OpensslFree<&BN_clear_free>>;
using SecretScratch = std::unique_ptr<BN_CTX, OpensslFree<&BN_CTX_free>>;

constexpr std::array<int, 4> curves{224, 256, 384, 521};

std::size_t curve_index(int curve_bits) {
  const auto at = std::find(curves.begin(), curves.end(), curve_bits);
  CHECK(at != curves.end());
  return static_cast<std::size_t>(at - curves.begin());
}

int curve_nid(int curve_bits) {
  constexpr std::array<int, 4> nids{NID_secp224r1, NID_X9_62_prime256v1, NID_secp384r1,
                                    NID_secp521r1};
  return nids[curve_index(curve_bits)];
}

const char* algorithm_name(KeyType type) {
  constexpr std::array<const char*, 3> names{"RSA", "EC", "ED25519"};
  return names[static_cast<std::size_t>(type)];
}

/// The thread's context that makes keys of this type from numbers.
EVP_PKEY_CTX* importer(KeyType type) {
  static thread_local std::array<KeyContext, 3> contexts;
  KeyContext& context = contexts[static_cast<std::size_t>(type)];
  if (!context) {
    KeyContext fresh(EVP_PKEY_CTX_new_from_name(nullptr, algorithm_name(type), nullptr));
    if (!fresh || EVP_PKEY_fromdata_init(fresh.get()) != 1) openssl_fault("EVP_PKEY_fromdata_init");
    context = std::move(fresh);
  }
  return context.get();
}

/// A number as OSSL_PARAM wants it: the machine's byte order.
Bytes native(BytesView big_endian) {
  static_assert(std::endian::native == std::endian::little);
  return {big_endian.rbegin(), big_endian.rend()};
}

Bytes integer_of(EVP_PKEY* key, const char* parameter) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &raw) != 1) openssl_fault(parameter);
  const Number number(raw);
  Bytes octets(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), octets.data());
  return octets;
}

/// What one thread needs to make key pairs of one curve.
class PairMaker {
 public:
  explicit PairMaker(int curve_bits)
      : size_(coordinate_size(curve_bits)),
        group_(EC_GROUP_new_by_curve_name(curve_nid(curve_bits))),
        scratch_(BN_CTX_secure_new()) {
    if (!group_ || !scratch_) openssl_fault("EC_GROUP_new_by_curve_name");
    point_.reset(EC_POINT_new(group_.get()));
    if (!point_) openssl_fault("EC_POINT_new");
  }

  EcKeyPair make() {
    const SecretNumber scalar(BN_secure_new());
    if (!scalar) openssl_fault("BN_secure_new");
    BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
    do {
      if (BN_priv_rand_range(scalar.get(), EC_GROUP_get0_order(group_.get())) != 1)
        openssl_fault("BN_priv_rand_range");
    } while (BN_is_zero(scalar.get()));
    Bytes octets(size_);
    Bytes public_point(1 + 2 * size_);
    if (EC_POINT_mul(group_.get(), point_.get(), scalar.get(), nullptr, nullptr, scratch_.get()) !=
            1 ||
        EC_POINT_point2oct(group_.get(), point_.get(), POINT_CONVERSION_UNCOMPRESSED,
                           public_point.data(), public_point.size(),
                           scratch_.get()) != public_point.size() ||
        BN_bn2binpad(scalar.get(), octets.data(), static_cast<int>(size_)) < 0)
      openssl_fault("generating an EC key pair");
    return {std::move(public_point), SecretBytes(std::move(octets))};
  }

 private:
  std::size_t size_;
  Group group_;
  SecretScratch scratch_;
  Point point_;
};

std::size_t integer_content(BytesView magnitude) {
  return magnitude.size() + (magnitude.front() >= 0x80 ? 1 : 0);
}

void append_integer(Bytes& to, BytesView magnitude) {
  append_header(to, tag_integer, integer_content(magnitude));
  if (magnitude.front() >= 0x80) to.push_back(0);
  append(to, magnitude);
}

}  // namespace

std::size_t coordinate_size(int curve_bits) {
  return (static_cast<std::size_t>(curve_bits) + 7) / 8;
}

const char* group_name(int curve_bits) { return OBJ_nid2sn(curve_nid(curve_bits)); }

Bytes decompressed(const KeySpec& spec, BytesView point) {
  const Group group(EC_GROUP_new_by_curve_name(curve_nid(spec.bits)));
  if (!group) openssl_fault("EC_GROUP_new_by_curve_name");
  const Point value(EC_POINT_new(group.get()));
  if (!value) openssl_fault("EC_POINT_new");
  Bytes out(1 + 2 * coordinate_size(spec.bits));
  if (EC_POINT_oct2point(group.get(), value.get(), point.data(), point.size(), nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), value.get(), POINT_CONVERSION_UNCOMPRESSED, out.data(),
                         out.size(), nullptr) != out.size()) {
    clear_openssl_errors();
    return {};
  }
  return out;
}

Bytes spki_of(const KeySpec& spec, BytesView bits) {
  const BytesView algorithm = spki_algorithm(spec);
  const std::size_t content = algorithm.size() + element_size(1 + bits.size());
  Bytes spki;
  spki.reserve(element_size(content));
  append_header(spki, tag_sequence, content);
  append(spki, algorithm);
  append_header(spki, tag_bit_string, 1 + bits.size());
  spki.push_back(0);  // no unused bits
  append(spki, bits);
  return spki;
}

Bytes public_bits(const KeySpec& spec, EVP_PKEY* key) {
  if (spec.type == KeyType::rsa) {
    const Bytes n = integer_of(key, OSSL_PKEY_PARAM_RSA_N);
    const Bytes e = integer_of(key, OSSL_PKEY_PARAM_RSA_E);
    if (n.empty() || e.empty()) return {};
    const std::size_t content = element_size(integer_content(n)) + element_size(integer_content(e));
    Bytes bits;
    bits.reserve(element_size(content));
    append_header(bits, tag_sequence, content);
    append_integer(bits, n);
    append_integer(bits, e);
    return bits;
  }
  std::array<std::uint8_t, 1 + 2 * 66> buffer{};
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, buffer.data(), buffer.size(),
                                      &size) != 1) {
    openssl_fault("reading a public key");
  }
  return to_bytes(BytesView(buffer).first(size));
}

KeyHandle public_key_handle(const KeySpec& spec, BytesView bits) {
  std::array<OSSL_PARAM, 3> parameters{OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end(),
                                       OSSL_PARAM_construct_end()};
  Bytes first;
  Bytes second;
  std::string group;
  if (spec.type == KeyType::rsa) {
    const auto key = parse_rsa_public_key(bits);
    if (!key) return nullptr;
    first = native(key->modulus);
    second = native(key->exponent);
    parameters[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, first.data(), first.size());
    parameters[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, second.data(), second.size());
  } else {
    first = to_bytes(bits);
    parameters[0] =
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, first.data(), first.size());
    if (spec.type == KeyType::ec) {
      group = group_name(spec.bits);
      parameters[1] =
          OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size());
    }
  }
  EVP_PKEY* raw = nullptr;
  const int is_done =
      EVP_PKEY_fromdata(importer(spec.type), &raw, EVP_PKEY_PUBLIC_KEY, parameters.data());
  KeyHandle handle(raw);
  if (is_done == 1) return handle;
  clear_openssl_errors();
  return nullptr;
}

EcKeyPair generate_ec_pair(int curve_bits) {
  static thread_local std::array<std::optional<PairMaker>, curves.size()> makers;
  std::optional<PairMaker>& maker = makers[curve_index(curve_bits)];
  if (!maker) maker.emplace(curve_bits);
  return maker->make();
}

KeyHandle ec_key_handle(const KeySpec& spec, BytesView point, const SecretBytes& scalar) {
  std::string group = group_name(spec.bits);
  Bytes bits = to_bytes(point);
  Bytes number = native(scalar.reveal());
  const std::array<OSSL_PARAM, 4> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bits.data(), bits.size()),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, number.data(), number.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* raw = nullptr;
  const int is_done = EVP_PKEY_fromdata(importer(KeyType::ec), &raw, EVP_PKEY_KEYPAIR,
                                        const_cast<OSSL_PARAM*>(parameters.data()));
  wipe(number);
  if (is_done != 1) openssl_fault("taking an EC key pair");
  return KeyHandle(raw);
}

KeyHandle generate_ed25519_key() {
  static thread_local KeyContext context;
  if (!context) {
    KeyContext fresh(
        EVP_PKEY_CTX_new_from_name(nullptr, algorithm_name(KeyType::ed25519), nullptr));
    if (!fresh || EVP_PKEY_keygen_init(fresh.get()) != 1) openssl_fault("preparing key generation");
    context = std::move(fresh);
  }
  EVP_PKEY* raw = nullptr;
  if (EVP_PKEY_generate(context.get(), &raw) != 1) openssl_fault("generating a key");
  return KeyHandle(raw);
}

KeyHandle generate_rsa_key(int bits, const std::atomic<bool>* stop) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) != 1) {
    openssl_fault("preparing key generation");
  }
  const std::atomic<bool> never = false;
  const std::atomic<bool>* const watched = stop != nullptr ? stop : &never;
  EVP_PKEY_CTX_set_app_data(context.get(), const_cast<std::atomic<bool>*>(watched));
  EVP_PKEY_CTX_set_cb(context.get(), [](EVP_PKEY_CTX* at) {
    return static_cast<const std::atomic<bool>*>(EVP_PKEY_CTX_get_app_data(at))->load() ? 0 : 1;
  });
  EVP_PKEY* raw = nullptr;
  const int is_done = EVP_PKEY_generate(context.get(), &raw);
  KeyHandle handle(raw);
  if (is_done == 1) return handle;
  if (!watched->load()) openssl_fault("generating an RSA key");
  clear_openssl_errors();
  return nullptr;
}

bool set_scheme(EVP_PKEY_CTX* context, KeyType type, const SignatureScheme& scheme) {
  if (type != KeyType::rsa) return true;
  const EVP_MD* const hash = message_digest(scheme.hash);
  if (EVP_PKEY_CTX_set_signature_md(context, hash) != 1) return false;
  if (!scheme.is_pss) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash) == 1;
}

}  // namespace signet::crypto
