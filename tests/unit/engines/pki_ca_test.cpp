// SPDX-License-Identifier: Apache-2.0
// Making, signing and importing CAs (pki.md 7, 8), judged by OpenSSL.
#include "crypto/handles.hpp"
#include "tests/support/full_house.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace signet::pki {
namespace {

using core::Json;
using core::Operation;

using X509Handle = std::unique_ptr<X509, crypto::OpensslFree<&X509_free>>;
using StoreHandle = std::unique_ptr<X509_STORE, crypto::OpensslFree<&X509_STORE_free>>;
using VerifyHandle = std::unique_ptr<X509_STORE_CTX, crypto::OpensslFree<&X509_STORE_CTX_free>>;

X509Handle x509(const std::string& pem) {
  const crypto::BioHandle bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return X509Handle(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }

/// OpenSSL's verdict on `leaf` below `middle` (may be empty) below the trusted `root`; "" is good.
std::string verdict(const std::string& leaf, const std::vector<std::string>& middle,
                    const std::string& root, UnixTime at) {
  const StoreHandle store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), x509(root).get());
  std::vector<X509Handle> kept;
  const std::unique_ptr<STACK_OF(X509), crypto::OpensslFree<&free_stack>> untrusted(
      sk_X509_new_null());
  for (const std::string& pem : middle) {
    kept.push_back(x509(pem));
    sk_X509_push(untrusted.get(), kept.back().get());
  }
  const X509Handle subject = x509(leaf);
  const VerifyHandle context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), subject.get(), untrusted.get());
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<time_t>(at.seconds));
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context.get()), X509_V_FLAG_X509_STRICT);
  if (X509_verify_cert(context.get()) == 1) return {};
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

class PkiCa : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    house_.write("sys/mounts/pki", {{"type", "pki"}});
    house_.write("sys/mounts/int", {{"type", "pki"}});
  }
  Json root(Json fields = Json::object()) {
    Json data{{"common_name", "Test Root"}, {"key_type", "ec"}};
    data.update(fields);
    return house_.write("pki/root/generate/internal", data);
  }
  std::string refusal(const std::string& path, Json data) {
    return house_.refusal(Operation::update, path, std::move(data));
  }

  test::House house_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, PkiCa, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(PkiCa, ChainOfTwoMountsVerifies) {
  const Json made = root({{"max_path_length", 1}});
  const std::string root_pem = made["certificate"];
  const Json csr = house_.write("int/intermediate/generate/internal",
                                {{"common_name", "Test Intermediate"}, {"key_type", "ec"}});
  const Json signed_ca = house_.write("pki/root/sign-intermediate",
                                      {{"csr", csr["csr"]}, {"common_name", "Test Intermediate"}});
  const std::string int_pem = signed_ca["certificate"];
  EXPECT_EQ(signed_ca["ca_chain"], (Json{int_pem, root_pem}));
  const Json imported =
      house_.write("int/intermediate/set-signed", {{"certificate", int_pem + "\n" + root_pem}});
  ASSERT_EQ(imported["imported_issuers"].size(), 2U);
  const std::string id = imported["imported_issuers"][0];
  EXPECT_EQ(imported["mapping"][id], csr["key_id"]);
  EXPECT_EQ(house_.read("int/config/issuers")["default"], id) << "the one with a key";

  house_.write("int/roles/any", {{"allow_any_name", true}, {"key_type", "ec"}, {"ttl", "1h"}});
  const Json leaf = house_.write("int/issue/any", {{"common_name", "a.example.com"}});
  EXPECT_EQ(leaf["ca_chain"], (Json{int_pem, root_pem}));
  EXPECT_EQ(verdict(leaf["certificate"], {int_pem}, root_pem, house_.clock.now()), "");
  EXPECT_NE(verdict(leaf["certificate"], {}, root_pem, house_.clock.now()), "");

  const std::string serial = signed_ca["serial_number"];
  EXPECT_EQ(house_.read("pki/cert/" + serial)["certificate"], int_pem) << "stored by its signer";
}

TEST_P(PkiCa, KeyTypes) {
  struct Case {
    const char* name;
    Json fields;
    int type, bits;
    const char* label;
  };
  const std::vector<Case> cases{
      {"rsa", {{"key_type", "rsa"}}, EVP_PKEY_RSA, 2048, "RSA PRIVATE KEY"},
      {"default", {}, EVP_PKEY_RSA, 2048, "RSA PRIVATE KEY"},
      {"p224", {{"key_type", "ec"}, {"key_bits", 224}}, EVP_PKEY_EC, 224, "EC PRIVATE KEY"},
      {"p256", {{"key_type", "ec"}}, EVP_PKEY_EC, 256, "EC PRIVATE KEY"},
      {"p384", {{"key_type", "ec"}, {"key_bits", "384"}}, EVP_PKEY_EC, 384, "EC PRIVATE KEY"},
      {"p521", {{"key_type", "ec"}, {"key_bits", 521}}, EVP_PKEY_EC, 521, "EC PRIVATE KEY"},
      {"ed25519", {{"key_type", "ed25519"}}, EVP_PKEY_ED25519, 256, "PRIVATE KEY"},
      {"pkcs8",
       {{"key_type", "ec"}, {"private_key_format", "pkcs8"}},
       EVP_PKEY_EC,
       256,
       "PRIVATE KEY"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    Json fields = one.fields.is_null() ? Json::object() : one.fields;
    fields["common_name"] = std::string("Root ") + one.name;
    const Json made = house_.write("pki/root/generate/exported", fields);
    const std::string pem = made["certificate"];
    const X509Handle certificate = x509(pem);
    ASSERT_NE(certificate, nullptr);
    EVP_PKEY* key = X509_get0_pubkey(certificate.get());
    EXPECT_EQ(EVP_PKEY_get_base_id(key), one.type);
    EXPECT_EQ(EVP_PKEY_get_bits(key), one.type == EVP_PKEY_ED25519 ? 256 : one.bits);
    EXPECT_EQ(verdict(pem, {}, pem, house_.clock.now()), "");
    const std::string private_key = made["private_key"];
    EXPECT_TRUE(private_key.starts_with(std::string("-----BEGIN ") + one.label + "-----"));
  }
}

TEST_P(PkiCa, RefusesWhatItCannotMake) {
  root({{"issuer_name", "first"}, {"key_name", "key"}});
  struct Case {
    const char* name;
    std::string path;
    Json data;
    std::string error;
  };
  const std::string generate = "pki/root/generate/";
  const std::vector<Case> cases{
      {"type", generate + "internal", {{"key_type", "dsa"}}, "unknown key type dsa"},
      {"any", generate + "internal", {{"key_type", "any"}}, "unknown key type: any"},
      {"small",
       generate + "internal",
       {{"key_bits", 1024}},
       "RSA keys < 2048 bits are unsafe and not supported: got 1024"},
      {"curve",
       generate + "internal",
       {{"key_type", "ec"}, {"key_bits", 255}},
       "unsupported bit length for EC key: 255"},
      {"hash",
       generate + "internal",
       {{"signature_bits", 100}},
       "unsupported hash signature algorithm: 100"},
      {"source", generate + "shared", Json::object(),
       R"(the "exported" path parameter must be "internal", "existing", exported" or "kms")"},
      {"type of existing",
       generate + "existing",
       {{"key_type", "ec"}},
       "invalid parameter for the kms/existing path parameter, key_type nor key_bits arguments can "
       "be set in this mode"},
      {"no such key",
       generate + "existing",
       {{"key_ref", "nope"}},
       "failed to lookup public key from existing key: unable to find PKI key for reference: nope"},
      {"name taken",
       generate + "internal",
       {{"key_type", "ec"}, {"issuer_name", "first"}},
       "issuer name already in use"},
      {"key name taken",
       generate + "internal",
       {{"key_type", "ec"}, {"key_name", "key"}},
       "key name already in use"},
      {"reserved",
       generate + "internal",
       {{"issuer_name", "Default"}},
       "reserved keyword 'default' can not be used as issuer name"},
      {"characters",
       generate + "internal",
       {{"issuer_name", "no spaces please"}},
       "issuer name contained invalid characters"},
      {"empty name",
       generate + "internal",
       {{"issuer_name", ""}},
       "expected non-empty issuer name"},
      {"both ends",
       generate + "internal",
       {{"ttl", "1h"}, {"not_after", "2031-01-01T00:00:00Z"}},
       "Either ttl or not_after should be provided. Both should not be provided in the same "
       "request."},
      {"no csr", "pki/root/sign-intermediate", Json::object(), "\"csr\" is empty"},
      {"no pem",
       "pki/root/sign-self-issued",
       {{"certificate", "x"}},
       "certificate could not be PEM-decoded"},
      {"nothing to import", "pki/config/ca", Json::object(),
       "'pem_bundle' and 'certificate' parameters were empty"},
      {"short",
       "pki/config/ca",
       {{"pem_bundle", "/etc/ca.pem"}},
       "provided data for import was too short; perhaps a path was passed to the API rather than "
       "the contents of a PEM file"},
      {"no PEM",
       "pki/config/ca",
       {{"pem_bundle", std::string(100, 'x')}},
       "error when parsing block 1: invalid PEM data"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(refusal(one.path, one.data), one.error);
  }
  EXPECT_EQ(house_.list("pki/issuers")["keys"].size(), 1U) << "nothing was half made";
}

TEST_P(PkiCa, PathLengthZeroSignsNoCa) {
  root({{"max_path_length", 0}});
  const Json csr = house_.write("int/intermediate/generate/internal",
                                {{"common_name", "Sub"}, {"key_type", "ec"}});
  EXPECT_EQ(refusal("pki/root/sign-intermediate", {{"csr", csr["csr"]}}),
            "signing certificate has a max path length of zero, and cannot issue further CA "
            "certificates");
}

TEST_P(PkiCa, BundleComesBack) {
  const Json made =
      house_.write("pki/root/generate/exported", {{"common_name", "Moved"}, {"key_type", "ec"}});
  const std::string bundle =
      made["private_key"].get<std::string>() + "\n" + made["certificate"].get<std::string>();
  const Json first = house_.write("int/config/ca", {{"pem_bundle", bundle}});
  ASSERT_EQ(first["imported_issuers"].size(), 1U);
  ASSERT_EQ(first["imported_keys"].size(), 1U);
  const std::string issuer = first["imported_issuers"][0];
  EXPECT_EQ(first["mapping"][issuer], first["imported_keys"][0]);
  const Json again = house_.write("int/issuers/import/bundle", {{"pem_bundle", bundle}});
  EXPECT_TRUE(again["imported_issuers"].is_null());
  EXPECT_EQ(again["existing_issuers"], first["imported_issuers"]);
  EXPECT_EQ(again["existing_keys"], first["imported_keys"]);
  EXPECT_EQ(house_.read("int/issuer/" + issuer)["certificate"],
            made["certificate"].get<std::string>() + "\n");
  EXPECT_EQ(refusal("int/issuers/import/cert", {{"pem_bundle", bundle}}),
            "private keys found in the PEM bundle but not allowed by the path; use "
            "/issuers/import/bundle");
}

TEST_P(PkiCa, KeyThatComesLaterFindsItsIssuer) {
  const Json made = house_.write("pki/root/generate/exported",
                                 {{"common_name", "Late"}, {"key_type", "ed25519"}});
  house_.write("int/issuers/import/cert", {{"pem_bundle", made["certificate"]}});
  EXPECT_EQ(house_.read("int/config/issuers")["default"], "");
  const Json key =
      house_.write("int/keys/import", {{"pem_bundle", made["private_key"]}, {"key_name", "late"}});
  EXPECT_EQ(key["key_name"], "late");
  const Json issuer = house_.read("int/issuer/default");
  EXPECT_EQ(issuer["key_id"], key["key_id"]);
}

TEST_P(PkiCa, SelfIssuedIsCrossSigned) {
  root({{"issuer_name", "signer"}});
  const Json other = house_.write("int/root/generate/internal",
                                  {{"common_name", "Other Root"}, {"key_type", "ec"}});
  const std::string signer = house_.read("pki/issuer/signer")["certificate"];
  const Json made =
      house_.write("pki/root/sign-self-issued", {{"certificate", other["certificate"]}});
  EXPECT_EQ(verdict(made["certificate"], {}, signer, house_.clock.now()), "");
  const std::string serial = other["serial_number"];
  EXPECT_EQ(house_.read("pki/cert/" + serial)["certificate"], made["certificate"]);
  house_.write("pki/root/sign-self-issued", {{"certificate", other["certificate"]}});
}

TEST_P(PkiCa, RotationIsPromoted) {
  root();
  const Json next =
      house_.write("pki/root/rotate/internal", {{"common_name", "Next Root"}, {"key_type", "ec"}});
  EXPECT_EQ(next["issuer_name"], "next");
  EXPECT_NE(house_.read("pki/config/issuers")["default"], next["issuer_id"]);
  EXPECT_EQ(house_.write("pki/root/replace")["default"], next["issuer_id"]);
}

TEST_P(PkiCa, RevokedIssuerIssuesNoMore) {
  root({{"issuer_name", "root"}});
  const Json csr = house_.write("pki/intermediate/generate/internal",
                                {{"common_name", "Inner"}, {"key_type", "ec"}});
  const Json made = house_.write("pki/root/sign-intermediate", {{"csr", csr["csr"]}});
  const Json imported =
      house_.write("pki/intermediate/set-signed", {{"certificate", made["certificate"]}});
  const std::string id = imported["imported_issuers"][0];
  const Json revoked = house_.write("pki/issuer/" + id + "/revoke");
  EXPECT_EQ(revoked["revoked"], true);
  EXPECT_EQ(revoked["usage"], "crl-signing,ocsp-signing,read-only");
  EXPECT_EQ(house_.list("pki/certs/revoked")["keys"].size(), 1U);
  EXPECT_EQ(house_.write("pki/issuer/" + id + "/revoke")["revocation_time"],
            revoked["revocation_time"]);
  EXPECT_EQ(
      house_.refusal(Operation::patch, "pki/issuer/" + id, {{"usage", "issuing-certificates"}}),
      "This issuer was revoked; unable to modify its usage to include certificate signing "
      "again. Reissue this certificate (preferably with a new key) and modify that entry "
      "instead.");
}

TEST_P(PkiCa, RootIsDeletedWithEveryKey) {
  root();
  house_.remove("pki/root");
  EXPECT_TRUE(house_.call(Operation::list, "pki/issuers").error);
  EXPECT_TRUE(house_.call(Operation::list, "pki/keys").error);
}

}  // namespace
}  // namespace signet::pki
