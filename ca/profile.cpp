// SPDX-License-Identifier: Apache-2.0
#include "ca/profile.hpp"

#include "crypto/signature_algorithms.hpp"

namespace signet::ca {

crypto::SignatureScheme effective_scheme(const crypto::KeySpec& key,
                                         const crypto::SignatureScheme& wanted) {
  using crypto::Hash;
  const int bits = wanted.hash == Hash::sha512 ? 512 : wanted.hash == Hash::sha384 ? 384 : 256;
  return crypto::default_scheme(key, bits, wanted.is_pss);
}

}  // namespace signet::ca
