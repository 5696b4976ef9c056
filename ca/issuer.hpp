// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ca/certificate.hpp"
#include "ca/tbs.hpp"
#include "crypto/key.hpp"

#include <memory>
#include <vector>

namespace signet::ca {

/// A certificate that can sign, with its key. Immutable; safe from many threads.
class Issuer {
 public:
  /// @param key    shared: the same key may serve several issuers (renewal, cross-certificates)
  /// @param chain  the certificates above, nearest first, as far as known
  /// @return `invalid` when the certificate is no CA, may not sign certificates (key usage) or
  /// holds another key
  static Result<Issuer> make(Certificate certificate, std::shared_ptr<const crypto::PrivateKey> key,
                             std::vector<Certificate> chain);

  [[nodiscard]] const Certificate& certificate() const { return certificate_; }
  [[nodiscard]] const std::vector<Certificate>& chain() const { return chain_; }
  [[nodiscard]] const crypto::PrivateKey& key() const { return *key_; }
  /// Own and ancestors' name constraints.
  [[nodiscard]] std::vector<NameConstraints> name_constraints() const;

  [[nodiscard]] Der sign(LintedTbs&& tbs) const { return ca::sign(*key_, std::move(tbs)); }

 private:
  Issuer() = default;
  Certificate certificate_;
  std::shared_ptr<const crypto::PrivateKey> key_;
  std::vector<Certificate> chain_;
};

}  // namespace signet::ca
