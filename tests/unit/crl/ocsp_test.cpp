// SPDX-License-Identifier: Apache-2.0
// Requests come from OpenSSL's builder, answers are judged by OpenSSL's verifier.
#include "crl/ocsp.hpp"

#include "crl/ocsp_cache.hpp"
#include "crypto/signature_algorithms.hpp"
#include "tests/unit/ca/fixture.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/ocsp.h>

namespace signet::crl {
namespace {

template <auto Free>
using Freed = crypto::OpensslFree<Free>;
using X509Handle = std::unique_ptr<X509, Freed<&X509_free>>;
using RequestHandle = std::unique_ptr<OCSP_REQUEST, Freed<&OCSP_REQUEST_free>>;
using ResponseHandle = std::unique_ptr<OCSP_RESPONSE, Freed<&OCSP_RESPONSE_free>>;
using BasicHandle = std::unique_ptr<OCSP_BASICRESP, Freed<&OCSP_BASICRESP_free>>;

X509Handle x509_of(const ca::Certificate& certificate) {
  const unsigned char* at = certificate.der.bytes.data();
  return X509Handle(d2i_X509(nullptr, &at, static_cast<long>(certificate.der.bytes.size())));
}

/// A request about the issuer's own serial, as a client would send it.
Bytes request_about(const ca::Issuer& issuer, const EVP_MD* hash, int nonce_octets = 0) {
  const X509Handle certificate = x509_of(issuer.certificate());
  const RequestHandle request(OCSP_REQUEST_new());
  OCSP_request_add0_id(request.get(), OCSP_cert_to_id(hash, certificate.get(), certificate.get()));
  if (nonce_octets > 0) {
    Bytes nonce(static_cast<std::size_t>(nonce_octets), 0x5a);
    OCSP_request_add1_nonce(request.get(), nonce.data(), nonce_octets);
  }
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &der);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

SingleStatus revoked_status(UnixTime now) {
  SingleStatus status;
  status.status = CertStatus::revoked;
  status.revoked_at = now - Seconds(60);
  status.reason = 1;
  status.this_update = now;
  status.next_update = now + Seconds(3600);
  return status;
}

class OcspOfKey : public testing::TestWithParam<crypto::KeySpec> {};

TEST_P(OcspOfKey, OpensslVerifiesTheAnswer) {
  const ca::Issuer issuer = ca::test::root("OCSP CA", {}, GetParam());
  const auto request = parse_ocsp_request(request_about(issuer, EVP_sha1(), 16));
  ASSERT_TRUE(request);
  ASSERT_TRUE(request->nonce);
  const UnixTime now = system_clock().now();
  const Bytes der =
      sign_ocsp_response(request->certificates, {revoked_status(now)}, now, request->nonce,
                         issuer.key(), crypto::default_scheme(issuer.key().spec()));
  const unsigned char* at = der.data();
  const ResponseHandle response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  ASSERT_TRUE(response);
  EXPECT_EQ(OCSP_response_status(response.get()), OCSP_RESPONSE_STATUS_SUCCESSFUL);
  const BasicHandle basic(OCSP_response_get1_basic(response.get()));
  ASSERT_TRUE(basic);

  const X509Handle certificate = x509_of(issuer.certificate());
  const std::unique_ptr<X509_STORE, Freed<&X509_STORE_free>> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), certificate.get());
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  STACK_OF(X509)* others = sk_X509_new_null();
  sk_X509_push(others, certificate.get());
  EXPECT_EQ(OCSP_basic_verify(basic.get(), others, store.get(), 0), 1);
  sk_X509_free(others);

  OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), certificate.get(), certificate.get());
  int status = -1, reason = -1;
  EXPECT_EQ(OCSP_resp_find_status(basic.get(), id, &status, &reason, nullptr, nullptr, nullptr), 1);
  EXPECT_EQ(status, V_OCSP_CERTSTATUS_REVOKED);
  EXPECT_EQ(reason, 1);
  OCSP_CERTID_free(id);
  EXPECT_GE(OCSP_BASICRESP_get_ext_by_NID(basic.get(), NID_id_pkix_OCSP_Nonce, -1), 0);
}

INSTANTIATE_TEST_SUITE_P(Keys, OcspOfKey,
                         testing::Values(crypto::KeySpec{crypto::KeyType::ec, 256},
                                         crypto::KeySpec{crypto::KeyType::ec, 384},
                                         crypto::KeySpec{crypto::KeyType::rsa, 2048},
                                         crypto::KeySpec{crypto::KeyType::ed25519, 0}));

TEST(OcspRequest, HashesNameTheIssuer) {
  const ca::Issuer issuer = ca::test::root(), other = ca::test::root("Other");
  for (const EVP_MD* hash : {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
    const auto request = parse_ocsp_request(request_about(issuer, hash));
    ASSERT_TRUE(request);
    EXPECT_TRUE(IssuerHashes(issuer.certificate()).matches(request->certificates[0]));
    EXPECT_FALSE(IssuerHashes(other.certificate()).matches(request->certificates[0]));
    EXPECT_TRUE(std::ranges::equal(request->certificates[0].magnitude(),
                                   issuer.certificate().serial.magnitude()));
  }
}

TEST(OcspRequest, AnUnknownHashIsUnauthorizedNotMalformed) {
  const ca::Issuer issuer = ca::test::root();
  const auto request = parse_ocsp_request(request_about(issuer, EVP_md5()));
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error(), OcspError::unauthorized);
}

TEST(OcspRequest, EveryCutIsMalformed) {
  const ca::Issuer issuer = ca::test::root();
  const Bytes whole = request_about(issuer, EVP_sha1(), 16);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_ocsp_request(BytesView(whole).first(size))) << size;
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(parse_ocsp_request(longer));
}

TEST(OcspRequest, NonceLengths) {
  const ca::Issuer issuer = ca::test::root();
  for (const int octets : {1, 16, 32, 128}) {
    const auto request = parse_ocsp_request(request_about(issuer, EVP_sha1(), octets));
    ASSERT_TRUE(request) << octets;
    ASSERT_TRUE(request->nonce) << octets;
    EXPECT_EQ(request->nonce->size(), static_cast<std::size_t>(octets));
  }
  EXPECT_FALSE(parse_ocsp_request(request_about(issuer, EVP_sha1(), 129)));  // RFC 9654, 2.1
}

struct PathCase {
  const char* name;
  const char* path;
  const char* expected;  ///< null: refused
};

class OcspPathTest : public testing::TestWithParam<PathCase> {};

TEST_P(OcspPathTest, Decodes) {
  const auto decoded = decode_ocsp_path(GetParam().path);
  if (GetParam().expected == nullptr) {
    EXPECT_FALSE(decoded);
  } else {
    ASSERT_TRUE(decoded);
    EXPECT_EQ(hex(*decoded), GetParam().expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Paths, OcspPathTest,
                         testing::Values(PathCase{"plain", "+/8=", "fbff"},
                                         PathCase{"urlsafe", "-_8", "fbff"},
                                         PathCase{"encoded", "%2B%2F8%3D", "fbff"},
                                         PathCase{"space_for_plus", " /8=", "fbff"},
                                         PathCase{"leading_slashes", "//+/8=", "fbff"},
                                         PathCase{"query", "+/8=?x=1", "fbff"},
                                         PathCase{"twice_encoded", "%252B%252F8%253D", nullptr},
                                         PathCase{"not_base64", "!!", nullptr},
                                         PathCase{"loose_bits", "+/9=", nullptr}),
                         [](const auto& each) { return each.param.name; });

CachedOcsp answer_named(const char* tag) {
  CachedOcsp answer;
  answer.der = std::make_shared<const Bytes>(to_bytes(std::string_view(tag)));
  return answer;
}

TEST(OcspCacheTest, ARevocationBetweenStatusAndPutDropsTheAnswer) {
  const ca::Issuer issuer = ca::test::root();
  const CertId id = parse_ocsp_request(request_about(issuer, EVP_sha1()))->certificates[0];
  OcspCache cache(64);
  const auto ticket = cache.ticket(id.magnitude());
  cache.invalidate(id.magnitude());  // revoked while "good" was being signed
  cache.put(id, answer_named("good"), ticket);
  EXPECT_FALSE(cache.get(id));
  cache.put(id, answer_named("revoked"), cache.ticket(id.magnitude()));
  EXPECT_TRUE(cache.get(id));
}

TEST(OcspCacheTest, EachHashHasItsOwnAnswerAndOneRevocationDropsAll) {
  const ca::Issuer issuer = ca::test::root();
  const CertId one = parse_ocsp_request(request_about(issuer, EVP_sha1()))->certificates[0];
  const CertId two = parse_ocsp_request(request_about(issuer, EVP_sha256()))->certificates[0];
  OcspCache cache(64);
  cache.put(one, answer_named("one"), cache.ticket(one.magnitude()));
  cache.put(two, answer_named("two"), cache.ticket(two.magnitude()));
  EXPECT_EQ(as_text(*cache.get(one)->der), "one");
  EXPECT_EQ(as_text(*cache.get(two)->der), "two");
  cache.invalidate(one.magnitude());
  EXPECT_FALSE(cache.get(one));
  EXPECT_FALSE(cache.get(two));
}

TEST(OcspCacheTest, StaysWithinItsBound) {
  const ca::Issuer issuer = ca::test::root();
  CertId id = parse_ocsp_request(request_about(issuer, EVP_sha1()))->certificates[0];
  OcspCache cache(16);  // one answer a shard
  int kept = 0;
  for (int i = 0; i < 200; ++i) {
    id.serial.back() = static_cast<std::uint8_t>(i);
    id.der.back() = static_cast<std::uint8_t>(i);
    cache.put(id, answer_named("x"), cache.ticket(id.magnitude()));
  }
  for (int i = 0; i < 200; ++i) {
    id.serial.back() = static_cast<std::uint8_t>(i);
    id.der.back() = static_cast<std::uint8_t>(i);
    kept += cache.get(id) ? 1 : 0;
  }
  EXPECT_EQ(kept, 16);
}

}  // namespace
}  // namespace signet::crl
