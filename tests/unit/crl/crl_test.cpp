// SPDX-License-Identifier: Apache-2.0
// Lists are judged by OpenSSL: what we write, it must read, verify and find the entries in.
#include "crl/crl.hpp"

#include "crypto/signature_algorithms.hpp"
#include "tests/unit/ca/fixture.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace signet::crl {
namespace {

using CrlHandle = std::unique_ptr<X509_CRL, crypto::OpensslFree<&X509_CRL_free>>;

constexpr UnixTime now{1'800'000'000};

CrlHeader header_of(const ca::Issuer& issuer) {
  CrlHeader header;
  header.issuer = to_bytes(issuer.certificate().subject.der());
  header.authority_key_id = issuer.certificate().key_id();
  header.number = 128;  // needs a leading zero octet
  header.this_update = now;
  header.next_update = now + Seconds(3600);
  return header;
}

Bytes serial_number(std::uint32_t value) {
  Bytes serial(16, 0x40);
  for (int i = 0; i < 4; ++i)
    serial[12 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  return serial;
}

std::shared_ptr<const StoredObject> build(const ca::Issuer& issuer, std::uint32_t entries,
                                          CrlHeader header) {
  CrlBuilder builder("");
  for (std::uint32_t i = 0; i < entries; ++i)
    builder.add({serial_number(i), now - Seconds(i), i % 3 == 0 ? 1 : 0});
  return builder.finish(header, issuer.key(), crypto::default_scheme(issuer.key().spec()));
}

CrlHandle read_with_openssl(const StoredObject& der) {
  const Bytes bytes = der.read(0, der.size());
  const unsigned char* at = bytes.data();
  CrlHandle crl(d2i_X509_CRL(nullptr, &at, static_cast<long>(bytes.size())));
  if (at != bytes.data() + bytes.size()) return nullptr;
  return crl;
}

struct KeyCase {
  const char* name;
  crypto::KeySpec spec;
};

class CrlOfKey : public testing::TestWithParam<KeyCase> {};

TEST_P(CrlOfKey, VerifiesInOpenssl) {
  const ca::Issuer issuer = ca::test::root("CRL CA", {}, GetParam().spec);
  const auto der = build(issuer, 3, header_of(issuer));
  const CrlHandle crl = read_with_openssl(*der);
  ASSERT_TRUE(crl);
  EXPECT_EQ(X509_CRL_verify(crl.get(), issuer.key().public_key().handle()), 1);
  EXPECT_EQ(X509_CRL_get_version(crl.get()), 1);
  EXPECT_EQ(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl.get())), 3);
}

INSTANTIATE_TEST_SUITE_P(Keys, CrlOfKey,
                         testing::Values(KeyCase{"p256", {crypto::KeyType::ec, 256}},
                                         KeyCase{"p384", {crypto::KeyType::ec, 384}},
                                         KeyCase{"p521", {crypto::KeyType::ec, 521}},
                                         KeyCase{"rsa2048", {crypto::KeyType::rsa, 2048}},
                                         KeyCase{"ed25519", {crypto::KeyType::ed25519, 0}}),
                         [](const auto& each) { return each.param.name; });

TEST(Crl, NoEntriesMeansNoListOfThem) {
  const ca::Issuer issuer = ca::test::root();
  const auto der = build(issuer, 0, header_of(issuer));
  const CrlHandle crl = read_with_openssl(*der);
  ASSERT_TRUE(crl);
  EXPECT_EQ(X509_CRL_get_REVOKED(crl.get()), nullptr);  // RFC 5280, 5.1.2.6: absent, not empty
}

TEST(Crl, NumberAndKeyIdAndReasonsAreRead) {
  const ca::Issuer issuer = ca::test::root();
  const auto der = build(issuer, 2, header_of(issuer));
  const CrlHandle crl = read_with_openssl(*der);
  ASSERT_TRUE(crl);
  const std::unique_ptr<ASN1_INTEGER, crypto::OpensslFree<&ASN1_INTEGER_free>> number(
      static_cast<ASN1_INTEGER*>(
          X509_CRL_get_ext_d2i(crl.get(), NID_crl_number, nullptr, nullptr)));
  ASSERT_TRUE(number);
  EXPECT_EQ(ASN1_INTEGER_get(number.get()), 128);
  EXPECT_GE(X509_CRL_get_ext_by_NID(crl.get(), NID_authority_key_identifier, -1), 0);
  X509_REVOKED* first = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl.get()), 0);
  EXPECT_GE(X509_REVOKED_get_ext_by_NID(first, NID_crl_reason, -1), 0);
  X509_REVOKED* second = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl.get()), 1);
  EXPECT_LT(X509_REVOKED_get_ext_by_NID(second, NID_crl_reason, -1), 0);
}

TEST(Crl, ManyEntriesStreamThroughTheFile) {
  const ca::Issuer issuer = ca::test::root();
  const auto der = build(issuer, 20'000, header_of(issuer));  // crosses the buffer several times
  const CrlHandle crl = read_with_openssl(*der);
  ASSERT_TRUE(crl);
  EXPECT_EQ(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl.get())), 20'000);
  EXPECT_EQ(X509_CRL_verify(crl.get(), issuer.key().public_key().handle()), 1);
}

TEST(Crl, OurParserReadsWhatWeWrite) {
  const ca::Issuer issuer = ca::test::root();
  const auto der = build(issuer, 3, header_of(issuer));
  const Bytes bytes = der->read(0, der->size());
  const auto parsed = parse_crl(bytes);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->header.number, 128);
  EXPECT_EQ(parsed->header.this_update, now);
  EXPECT_EQ(parsed->header.next_update, now + Seconds(3600));
  ASSERT_EQ(parsed->entries.size(), 3U);
  EXPECT_EQ(parsed->entries[1].serial, serial_number(1));
  EXPECT_EQ(parsed->entries[0].reason, 1);
}

TEST(Crl, CutOrLengthenedListsAreRefused) {
  const ca::Issuer issuer = ca::test::root();
  Bytes bytes = build(issuer, 3, header_of(issuer))->read(0, 1 << 20);
  for (std::size_t size = 0; size < bytes.size(); size += 7)
    EXPECT_FALSE(parse_crl(BytesView(bytes).first(size))) << size;
  bytes.push_back(0);
  EXPECT_FALSE(parse_crl(bytes));
}

TEST(Crl, SignatureNamesFitTheirKeys) {
  EXPECT_TRUE(scheme_named("SHA512WithRSA", crypto::KeyType::rsa));
  EXPECT_TRUE(scheme_named("SHA256WithRSAPSS", crypto::KeyType::rsa)->is_pss);
  EXPECT_FALSE(scheme_named("SHA256WithRSA", crypto::KeyType::ec));
  EXPECT_TRUE(scheme_named("Ed25519", crypto::KeyType::ed25519));
  EXPECT_FALSE(scheme_named("MD5WithRSA", crypto::KeyType::rsa));
}

}  // namespace
}  // namespace signet::crl
