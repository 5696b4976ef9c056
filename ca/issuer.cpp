// SPDX-License-Identifier: Apache-2.0
#include "ca/issuer.hpp"

#include <algorithm>

namespace signet::ca {

Result<Issuer> Issuer::make(Certificate certificate, std::shared_ptr<const crypto::PrivateKey> key,
                            std::vector<Certificate> chain) {
  CHECK(key != nullptr);
  if (!certificate.is_ca()) return invalid("the issuer's certificate is not a CA certificate");
  if (certificate.key_usage && !certificate.key_usage->has(usage::cert_sign)) {
    return invalid("the issuer's certificate lacks the key usage CertSign");
  }
  const crypto::PublicKey public_key = TRY(certificate.public_key());
  if (!std::ranges::equal(public_key.spki(), key->public_key().spki())) {
    return invalid("the issuer's key does not belong to its certificate");
  }
  Issuer issuer;
  issuer.certificate_ = std::move(certificate);
  issuer.key_ = std::move(key);
  issuer.chain_ = std::move(chain);
  return issuer;
}

std::vector<NameConstraints> Issuer::name_constraints() const {
  std::vector<NameConstraints> all;
  if (certificate_.name_constraints) all.push_back(*certificate_.name_constraints);
  for (const Certificate& above : chain_) {
    if (above.name_constraints) all.push_back(*above.name_constraints);
  }
  return all;
}

}  // namespace signet::ca
