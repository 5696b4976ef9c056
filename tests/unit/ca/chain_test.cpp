// SPDX-License-Identifier: Apache-2.0
#include "ca/chain.hpp"

#include "fixture.hpp"

#include <string>

#include <gtest/gtest.h>

namespace signet::ca {
namespace {

using test::day;
using test::intermediate;
using test::issue;
using test::now;
using test::root;
using test::take;

Certificate leaf_of(const Issuer& issuer, const std::string& name) {
  SubjectAltNames sans;
  sans.dns = {name};
  return take(parse_certificate(take(issue(issuer, {}, name, sans)).view()));
}

TEST(Chain, ClimbsToTheRootWhateverTheOrder) {
  const Issuer top = root("Root");
  const Issuer middle = take(intermediate(top, "Middle"));
  const Issuer low = take(intermediate(middle, "Low"));
  const Issuer stranger = root("Root");  // the same name, another key
  const Certificate leaf = leaf_of(low, "a.test");
  const std::vector pool{stranger.certificate(), leaf, top.certificate(), low.certificate(),
                         middle.certificate()};
  const auto chain = build_chain(leaf, pool);
  ASSERT_EQ(chain.size(), 3U);
  EXPECT_EQ(chain[0].der, low.certificate().der);
  EXPECT_EQ(chain[1].der, middle.certificate().der);
  EXPECT_EQ(chain[2].der, top.certificate().der);
  EXPECT_TRUE(verify_path(leaf, chain, now));
  EXPECT_FALSE(verify_path(leaf, chain, now + 91 * day));
  EXPECT_FALSE(verify_path(leaf, std::span(chain).subspan(1), now));
  EXPECT_TRUE(build_chain(top.certificate(), pool).empty());
  EXPECT_TRUE(is_issued_by(leaf, low.certificate()));
  EXPECT_FALSE(is_issued_by(leaf, middle.certificate()));
}

TEST(Chain, IncompletePoolGivesWhatThereIs) {
  const Issuer top = root("Root");
  const Issuer middle = take(intermediate(top, "Middle"));
  const Certificate leaf = leaf_of(middle, "a.test");
  EXPECT_EQ(build_chain(leaf, std::vector{middle.certificate()}).size(), 1U);
  EXPECT_TRUE(build_chain(leaf, {}).empty());
}

/// Signs `subject`'s name and key by `signer` once more.
Certificate cross_sign(const Issuer& signer, const Issuer& subject) {
  CaRequest request = test::ca_request(subject.certificate().subject, subject.key().public_key());
  LintedTbs tbs = take(prepare_intermediate(signer, {}, request));
  return take(parse_certificate(signer.sign(std::move(tbs)).view()));
}

TEST(Chain, CyclesOfCrossCertificatesEnd) {
  const Issuer a = root("A");
  const Issuer b = root("B");
  const Certificate a_by_b = cross_sign(b, a);
  const Certificate b_by_a = cross_sign(a, b);
  const Certificate leaf = leaf_of(a, "a.test");
  const auto without_root = build_chain(leaf, std::vector{a_by_b, b_by_a});
  EXPECT_EQ(without_root.size(), 2U);
  const auto preferred = build_chain(leaf, std::vector{a_by_b, b_by_a, a.certificate()});
  ASSERT_EQ(preferred.size(), 1U);
  EXPECT_EQ(preferred[0].der, a.certificate().der);
  const auto long_way = build_chain(leaf, std::vector{a_by_b, b_by_a, b.certificate()});
  ASSERT_EQ(long_way.size(), 2U);
  EXPECT_TRUE(verify_path(leaf, long_way, now));
}

TEST(Chain, ManyTwinsCostFewSignatures) {
  const Issuer top = root("Root");
  const auto key = std::make_shared<const crypto::PrivateKey>(test::ec_key());
  const DistinguishedName twin = test::named("Twin");
  std::vector<Certificate> pool;
  for (int i = 0; i < 50; ++i) {
    CaRequest request = test::ca_request(twin, key->public_key());
    LintedTbs tbs = take(prepare_intermediate(top, {}, request));
    pool.push_back(take(parse_certificate(top.sign(std::move(tbs)).view())));
  }
  const Issuer issuer = take(Issuer::make(pool.back(), key, {}));
  const Certificate leaf = leaf_of(issuer, "a.test");
  EXPECT_EQ(build_chain(leaf, pool).size(), 1U);
  pool.push_back(top.certificate());
  EXPECT_EQ(build_chain(leaf, pool).size(), 2U);
}

TEST(Path, ConstraintsOfAGrandparentHold) {
  CaProfile profile;
  profile.name_constraints.permitted.dns = {"example.com"};
  const Issuer top = root("Root", profile);
  const Issuer middle = take(intermediate(top, "Middle"));
  const auto inside = leaf_of(middle, "a.example.com");
  const std::vector above{middle.certificate(), top.certificate()};
  EXPECT_TRUE(verify_path(inside, above, now));
  // The issuer does not know of the constraint here: the verifier finds it.
  const Issuer blind =
      take(Issuer::make(middle.certificate(),
                        std::make_shared<const crypto::PrivateKey>(
                            take(crypto::PrivateKey::parse(middle.key().pkcs8().reveal()))),
                        {}));
  EXPECT_FALSE(verify_path(leaf_of(blind, "a.other.test"), above, now));
  SubjectAltNames sans;
  sans.dns = {"a.other.test"};
  EXPECT_FALSE(issue(middle, {}, "", sans)) << "the issuer knows its chain";
}

TEST(Certificate, RefusesDamage) {
  const Issuer top = root("Root");
  const Bytes good = leaf_of(top, "a.test").der.bytes;
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(parse_certificate(BytesView(good).first(size))) << size;
  }
  for (std::size_t bit = 0; bit < 8 * good.size(); bit += 3) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << (bit % 8));
    const auto certificate = parse_certificate(bad);
    if (certificate) {
      EXPECT_FALSE(verify_signature(*certificate, top.key().public_key())) << bit;
    }
  }
}

}  // namespace
}  // namespace signet::ca
