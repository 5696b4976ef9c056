// SPDX-License-Identifier: Apache-2.0
// A small CA for the tests of this folder.
#pragma once

#include "base/random.hpp"
#include "ca/issuer.hpp"
#include "ca/serial.hpp"
#include "ca/tbs.hpp"
#include "crypto/key.hpp"

#include <memory>
#include <string>
#include <vector>

namespace signet::ca::test {

inline constexpr UnixTime now{1'800'000'000};  // 2027-01-15
inline constexpr Seconds day{86'400};

inline crypto::PrivateKey ec_key() {
  return crypto::PrivateKey::generate({crypto::KeyType::ec, 256});
}

template <class T>
T take(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

inline DistinguishedName named(std::string common_name) {
  Subject subject;
  subject.common_name = std::move(common_name);
  return take(subject.name());
}

inline CaRequest ca_request(const DistinguishedName& subject, const crypto::PublicKey& key) {
  CaRequest request;
  request.serial = serial_at_random(crypto::system_random());
  request.not_before = now - Seconds(30);
  request.not_after = now + 3650 * day;
  request.subject = &subject;
  request.key = &key;
  return request;
}

/// A self-signed issuer.
inline Issuer root(std::string name = "Test Root", CaProfile profile = {},
                   crypto::KeySpec spec = {crypto::KeyType::ec, 256}) {
  auto key = std::make_shared<const crypto::PrivateKey>(crypto::PrivateKey::generate(spec));
  const DistinguishedName subject = named(std::move(name));
  LintedTbs tbs = take(prepare_root(profile, ca_request(subject, key->public_key())));
  Certificate certificate = take(parse_certificate(sign(*key, std::move(tbs)).view()));
  return take(Issuer::make(std::move(certificate), key, {}));
}

/// An issuer below `parent`.
inline Result<Issuer> intermediate(const Issuer& parent, std::string name,
                                   const CaProfile& profile = {}) {
  auto key = std::make_shared<const crypto::PrivateKey>(ec_key());
  const DistinguishedName subject = named(std::move(name));
  CaRequest request = ca_request(subject, key->public_key());
  request.not_after = parent.certificate().not_after;
  LintedTbs tbs = TRY(prepare_intermediate(parent, profile, request));
  Certificate certificate = TRY(parse_certificate(parent.sign(std::move(tbs)).view()));
  std::vector<Certificate> chain{parent.certificate()};
  chain.insert(chain.end(), parent.chain().begin(), parent.chain().end());
  return Issuer::make(std::move(certificate), key, std::move(chain));
}

/// A leaf's request; what it points to must outlive it.
inline LeafRequest leaf_request(const DistinguishedName& subject, const crypto::PublicKey& key,
                                const SubjectAltNames& sans) {
  LeafRequest request;
  request.serial = serial_by_expiry(now + 90 * day, crypto::system_random());
  request.not_before = now - Seconds(30);
  request.not_after = now + 90 * day;
  request.subject = &subject;
  request.key = &key;
  request.sans = &sans;
  return request;
}

inline Result<Der> issue(const Issuer& issuer, const LeafProfile& profile, std::string name,
                         const SubjectAltNames& sans) {
  const LeafTemplate leaf(issuer, profile);
  const crypto::PrivateKey key = ec_key();
  const DistinguishedName subject = name.empty() ? DistinguishedName() : named(std::move(name));
  LintedTbs tbs = TRY(prepare(leaf, leaf_request(subject, key.public_key(), sans)));
  return issuer.sign(std::move(tbs));
}

}  // namespace signet::ca::test
