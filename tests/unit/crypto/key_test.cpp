// SPDX-License-Identifier: Apache-2.0
#include "crypto/key.hpp"

#include "crypto/signature_algorithms.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace signet::crypto {
namespace {

Bytes i2d_pubkey(EVP_PKEY* key) {
  unsigned char* out = nullptr;
  const int size = i2d_PUBKEY(key, &out);
  Bytes bytes(out, out + size);
  OPENSSL_free(out);
  return bytes;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string title(const KeySpec& spec) {
  return std::string(name(spec.type)) + std::to_string(spec.bits);
}

/// One key of each kind; made once, RSA is slow.
const PrivateKey& sample(const KeySpec& spec) {
  static std::vector<std::unique_ptr<PrivateKey>> keys;
  for (const auto& key : keys) {
    if (key->spec() == spec) return *key;
  }
  keys.push_back(std::make_unique<PrivateKey>(PrivateKey::generate(spec)));
  return *keys.back();
}

class EveryKey : public testing::TestWithParam<KeySpec> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EveryKey,
                         testing::Values(KeySpec{KeyType::rsa, 2048}, KeySpec{KeyType::rsa, 3072},
                                         KeySpec{KeyType::ec, 224}, KeySpec{KeyType::ec, 256},
                                         KeySpec{KeyType::ec, 384}, KeySpec{KeyType::ec, 521},
                                         KeySpec{KeyType::ed25519, 0}),
                         [](const auto& test) { return title(test.param); });

TEST_P(EveryKey, SpkiIsOpensslsOwn) {
  const PrivateKey& key = sample(GetParam());
  EXPECT_EQ(key.spec(), GetParam());
  EXPECT_EQ(hex(key.public_key().spki()), hex(i2d_pubkey(key.public_key().handle())));
  const auto again = PublicKey::from_spki(key.public_key().spki());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->spec(), GetParam());
  EXPECT_EQ(hex(again->spki()), hex(key.public_key().spki()));
  EXPECT_EQ(hex(again->bit_string()), hex(key.public_key().bit_string()));
  EXPECT_EQ(EVP_PKEY_eq(again->handle(), key.public_key().handle()), 1);
}

TEST_P(EveryKey, SignsAndVerifies) {
  const PrivateKey& key = sample(GetParam());
  std::vector<SignatureScheme> schemes{default_scheme(GetParam())};
  if (GetParam().type == KeyType::rsa) {
    for (const Hash hash : {Hash::sha256, Hash::sha384, Hash::sha512}) {
      schemes.push_back({hash, false});
      schemes.push_back({hash, true});
    }
  }
  const BytesView message = as_bytes("message");
  for (const SignatureScheme& scheme : schemes) {
    for (int i = 0; i < 3; ++i) {
      Bytes signature = key.sign(scheme, message);
      EXPECT_TRUE(key.public_key().verify(scheme, message, signature));
      EXPECT_FALSE(key.public_key().verify(scheme, as_bytes("massage"), signature));
      EXPECT_FALSE(key.public_key().verify(scheme, message, BytesView(signature).first(10)));
      EXPECT_FALSE(key.public_key().verify(scheme, message, {}));
      signature.back() ^= 1;
      EXPECT_FALSE(key.public_key().verify(scheme, message, signature));
    }
  }
}

TEST_P(EveryKey, PrivateFormsAreOpensslsOwnAndReadBack) {
  const PrivateKey& key = sample(GetParam());
  const SecretBytes pkcs8 = key.pkcs8();
  const SecretBytes traditional = key.traditional();
  const unsigned char* at = pkcs8.reveal().data();
  const KeyHandle decoded(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(pkcs8.size())));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(EVP_PKEY_eq(decoded.get(), key.public_key().handle()), 1);

  PKCS8_PRIV_KEY_INFO* const info = EVP_PKEY2PKCS8(decoded.get());
  unsigned char* out = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &out);
  EXPECT_EQ(hex(pkcs8.reveal()), hex(BytesView(out, static_cast<std::size_t>(size))));
  OPENSSL_free(out);
  PKCS8_PRIV_KEY_INFO_free(info);
  if (GetParam().type != KeyType::ed25519) {
    const BioHandle bio(BIO_new(BIO_s_mem()));
    ASSERT_EQ(PEM_write_bio_PrivateKey_traditional(bio.get(), decoded.get(), nullptr, nullptr, 0,
                                                   nullptr, nullptr),
              1);
    EXPECT_EQ(private_key_pem(key.traditional_label(), traditional.reveal()).reveal_text(),
              text_of(bio.get()));
  }

  for (const BytesView form : {pkcs8.reveal(), traditional.reveal()}) {
    for (const std::string_view label :
         {std::string_view("PRIVATE KEY"), key.traditional_label()}) {
      const auto from_pem = PrivateKey::parse(as_bytes(pem(label, form)));
      ASSERT_TRUE(from_pem) << from_pem.error().message;
      EXPECT_EQ(hex(from_pem->public_key().spki()), hex(key.public_key().spki()));
    }
    const auto from_der = PrivateKey::parse(form);
    ASSERT_TRUE(from_der) << from_der.error().message;
    EXPECT_EQ(hex(from_der->pkcs8().reveal()), hex(pkcs8.reveal()));
    EXPECT_FALSE(PrivateKey::parse(form.first(form.size() - 1)));
    Bytes longer = to_bytes(form);
    longer.push_back(0);
    EXPECT_FALSE(PrivateKey::parse(longer));
  }
}

TEST_P(EveryKey, EncryptedKeysAreRefused) {
  const SecretBytes pkcs8 = sample(GetParam()).pkcs8();
  const unsigned char* at = pkcs8.reveal().data();
  const KeyHandle key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(pkcs8.size())));
  ASSERT_TRUE(key);
  const BioHandle bio(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_256_cbc(), "pw", 2, nullptr,
                                          nullptr),
            1);
  const std::string text = text_of(bio.get());
  const char* const message = "the private key is encrypted; give it without a passphrase";
  EXPECT_EQ(PrivateKey::parse(as_bytes(text)).error().message, message);
  EXPECT_EQ(PrivateKey::parse(parse_pem(text)->front().der).error().message, message);
  EXPECT_EQ(PrivateKey::parse(as_bytes("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                                       "DEK-Info: AES-128-CBC,00\n\nZm9v\n"
                                       "-----END RSA PRIVATE KEY-----\n"))
                .error()
                .message,
            message);
}

TEST(Key, KeyIdIsSha1OfTheBits) {
  const PublicKey& key = sample({KeyType::ec, 256}).public_key();
  EXPECT_EQ(key.bit_string().size(), 65U);
  EXPECT_EQ(key.key_id(), sha1(key.bit_string()));
}

TEST(Key, Rfc8032Vector) {
  // RFC 8032, 7.1, test 2, wrapped as RFC 8410, 7 has it.
  const auto key = PrivateKey::parse(
      from_hex("302e020100300506032b6570042204204ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624"
               "da8cf6ed4fb8a6fb")
          .value());
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(hex(key->public_key().bit_string()),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  EXPECT_EQ(hex(key->sign({}, Bytes{0x72})),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f36"
            "13d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Key, EcParametersMayPrecede) {
  const PrivateKey& key = sample({KeyType::ec, 256});
  const std::string parameters = pem("EC PARAMETERS", from_hex("06082a8648ce3d030107").value());
  const std::string body = pem("EC PRIVATE KEY", key.traditional().reveal());
  EXPECT_TRUE(PrivateKey::parse(as_bytes(parameters + body)));
  EXPECT_FALSE(PrivateKey::parse(as_bytes(parameters)));
  EXPECT_EQ(PrivateKey::parse(as_bytes(body + body)).error().message,
            "there is more than one private key");
  EXPECT_EQ(PrivateKey::parse(as_bytes(pem("CERTIFICATE", Bytes{1}) + body)).error().message,
            "PEM block \"CERTIFICATE\" is not a private key");
}

TEST(Key, HalvesMustFit) {
  const PrivateKey& key = sample({KeyType::ec, 256});
  const PrivateKey other = PrivateKey::generate({KeyType::ec, 256});
  Bytes mixed = to_bytes(key.traditional().reveal());
  const BytesView point = other.public_key().bit_string();
  std::copy(point.begin(), point.end(), mixed.end() - 65);
  EXPECT_FALSE(PrivateKey::parse(mixed));
}

TEST(Key, RubbishIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("-----BEGIN "), std::string(40'000, 'a'),
        std::string("-----BEGIN PRIVATE KEY-----\nZm9v\n-----END PRIVATE KEY-----\n"),
        std::string("\x30\x00", 2), std::string("\x30\x80\x00\x00", 4)}) {
    EXPECT_FALSE(PrivateKey::parse(as_bytes(text)));
    EXPECT_FALSE(PublicKey::from_spki(as_bytes(text)));
  }
}

TEST(Key, DamagedSpkisAreSurvived) {
  for (const KeySpec& spec :
       {KeySpec{KeyType::rsa, 2048}, KeySpec{KeyType::ec, 384}, KeySpec{KeyType::ed25519, 0}}) {
    const BytesView spki = sample(spec).public_key().spki();
    for (std::size_t i = 0; i < spki.size(); ++i) {
      EXPECT_FALSE(PublicKey::from_spki(spki.first(i)));
      if (i > 64) continue;  // the numbers themselves are checked below
      Bytes damaged = to_bytes(spki);
      damaged[i] ^= 0x41;
      const auto key = PublicKey::from_spki(damaged);
      if (!key) continue;
      EXPECT_EQ(hex(key->spki()), hex(damaged));
    }
  }
}

TEST(Key, ManyThreadsSignWithOneKey) {
  const PrivateKey& key = sample({KeyType::ec, 256});
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const Bytes signature = key.sign({}, as_bytes("x"));
        if (key.public_key().verify({}, as_bytes("x"), signature)) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
}

TEST(RsaPool, HandsOutDifferentKeys) {
  RsaPool pool(2);
  const PrivateKey a = pool.take(2048);
  const PrivateKey b = pool.take(2048);
  EXPECT_EQ(a.spec(), (KeySpec{KeyType::rsa, 2048}));
  EXPECT_NE(hex(a.public_key().spki()), hex(b.public_key().spki()));
  EXPECT_TRUE(b.public_key().verify({}, as_bytes("x"), b.sign({}, as_bytes("x"))));
}

}  // namespace
}  // namespace signet::crypto
