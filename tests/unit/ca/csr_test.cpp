// SPDX-License-Identifier: Apache-2.0
#include "ca/csr.hpp"

#include "ca/der.hpp"
#include "crypto/signature_algorithms.hpp"
#include "fixture.hpp"

#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <openssl/x509.h>

namespace signet::ca {
namespace {

using test::ec_key;
using test::named;
using test::take;

SubjectAltNames some_names() {
  SubjectAltNames names;
  names.dns = {"a.test", "*.b.test"};
  names.email = {"a@b.test"};
  names.ip = {IpAddress::parse("10.0.0.1").value(), IpAddress::parse("2001:db8::1").value()};
  names.uri = {"urn:x:y"};
  names.other = {{Oid::parse("1.3.6.1.4.1.311.20.2.3").value(), "joe@corp.test"}};
  return names;
}

Der good_csr() { return build_csr(named("a.test"), some_names(), {}, ec_key(), {}); }

/// The parts of a request, each replaceable; signed by `key` whatever they say.
struct Forge {
  std::string version = "020100";
  Bytes subject = to_bytes(DistinguishedName().der());
  Bytes spki;
  std::function<void(DerWriter&)> attributes = [](DerWriter&) {};
  Bytes algorithm;

  explicit Forge(const crypto::PrivateKey& with)
      : spki(to_bytes(with.public_key().spki())),
        algorithm(to_bytes(crypto::signature_algorithm(with.spec().type, {}))),
        key(with) {}

  [[nodiscard]] Bytes der() const {
    DerWriter info;
    info.sequence([&] {
      info.raw(from_hex(version).value());
      info.raw(subject);
      info.raw(spki);
      info.element(tag::context_constructed(0), [&] { attributes(info); });
    });
    DerWriter out;
    out.sequence([&] {
      out.raw(info.view());
      out.raw(algorithm);
      out.bit_string(key.sign({}, info.view()));
    });
    return out.take();
  }

 private:
  const crypto::PrivateKey& key;
};

void write_request(DerWriter& out, const std::vector<Extension>& extensions,
                   const KnownOid& type = oid::extension_request) {
  out.sequence([&] {
    out.oid(type);
    out.element(tag::set, [&] {
      out.sequence([&] {
        for (const Extension& extension : extensions) write_extension(out, extension);
      });
    });
  });
}

Extension extension(const KnownOid& oid, const char* value, bool critical = false) {
  return {oid, critical, from_hex(value).value()};
}

TEST(Csr, RoundTripForEveryKeyType) {
  for (const crypto::KeySpec spec :
       {crypto::KeySpec{crypto::KeyType::ec, 256}, crypto::KeySpec{crypto::KeyType::ec, 384},
        crypto::KeySpec{crypto::KeyType::ec, 521}, crypto::KeySpec{crypto::KeyType::ed25519, 0},
        crypto::KeySpec{crypto::KeyType::rsa, 2048}}) {
    const auto key = crypto::PrivateKey::generate(spec);
    DerWriter constraints;
    constraints.sequence([&] { constraints.boolean(true); });
    const Der der = build_csr(named("a.test"), some_names(),
                              {{oid::basic_constraints, true, constraints.take()}}, key, {});
    const Csr csr = take(parse_csr(der.view()));
    EXPECT_EQ(csr.subject.text(), "CN=a.test");
    EXPECT_EQ(csr.sans.dns, some_names().dns);
    EXPECT_EQ(csr.sans.email, some_names().email);
    EXPECT_EQ(csr.sans.ip, some_names().ip);
    EXPECT_EQ(csr.sans.uri, some_names().uri);
    EXPECT_EQ(csr.sans.other, some_names().other);
    EXPECT_TRUE(csr.basic_constraints->is_ca);
    EXPECT_EQ(csr.public_key.spec(), spec);

    const unsigned char* at = der.bytes.data();
    const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> oracle(
        d2i_X509_REQ(nullptr, &at, static_cast<long>(der.bytes.size())), X509_REQ_free);
    ASSERT_TRUE(oracle);
    EXPECT_EQ(X509_REQ_verify(oracle.get(), X509_REQ_get0_pubkey(oracle.get())), 1);
  }
}

TEST(Csr, PemTexts) {
  const std::string pem_text = pem("WHATEVER", good_csr().view());
  EXPECT_TRUE(parse_csr_pem(pem_text));
  EXPECT_EQ(parse_csr_pem("").error().message, "\"csr\" is empty");
  EXPECT_EQ(parse_csr_pem("hello").error().message, "csr contains no data");
  const auto junk =
      parse_csr_pem("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----");
  EXPECT_TRUE(junk.error().message.starts_with("certificate request could not be parsed: "));
}

TEST(Csr, EveryTruncationAndExtensionIsRefused) {
  const Bytes good = good_csr().bytes;
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(parse_csr(BytesView(good).first(size))) << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(parse_csr(longer));
  EXPECT_FALSE(parse_csr(Bytes(65 * 1024, 0x30)));
}

TEST(Csr, EveryFlippedBitIsRefused) {
  const Bytes good = good_csr().bytes;
  ASSERT_TRUE(parse_csr(good));
  for (std::size_t bit = 0; bit < 8 * good.size(); bit += 7) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << (bit % 8));
    EXPECT_FALSE(parse_csr(bad)) << bit;
  }
}

TEST(Csr, SignatureOfAnotherKey) {
  const auto key = ec_key();
  const auto other = ec_key();
  Forge forge(key);
  forge.spki = to_bytes(other.public_key().spki());
  EXPECT_EQ(parse_csr(forge.der()).error().message, "request signature invalid");
}

TEST(Csr, KeyIsJudgedBeforeAnythingIsComputed) {
  const auto key = ec_key();
  Forge forge(key);
  // RSA of 1024 bits
  DerWriter spki;
  spki.sequence([&] {
    spki.raw(crypto::spki_algorithm({crypto::KeyType::rsa, 2048}));
    DerWriter numbers;
    numbers.sequence([&] {
      numbers.integer(BytesView(Bytes(128, 0xff)));
      numbers.integer(std::int64_t{65537});
    });
    spki.bit_string(numbers.view());
  });
  forge.spki = spki.take();
  int bits = 0;
  const auto role = [&bits](const crypto::KeySpec& spec) -> Result<void> {
    bits = spec.bits;
    return invalid("role requires keys of type ec");
  };
  EXPECT_EQ(parse_csr(forge.der(), role).error().message, "role requires keys of type ec");
  EXPECT_EQ(bits, 1024);
  EXPECT_EQ(parse_csr(forge.der()).error().message,
            "RSA keys < 2048 bits are unsafe and not supported");
}

TEST(Csr, UnknownKeyAlgorithm) {
  const auto key = ec_key();
  Forge forge(key);
  DerWriter spki;
  spki.sequence([&] {
    spki.sequence([&] { spki.oid(known_oid("1.2.840.113549.1.1.10")); });  // id-RSASSA-PSS
    spki.bit_string(Bytes{1, 2, 3});
  });
  forge.spki = spki.take();
  EXPECT_TRUE(parse_csr(forge.der())
                  .error()
                  .message.starts_with("Refusing to sign CSR with empty PublicKey"));
}

TEST(Csr, HostileContents) {
  const auto key = ec_key();
  const std::vector<Extension> san{extension(oid::subject_alt_name, "30088206612e74657374")};
  const auto with_san = [](const char* value) {
    return
        [value](DerWriter& out) { write_request(out, {extension(oid::subject_alt_name, value)}); };
  };
  struct Case {
    const char* why;
    std::function<void(Forge&)> spoil;
  };
  const std::vector<Case> cases{
      {"version 1", [](Forge& f) { f.version = "020101"; }},
      {"version not minimal", [](Forge& f) { f.version = "02020000"; }},
      {"SHA-1 signature",
       [](Forge& f) { f.algorithm = from_hex("300906072a8648ce3d0401").value(); }},
      {"MD5 signature",
       [](Forge& f) { f.algorithm = from_hex("300d06092a864886f70d0101040500").value(); }},
      {"algorithm of another key",
       [](Forge& f) { f.algorithm = from_hex("300d06092a864886f70d01010b0500").value(); }},
      {"ECDSA with NULL",
       [](Forge& f) { f.algorithm = from_hex("300c06082a8648ce3d0403020500").value(); }},
      {"repeated extension",
       [&](Forge& f) {
         f.attributes = [&](DerWriter& out) { write_request(out, {san[0], san[0]}); };
       }},
      {"repeated attribute",
       [&](Forge& f) {
         f.attributes = [&](DerWriter& out) {
           write_request(out, san);
           write_request(out, san);
         };
       }},
      {"two kinds of extension request",
       [&](Forge& f) {
         f.attributes = [&](DerWriter& out) {
           write_request(out, san);
           write_request(out, san, oid::microsoft_extension_request);
         };
       }},
      {"no extensions in the request",
       [](Forge& f) { f.attributes = [](DerWriter& out) { write_request(out, {}); }; }},
      {"SAN without names", [&](Forge& f) { f.attributes = with_san("3000"); }},
      {"SAN with NUL", [&](Forge& f) { f.attributes = with_san("30058203610062"); }},
      {"SAN with line feed", [&](Forge& f) { f.attributes = with_san("300582036f0a62"); }},
      {"SAN with 0x80", [&](Forge& f) { f.attributes = with_san("3003820180"); }},
      {"SAN with an empty name", [&](Forge& f) { f.attributes = with_san("30028200"); }},
      {"SAN address of 5 octets", [&](Forge& f) { f.attributes = with_san("300787050a00000001"); }},
      {"SAN with trailing octets", [&](Forge& f) { f.attributes = with_san("30038201610500"); }},
      {"SAN of an unknown kind", [&](Forge& f) { f.attributes = with_san("3003890161"); }},
      {"key usage with trailing zeros",
       [](Forge& f) {
         f.attributes = [](DerWriter& out) {
           write_request(out, {extension(oid::key_usage, "03020080")});
         };
       }},
      {"basic constraints with FALSE coded",
       [](Forge& f) {
         f.attributes = [](DerWriter& out) {
           write_request(out, {extension(oid::basic_constraints, "3003010100")});
         };
       }},
      {"CN with NUL",
       [](Forge& f) {
         f.subject = from_hex(
                         "300e310c300a060355040"
                         "30c03610062")
                         .value();
       }},
      {"CN of PrintableString with @",
       [](Forge& f) {
         f.subject = from_hex(
                         "300c310a3008060355040313"
                         "0140")
                         .value();
       }},
      {"subject is no SEQUENCE", [](Forge& f) { f.subject = from_hex("3100").value(); }},
      {"compressed nonsense key", [](Forge& f) { f.spki[f.spki.size() - 65] = 0x05; }},
      {"point off the curve", [](Forge& f) { f.spki.back() ^= 1; }},
  };
  ASSERT_TRUE(parse_csr(Forge(key).der()));
  for (const Case& c : cases) {
    Forge forge(key);
    c.spoil(forge);
    const auto csr = parse_csr(forge.der());
    EXPECT_FALSE(csr) << c.why;
    if (!csr) {
      EXPECT_EQ(csr.error().code, ErrorCode::invalid) << c.why;
    }
  }
}

TEST(Csr, ForeignNamesAreTold) {
  const auto key = ec_key();
  Forge forge(key);
  forge.attributes = [](DerWriter& out) {
    write_request(out, {extension(oid::subject_alt_name,
                                  // otherName 1.2.3 with an IA5String, then a registeredID
                                  "300fa00906022a03a003160161"
                                  "88022a03")});
  };
  const Csr csr = take(parse_csr(forge.der()));
  EXPECT_TRUE(csr.sans.has_foreign_other_name);
  EXPECT_TRUE(csr.sans.has_foreign_name);
  EXPECT_TRUE(csr.sans.empty());
}

TEST(Csr, ChallengePasswordAndMicrosoftRequestAreRead) {
  const auto key = ec_key();
  Forge forge(key);
  forge.attributes = [](DerWriter& out) {
    out.sequence([&] {
      out.oid(oid::challenge_password);
      out.element(tag::set, [&] { out.text(tag::utf8_string, "x"); });
    });
    write_request(out, {extension(oid::subject_alt_name, "30088206612e74657374")},
                  oid::microsoft_extension_request);
  };
  EXPECT_EQ(take(parse_csr(forge.der())).sans.dns, std::vector<std::string>{"a.test"});
}

}  // namespace
}  // namespace signet::ca
