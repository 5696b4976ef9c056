// SPDX-License-Identifier: Apache-2.0
// What templates write, judged by OpenSSL's objects: byte for byte, extension by extension.
#include "ca/tbs.hpp"

#include "ca/der.hpp"
#include "ca/lint.hpp"
#include "fixture.hpp"

#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace signet::ca {
namespace {

using test::day;
using test::ec_key;
using test::issue;
using test::leaf_request;
using test::named;
using test::now;
using test::root;
using test::take;

struct X509Handle {
  explicit X509Handle(const Der& der) {
    const unsigned char* at = der.bytes.data();
    x509.reset(d2i_X509(nullptr, &at, static_cast<long>(der.bytes.size())));
    EXPECT_TRUE(x509);
    EXPECT_EQ(at, der.bytes.data() + der.bytes.size());
  }
  std::unique_ptr<X509, decltype(&X509_free)> x509{nullptr, X509_free};
};

template <class Object>
std::string encoded(Object* object, int (*encode)(Object*, unsigned char**)) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  std::string text = size > 0 ? hex(BytesView(der, static_cast<std::size_t>(size))) : "";
  OPENSSL_free(der);
  return text;
}

/// The extension that OpenSSL builds from its text form.
std::string oracle(int nid, const char* text, X509* issuer = nullptr, X509* subject = nullptr) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, subject, nullptr, nullptr, 0);
  std::unique_ptr<CONF, decltype(&NCONF_free)> conf(NCONF_new(nullptr), NCONF_free);
  X509V3_set_nconf(&context, conf.get());
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_nconf_nid(conf.get(), &context, nid, text), X509_EXTENSION_free);
  if (!extension) return "none";
  return encoded<const X509_EXTENSION>(
      extension.get(), [](const X509_EXTENSION* e, unsigned char** out) {
        return i2d_X509_EXTENSION(const_cast<X509_EXTENSION*>(e), out);
      });
}

template <class Write>
std::string ours(Write&& write) {
  DerWriter out;
  write(out);
  return hex(out.view());
}

TEST(Extensions, EqualOpenSsl) {
  EXPECT_EQ(ours([](DerWriter& out) {
              write_key_usage(
                  out, usage::digital_signature | usage::key_agreement | usage::key_encipherment);
            }),
            oracle(NID_key_usage, "critical,digitalSignature,keyAgreement,keyEncipherment"));
  EXPECT_EQ(ours([](DerWriter& out) {
              write_key_usage(out, usage::key_agreement | usage::decipher_only);
            }),
            oracle(NID_key_usage, "critical,keyAgreement,decipherOnly"));
  EXPECT_EQ(ours([](DerWriter& out) {
              ExtKeyUsages usages;
              usages.oids = {Oid::parse("1.2.3.4.5").value()};
              usages.add(ExtKeyUsage::ocsp_signing);
              usages.add(ExtKeyUsage::client_auth);
              usages.add(ExtKeyUsage::server_auth);
              write_ext_key_usage(out, usages);
            }),
            oracle(NID_ext_key_usage, "serverAuth,clientAuth,OCSPSigning,1.2.3.4.5"));
  EXPECT_EQ(ours([](DerWriter& out) { write_basic_constraints(out, {}); }),
            oracle(NID_basic_constraints, "critical,CA:FALSE"));
  EXPECT_EQ(ours([](DerWriter& out) { write_basic_constraints(out, {true, std::nullopt}); }),
            oracle(NID_basic_constraints, "critical,CA:TRUE"));
  EXPECT_EQ(ours([](DerWriter& out) { write_basic_constraints(out, {true, 0}); }),
            oracle(NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  EXPECT_EQ(ours([](DerWriter& out) {
              write_subject_key_identifier(out, from_hex("0102030405060708").value());
            }),
            oracle(NID_subject_key_identifier, "0102030405060708"));
  EXPECT_EQ(ours([](DerWriter& out) {
              write_authority_info_access(
                  out, {{"http://o.test/ocsp", "http://p.test/ocsp"}, {"http://a.test/ca"}});
            }),
            oracle(NID_info_access,
                   "OCSP;URI:http://o.test/ocsp,OCSP;URI:http://p.test/ocsp,"
                   "caIssuers;URI:http://a.test/ca"));
  EXPECT_EQ(ours([](DerWriter& out) {
              write_crl_distribution_points(out, {"http://c.test/7.crl", "http://d.test/7.crl"});
            }),
            oracle(NID_crl_distribution_points, "URI:http://c.test/7.crl,URI:http://d.test/7.crl"));
  EXPECT_EQ(ours([](DerWriter& out) { write_freshest_crl(out, {"http://c.test/d.crl"}); }),
            oracle(NID_freshest_crl, "URI:http://c.test/d.crl"));
  EXPECT_EQ(ours([](DerWriter& out) {
              write_certificate_policies(out, take(parse_policies({"2.23.140.1.2.1", "1.2.3.4"})));
            }),
            oracle(NID_certificate_policies, "2.23.140.1.2.1,1.2.3.4"));
  SubjectAltNames sans;
  sans.dns = {"a.test", "*.b.test"};
  sans.email = {"a@b.test"};
  sans.ip = {IpAddress::parse("10.0.0.1").value(), IpAddress::parse("2001:db8::1").value()};
  sans.uri = {"https://x.test/p?q=1"};
  EXPECT_EQ(ours([&](DerWriter& out) { write_subject_alt_name(out, sans, false); }),
            oracle(NID_subject_alt_name,
                   "DNS:a.test,DNS:*.b.test,email:a@b.test,IP:10.0.0.1,IP:2001:db8::1,"
                   "URI:https://x.test/p?q=1"));
  sans.other = {{Oid::parse("1.3.6.1.4.1.311.20.2.3").value(), "joe@corp.test"},
                {Oid::parse("1.2.3.4").value(), "fixed"}};
  EXPECT_EQ(ours([&](DerWriter& out) { write_subject_alt_name(out, sans, true); }),
            oracle(NID_subject_alt_name,
                   "critical,otherName:1.2.3.4;UTF8:fixed,"
                   "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:joe@corp.test,"
                   "DNS:a.test,DNS:*.b.test,email:a@b.test,IP:10.0.0.1,IP:2001:db8::1,"
                   "URI:https://x.test/p?q=1"));
  NameConstraints constraints;
  constraints.permitted.dns = {"example.com", ".example.org"};
  constraints.permitted.ip = {IpNetwork::parse("10.0.0.0/8").value()};
  constraints.permitted.email = {"example.com"};
  constraints.permitted.uri = {".example.com"};
  constraints.excluded.dns = {"evil.example.com"};
  EXPECT_EQ(ours([&](DerWriter& out) { write_name_constraints_extension(out, constraints); }),
            oracle(NID_name_constraints,
                   "critical,permitted;DNS:example.com,permitted;DNS:.example.org,"
                   "permitted;IP:10.0.0.0/255.0.0.0,permitted;email:example.com,"
                   "permitted;URI:.example.com,excluded;DNS:evil.example.com"));
}

TEST(Extensions, PoliciesWithQualifiers) {
  const auto policies =
      take(parse_policies({R"([{"oid":"1.3.6.1.4.1.7.8","notice":"I am a user notice")",
                           R"("cps":"https://e.test/cps"})", R"({"oid":"1.2.3"}])"}));
  ASSERT_EQ(policies.size(), 2U);
  EXPECT_TRUE(has_qualifiers(policies));
  DerWriter out;
  write_certificate_policies(out, policies);
  DerReader reader(out.view());
  auto fields = take(reader.sequence());
  (void)take(fields.oid());
  const auto again = take(parse_certificate_policies(take(fields.octet_string())));
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].cps, "https://e.test/cps");
  EXPECT_EQ(again[0].notice, "I am a user notice");
  EXPECT_EQ(again[1].oid.text(), "1.2.3");
  for (const char* bad : {"not an oid", "[", "[1]", R"([{"oid":"x"}])", R"([{}])"}) {
    EXPECT_FALSE(parse_policies({bad})) << bad;
  }
}

LeafProfile full_profile() {
  LeafProfile profile;
  profile.key_usage = usage::digital_signature | usage::key_agreement | usage::key_encipherment;
  profile.ext_key_usage.add(ExtKeyUsage::server_auth);
  profile.ext_key_usage.add(ExtKeyUsage::client_auth);
  profile.policies = take(parse_policies({"2.23.140.1.2.1"}));
  profile.basic_constraints_for_non_ca = true;
  profile.urls.authority_info = {{"http://o.test"}, {"http://a.test"}};
  profile.urls.crl_distribution_points = {"http://c.test"};
  profile.urls.delta_crl_distribution_points = {"http://d.test"};
  return profile;
}

std::vector<std::string> extension_order(const Certificate& certificate) {
  std::vector<std::string> order;
  for (const Extension& one : certificate.extensions) {
    order.push_back(one.oid.text() + (one.critical ? "!" : ""));
  }
  return order;
}

TEST(Leaf, ExtensionOrderAndCriticality) {
  // pki.md 20.3
  const Issuer issuer = root();
  SubjectAltNames sans;
  sans.dns = {"a.test"};
  const Certificate plain =
      take(parse_certificate(take(issue(issuer, full_profile(), "a.test", sans)).view()));
  EXPECT_EQ(extension_order(plain),
            (std::vector<std::string>{"2.5.29.15!", "2.5.29.37", "2.5.29.19!", "2.5.29.14",
                                      "2.5.29.35", "1.3.6.1.5.5.7.1.1", "2.5.29.17", "2.5.29.32",
                                      "2.5.29.31", "2.5.29.46"}));
  sans.other = {{Oid::parse("1.2.3").value(), "x"}};
  LeafProfile profile = full_profile();
  profile.policies = take(parse_policies({R"([{"oid":"1.2.3","cps":"http://p.test"}])"}));
  const Certificate other =
      take(parse_certificate(take(issue(issuer, profile, "a.test", sans)).view()));
  EXPECT_EQ(extension_order(other),
            (std::vector<std::string>{"2.5.29.15!", "2.5.29.37", "2.5.29.19!", "2.5.29.14",
                                      "2.5.29.35", "1.3.6.1.5.5.7.1.1", "2.5.29.31", "2.5.29.17",
                                      "2.5.29.32", "2.5.29.46"}));
  const Certificate unnamed =
      take(parse_certificate(take(issue(issuer, LeafProfile(), "", sans)).view()));
  EXPECT_EQ(extension_order(unnamed),
            (std::vector<std::string>{"2.5.29.14", "2.5.29.35", "2.5.29.17!"}));
}

TEST(Leaf, OpenSslReadsVerifiesAndWritesTheSame) {
  for (const crypto::KeySpec spec :
       {crypto::KeySpec{crypto::KeyType::ec, 256}, crypto::KeySpec{crypto::KeyType::ec, 384},
        crypto::KeySpec{crypto::KeyType::ec, 521}, crypto::KeySpec{crypto::KeyType::ed25519, 0},
        crypto::KeySpec{crypto::KeyType::rsa, 2048}}) {
    for (const bool is_pss : {false, true}) {
      CaProfile ca_profile;
      ca_profile.scheme.is_pss = is_pss;
      const Issuer issuer = root("Root", ca_profile, spec);
      LeafProfile profile = full_profile();
      profile.scheme = {crypto::Hash::sha512, is_pss};
      SubjectAltNames sans;
      sans.dns = {"a.test"};
      const Der der = take(issue(issuer, profile, "a.test", sans));
      const X509Handle leaf(der);
      const X509Handle ca(issuer.certificate().der);
      EXPECT_EQ(X509_verify(leaf.x509.get(), X509_get0_pubkey(ca.x509.get())), 1);
      EXPECT_EQ(X509_check_issued(ca.x509.get(), leaf.x509.get()), X509_V_OK);
      EXPECT_EQ(X509_check_ca(ca.x509.get()), 1);
      EXPECT_EQ(X509_get_version(leaf.x509.get()), 2);
      EXPECT_EQ(X509_check_host(leaf.x509.get(), "a.test", 0, 0, nullptr), 1);
      // Written anew from its objects, not from a cache of what was read.
      EXPECT_EQ(encoded<X509>(leaf.x509.get(),
                              [](X509* x, unsigned char** out) { return i2d_re_X509_tbs(x, out); }),
                hex(take(parse_certificate(der.view())).tbs()));
      EXPECT_EQ(oracle(NID_authority_key_identifier, "keyid:always", ca.x509.get()),
                ours([&](DerWriter& out) {
                  write_authority_key_identifier(out, issuer.certificate().subject_key_id);
                }));
      const Certificate certificate = take(parse_certificate(der.view()));
      EXPECT_TRUE(verify_signature(certificate, issuer.key().public_key()));
      EXPECT_EQ(certificate.authority_key_id, issuer.certificate().subject_key_id);
      EXPECT_FALSE(certificate.is_self_signed());
      EXPECT_TRUE(issuer.certificate().is_self_signed());
    }
  }
}

TEST(Leaf, FieldsComeThrough) {
  const Issuer issuer = root();
  const LeafTemplate leaf(issuer, full_profile());
  const auto key = ec_key();
  const DistinguishedName subject = named("a.test");
  SubjectAltNames sans;
  sans.dns = {"a.test"};
  LeafRequest request = leaf_request(subject, key.public_key(), sans);
  request.not_after = UnixTime{253402300799};
  request.may_outlive_issuer = true;
  LintedTbs tbs = take(prepare(leaf, request));
  const Certificate certificate = take(parse_certificate(issuer.sign(std::move(tbs)).view()));
  EXPECT_EQ(certificate.serial, request.serial);
  EXPECT_EQ(certificate.not_before, request.not_before);
  EXPECT_EQ(certificate.not_after, request.not_after);
  EXPECT_EQ(certificate.subject, subject);
  EXPECT_EQ(certificate.issuer, issuer.certificate().subject);
  EXPECT_EQ(hex(certificate.spki), hex(key.public_key().spki()));
  EXPECT_EQ(hex(certificate.subject_key_id), hex(key.public_key().key_id()));
  EXPECT_EQ(certificate.key_usage, full_profile().key_usage);
  EXPECT_EQ(certificate.authority_info.ocsp, full_profile().urls.authority_info.ocsp);
  EXPECT_EQ(certificate.crl_distribution_points, std::vector<std::string>{"http://c.test"});
  EXPECT_FALSE(certificate.is_ca());
}

TEST(Lint, Findings) {
  CaProfile limited;
  limited.name_constraints.permitted.dns = {"example.com"};
  const Issuer issuer = root("Root", limited);
  const auto key = ec_key();
  struct Case {
    const char* why;
    std::function<void(LeafProfile&, LeafRequest&, SubjectAltNames&)> spoil;
    const char* message;
  };
  const std::vector<Case> cases{
      {"no serial", [](auto&, auto& r, auto&) { r.serial = {}; }, "no serial number"},
      {"dates turned round", [](auto&, auto& r, auto&) { r.not_after = r.not_before - day; },
       "is later than the certificate's Not After"},
      {"no time at all", [](auto&, auto& r, auto&) { r.not_after = r.not_before; },
       "is later than the certificate's Not After"},
      {"year 10000",
       [](auto&, auto& r, auto&) {
         r.not_after = UnixTime{253402300800};
         r.may_outlive_issuer = true;
       },
       "outside the years"},
      {"outlives its issuer", [](auto&, auto& r, auto&) { r.not_after = now + 9999 * day; },
       "cannot satisfy request, as TTL would result in notAfter of"},
      {"constraint", [](auto&, auto&, auto& s) { s.dns.push_back("evil.test"); }, "not permitted"},
      {"empty SAN", [](auto&, auto&, auto& s) { s.dns.push_back(""); }, "empty"},
      {"SAN with NUL", [](auto&, auto&, auto& s) { s.uri.push_back(std::string("a:\0", 3)); },
       "printable"},
      {"SAN beyond ASCII", [](auto&, auto&, auto& s) { s.email.push_back("\xc3\xbc@example.com"); },
       "printable"},
      {"too many SANs", [](auto&, auto&, auto& s) { s.dns.assign(1001, "a.example.com"); },
       "more than 1000"},
      {"other name that is no text",
       [](auto&, auto&, auto& s) { s.other = {{Oid::parse("1.2.3").value(), "\xff"}}; },
       "not valid text"},
      {"computed extension copied",
       [](auto&, auto& r, auto&) {
         r.extra = {{oid::subject_key_identifier, false, from_hex("040101").value()}};
       },
       "twice"},
      {"extension copied twice",
       [](auto&, auto& r, auto&) {
         r.extra = {{oid::tls_feature, false, from_hex("3003020105").value()},
                    {oid::tls_feature, false, from_hex("3003020105").value()}};
       },
       "twice"},
      {"CA bit copied",
       [](auto&, auto& r, auto&) {
         r.extra = {{oid::basic_constraints, true, from_hex("30030101ff").value()}};
       },
       "must not claim"},
      {"copied SAN against constraints",
       [](auto&, auto& r, auto&) {
         r.extra = {{oid::subject_alt_name, false, from_hex("30088206612e74657374").value()}};
       },
       "not permitted"},
      {"strict: neither name",
       [](auto& p, auto& r, auto& s) {
         static const DistinguishedName empty;
         p.strict = true;
         r.subject = &empty;
         s.dns.clear();
       },
       "neither a subject"},
      {"strict: CertSign on a leaf",
       [](auto& p, auto&, auto&) {
         p.strict = true;
         p.key_usage = usage::cert_sign;
       },
       "for CA certificates"},
      {"strict: underscore",
       [](auto& p, auto&, auto& s) {
         p.strict = true;
         s.dns.push_back("a_b.example.com");
       },
       "not a host name"},
  };
  const auto run = [&](const auto& spoil) {
    const DistinguishedName subject = named("a.example.com");
    SubjectAltNames sans;
    sans.dns = {"a.example.com"};
    LeafProfile profile;
    LeafRequest request = leaf_request(subject, key.public_key(), sans);
    spoil(profile, request, sans);
    return prepare(LeafTemplate(issuer, profile), request);
  };
  EXPECT_TRUE(run([](auto&, auto&, auto&) {}));
  for (const Case& c : cases) {
    const auto result = run(c.spoil);
    ASSERT_FALSE(result) << c.why;
    EXPECT_NE(result.error().message.find(c.message), std::string::npos)
        << c.why << ": " << result.error().message;
  }
}

TEST(Ca, RootIsSelfSignedAndComplete) {
  const Issuer issuer = root("Root", {});
  const Certificate& certificate = issuer.certificate();
  EXPECT_EQ(certificate.issuer, certificate.subject);
  EXPECT_EQ(certificate.authority_key_id, certificate.subject_key_id);
  EXPECT_EQ(extension_order(certificate),
            (std::vector<std::string>{"2.5.29.15!", "2.5.29.19!", "2.5.29.14", "2.5.29.35"}));
  EXPECT_TRUE(verify_signature(certificate, issuer.key().public_key()));
  const X509Handle oracle_view(certificate.der);
  EXPECT_EQ(X509_self_signed(oracle_view.x509.get(), 1), 1);
}

TEST(Ca, PathLengths) {
  CaProfile profile;
  profile.max_path_length = 2;
  const Issuer top = root("Root", profile);
  EXPECT_EQ(top.certificate().basic_constraints->path_length, 2);
  const Issuer inherited = take(test::intermediate(top, "Middle"));
  EXPECT_EQ(inherited.certificate().basic_constraints->path_length, 1);
  profile.max_path_length = 0;
  const Issuer last = take(test::intermediate(top, "Last", profile));
  EXPECT_EQ(hex(find_extension(last.certificate().extensions, oid::basic_constraints)->value),
            "30060101ff020100");
  EXPECT_EQ(test::intermediate(last, "Below").error().message,
            "signing certificate has a max path length of zero, and cannot issue further CA "
            "certificates");
  profile.max_path_length = 2;
  EXPECT_FALSE(test::intermediate(top, "Too long", profile));
  profile.max_path_length = -1;
  EXPECT_EQ(
      take(test::intermediate(top, "None", profile)).certificate().basic_constraints->path_length,
      1);
  EXPECT_EQ(root("Free", profile).certificate().basic_constraints->path_length, std::nullopt);
}

TEST(Ca, IntermediateTakesConstraintsUsagesAndKeyId) {
  const Issuer top = root();
  CaProfile profile;
  profile.key_usage = profile.key_usage | usage::digital_signature;
  profile.ext_key_usage.add(ExtKeyUsage::server_auth);
  profile.name_constraints.permitted.dns = {"corp.test"};
  const auto key = ec_key();
  const DistinguishedName subject = named("Sub");
  CaRequest request = test::ca_request(subject, key.public_key());
  request.subject_key_id = from_hex("0102030405060708").value();
  LintedTbs tbs = take(prepare_intermediate(top, profile, request));
  const Certificate certificate = take(parse_certificate(top.sign(std::move(tbs)).view()));
  EXPECT_EQ(hex(certificate.subject_key_id), "0102030405060708");
  EXPECT_EQ(hex(find_extension(certificate.extensions, oid::key_usage)->value), "03020186");
  EXPECT_TRUE(certificate.name_constraints->critical);
  const Issuer sub = take(Issuer::make(certificate,
                                       std::make_shared<const crypto::PrivateKey>(
                                           take(crypto::PrivateKey::parse(key.pkcs8().reveal()))),
                                       {top.certificate()}));
  SubjectAltNames sans;
  sans.dns = {"a.corp.test"};
  const Der good = take(issue(sub, {}, "", sans));
  EXPECT_EQ(hex(take(parse_certificate(good.view())).authority_key_id), "0102030405060708");
  sans.dns = {"a.other.test"};
  EXPECT_FALSE(issue(sub, {}, "", sans));
}

TEST(Issuer, RefusesWhatCannotSign) {
  const Issuer top = root();
  SubjectAltNames sans;
  sans.dns = {"a.test"};
  const Certificate leaf = take(parse_certificate(take(issue(top, {}, "a.test", sans)).view()));
  const auto key = std::make_shared<const crypto::PrivateKey>(ec_key());
  EXPECT_FALSE(Issuer::make(leaf, key, {}));
  EXPECT_FALSE(Issuer::make(top.certificate(), key, {}));
}

using LeafDeathTest = testing::Test;
TEST(LeafDeathTest, AnotherKeyDoesNotSign) {
  const Issuer one = root("One");
  const Issuer two = root("Two");
  const LeafTemplate leaf(one, {});
  const auto key = ec_key();
  const DistinguishedName subject = named("a.test");
  const SubjectAltNames sans;
  LintedTbs tbs = take(prepare(leaf, leaf_request(subject, key.public_key(), sans)));
  EXPECT_DEATH((void)two.sign(std::move(tbs)), "");
}

}  // namespace
}  // namespace signet::ca
