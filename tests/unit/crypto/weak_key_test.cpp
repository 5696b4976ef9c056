// SPDX-License-Identifier: Apache-2.0
// Public keys that PublicKey::from_spki refuses.
#include "crypto/der_piece.hpp"
#include "crypto/key.hpp"
#include "crypto/key_handle.hpp"
#include "crypto/weak_rsa.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace signet::crypto {
namespace {

using Number = std::unique_ptr<BIGNUM, OpensslFree<&BN_free>>;
using NumberContext = std::unique_ptr<BN_CTX, OpensslFree<&BN_CTX_free>>;

Bytes octets(const BIGNUM* number) {
  Bytes out(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, out.data());
  return out;
}

Number prime(int bits) {
  Number p(BN_new());
  BN_generate_prime_ex(p.get(), bits, 0, nullptr, nullptr, nullptr);
  return p;
}

Number product(const BIGNUM* a, const BIGNUM* b) {
  const NumberContext context(BN_CTX_new());
  Number out(BN_new());
  BN_mul(out.get(), a, b, context.get());
  return out;
}

/// The next prime above.
Number next_prime(const BIGNUM* from) {
  const NumberContext context(BN_CTX_new());
  Number p(BN_dup(from));
  do {
    BN_add_word(p.get(), 2);
  } while (BN_check_prime(p.get(), context.get(), nullptr) != 1);
  return p;
}

Bytes rsa_spki(BytesView modulus, BytesView exponent) {
  Bytes body;
  for (const BytesView number : {modulus, exponent}) {
    const bool needs_sign = number.front() >= 0x80;
    append_header(body, tag_integer, number.size() + (needs_sign ? 1 : 0));
    if (needs_sign) body.push_back(0);
    append(body, number);
  }
  Bytes bits;
  append_header(bits, tag_sequence, body.size());
  append(bits, body);
  return spki_of({KeyType::rsa, 0}, bits);
}

std::string refusal(BytesView spki) {
  const auto key = PublicKey::from_spki(spki);
  return key ? "" : key.error().message;
}

const Bytes& good_modulus() {
  static const Bytes modulus = [] {
    const PrivateKey key = PrivateKey::generate({KeyType::rsa, 2048});
    return to_bytes(parse_rsa_public_key(key.public_key().bit_string())->modulus);
  }();
  return modulus;
}
const Bytes f4{1, 0, 1};

TEST(RsaKeys, SizesAndExponents) {
  EXPECT_EQ(refusal(rsa_spki(good_modulus(), f4)), "");
  EXPECT_EQ(refusal(rsa_spki(good_modulus(), Bytes{3})), "");
  EXPECT_EQ(refusal(rsa_spki(BytesView(good_modulus()).subspan(8), f4)),
            "RSA keys < 2048 bits are unsafe and not supported");
  Bytes odd_length = good_modulus();
  odd_length.insert(odd_length.begin(), 1);
  EXPECT_EQ(refusal(rsa_spki(odd_length, f4)), "RSA modulus length is not a multiple of 8 bits");
  EXPECT_EQ(refusal(rsa_spki(Bytes(1025, 0xff), f4)), "RSA keys > 8192 bits are not supported");
  Bytes even = good_modulus();
  even.back() = static_cast<std::uint8_t>(even.back() & 0xfe);
  EXPECT_EQ(refusal(rsa_spki(even, f4)), "RSA modulus is even");
  for (const Bytes& exponent : {Bytes{1}, Bytes{2}, Bytes{1, 0}}) {
    EXPECT_EQ(refusal(rsa_spki(good_modulus(), exponent)),
              "RSA public exponent is not an odd number of at least 3");
  }
  EXPECT_EQ(refusal(rsa_spki(good_modulus(), Bytes(33, 1))), "RSA public exponent is too large");
  EXPECT_EQ(refusal(rsa_spki(Bytes(512, 0xff), Bytes(9, 1))), "RSA public exponent is too large");
}

TEST(RsaKeys, NumbersAreDer) {
  const char* const message = "RSA public key is not a DER RSAPublicKey";
  for (const char* bits : {
           "30060201050201",         // cut short
           "3006020105020103",       // shape is right: falls on its size below
           "300702020005020103",     // a zero octet too many
           "3006020185020103",       // negative
           "30050200020103",         // no octet
           "3006020105020100",       // zero
           "300802010502010305 00",  // more behind
       }) {
    std::string digits(bits);
    digits.erase(std::remove(digits.begin(), digits.end(), ' '), digits.end());
    const bool is_shaped = digits == "3006020105020103";
    EXPECT_EQ(refusal(spki_of({KeyType::rsa, 0}, from_hex(digits).value())),
              is_shaped ? "RSA keys < 2048 bits are unsafe and not supported" : message)
        << bits;
  }
}

TEST(RsaKeys, SmallFactor) {
  // Whatever the number: its product with 751, cut to 2048 bits by choice of the cofactor.
  Number cofactor(BN_new());
  BN_set_bit(cofactor.get(), 2047);
  BN_div_word(cofactor.get(), 751);
  BN_add_word(cofactor.get(), 2);
  if (BN_is_odd(cofactor.get()) == 0) BN_add_word(cofactor.get(), 1);
  BN_mul_word(cofactor.get(), 751);
  EXPECT_EQ(refusal(rsa_spki(octets(cofactor.get()), f4)), "RSA modulus has a small prime factor");
}

TEST(RsaKeys, ClosePrimes) {
  const Number p = prime(1024);
  const Number q = next_prime(next_prime(p.get()).get());
  EXPECT_EQ(refusal(rsa_spki(octets(product(p.get(), q.get()).get()), f4)),
            "RSA modulus is a product of close primes");
  EXPECT_EQ(refusal(rsa_spki(octets(product(p.get(), p.get()).get()), f4)),
            "RSA modulus is a product of close primes");
}

TEST(RsaKeys, Roca) {
  // Primes k*M + (65537^a mod M), M the product of the first 126 primes (971 bits), as the flawed
  // generator makes them for 1024-bit primes.
  const NumberContext context(BN_CTX_new());
  Number m(BN_new());
  BN_set_word(m.get(), 1);
  int count = 0;
  for (unsigned candidate = 2; count < 126; ++candidate) {
    bool is_prime = true;
    for (unsigned d = 2; d * d <= candidate; ++d) is_prime = is_prime && candidate % d != 0;
    if (!is_prime) continue;
    BN_mul_word(m.get(), candidate);
    ++count;
  }
  const auto flawed_prime = [&] {
    Number base(BN_new());
    Number exponent(BN_new());
    Number rest(BN_new());
    BN_set_word(base.get(), 65537);
    Number p(BN_new());
    const int bits = 1024 - BN_num_bits(m.get());
    while (true) {
      BN_rand(exponent.get(), 60, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
      BN_mod_exp(rest.get(), base.get(), exponent.get(), m.get(), context.get());
      BN_rand(p.get(), bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ANY);
      BN_mul(p.get(), p.get(), m.get(), context.get());
      BN_add(p.get(), p.get(), rest.get());
      if (BN_num_bits(p.get()) == 1024 && BN_check_prime(p.get(), context.get(), nullptr) == 1) {
        return Number(BN_dup(p.get()));
      }
    }
  };
  Number n;
  do {
    n = product(flawed_prime().get(), flawed_prime().get());
  } while (BN_num_bits(n.get()) != 2048);
  EXPECT_EQ(refusal(rsa_spki(octets(n.get()), f4)),
            "RSA key was made by a flawed generator (CVE-2017-15361)");
}

TEST(EcKeys, PointsOffTheCurve) {
  const PrivateKey key = PrivateKey::generate({KeyType::ec, 256});
  const Bytes point = to_bytes(key.public_key().bit_string());
  const char* const message = "EC public key is not a point of its curve";
  const auto with = [&](const std::function<void(Bytes&)>& change) {
    Bytes changed = point;
    change(changed);
    return refusal(spki_of({KeyType::ec, 256}, changed));
  };
  EXPECT_EQ(with([](Bytes&) {}), "");
  EXPECT_EQ(with([](Bytes& p) { p.back() = static_cast<std::uint8_t>(p.back() ^ 1); }), message);
  EXPECT_EQ(with([](Bytes& p) { p[0] = 6; }), message);        // hybrid form
  EXPECT_EQ(with([](Bytes& p) { p.assign(1, 0); }), message);  // infinity
  EXPECT_EQ(with([](Bytes& p) { p.pop_back(); }), message);
  EXPECT_EQ(with([](Bytes& p) { std::fill(p.begin() + 1, p.end(), 0xff); }), message);
  EXPECT_EQ(with([](Bytes& p) { std::fill(p.begin() + 1, p.end(), 0); }), message);
}

TEST(EcKeys, CompressedPointsAreReencoded) {
  for (const int bits : {224, 256, 384, 521}) {
    const PrivateKey key = PrivateKey::generate({KeyType::ec, bits});
    const BytesView point = key.public_key().bit_string();
    Bytes compressed = to_bytes(point.first(1 + coordinate_size(bits)));
    compressed[0] = point.back() % 2 == 0 ? 2 : 3;
    const auto read = PublicKey::from_spki(spki_of({KeyType::ec, bits}, compressed));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(hex(read->spki()), hex(key.public_key().spki()));
  }
}

TEST(EcKeys, OtherCurvesAndExplicitParameters) {
  const char* const message =
      "EC public key is not on one of the named curves P-224, P-256, P-384 and P-521";
  // secp256k1, and parameters that are a SEQUENCE instead of a name.
  for (const char* algorithm :
       {"301006072a8648ce3d020106052b8104000a", "300e06072a8648ce3d02013003020101"}) {
    Bytes body = from_hex(algorithm).value();
    append(body, Bytes{0x03, 0x03, 0x00, 0x04, 0x01});
    Bytes spki;
    append_header(spki, tag_sequence, body.size());
    append(spki, body);
    EXPECT_EQ(refusal(spki), message);
  }
}

TEST(Ed25519Keys, SmallOrder) {
  const std::string f28(60, 'f');
  for (const std::string& low : {
           std::string(64, '0'),
           "01" + std::string(62, '0'),
           "ec" + f28 + "7f",
           "ed" + f28 + "7f",
           "ee" + f28 + "7f",
           std::string("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
           std::string("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
       }) {
    Bytes point = from_hex(low).value();
    ASSERT_EQ(point.size(), 32U);
    for (const int sign : {0x00, 0x80}) {
      point[31] = static_cast<std::uint8_t>((point[31] & 0x7f) | sign);
      EXPECT_EQ(refusal(spki_of({KeyType::ed25519, 0}, point)),
                "Ed25519 public key is not 32 octets of a point of full order")
          << low;
    }
  }
  EXPECT_NE(refusal(spki_of({KeyType::ed25519, 0}, Bytes(31, 5))), "");
}

TEST(Spki, Shape) {
  const PrivateKey key = PrivateKey::generate({KeyType::ed25519, 0});
  Bytes spki = to_bytes(key.public_key().spki());
  EXPECT_EQ(refusal(spki), "");
  Bytes longer = spki;
  longer.push_back(0);
  EXPECT_EQ(refusal(longer), "public key is not a DER SubjectPublicKeyInfo");
  Bytes unused_bits = spki;
  unused_bits[11] = 1;
  EXPECT_EQ(refusal(unused_bits), "public key is not a DER SubjectPublicKeyInfo");
  EXPECT_EQ(refusal(Bytes(4097, 0x30)), "public key is too long");
  // X25519 signs nothing.
  Bytes x25519 = spki;
  x25519[8] = 0x6e;
  EXPECT_EQ(refusal(x25519), "public key algorithm is not supported");
}

}  // namespace
}  // namespace signet::crypto
