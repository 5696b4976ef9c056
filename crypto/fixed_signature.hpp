// SPDX-License-Identifier: Apache-2.0
// ECDSA signatures as JOSE carries them (RFC 7518, 3.4): r and s one after the other, each as long
// as a coordinate of the curve.
#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <optional>

namespace signet::crypto {

/// @param der         ECDSA-Sig-Value, as PrivateKey::sign() makes it
/// @param coordinate  octets: 66 for P-521
/// @return nullopt: not that, or a number that is longer
std::optional<Bytes> fixed_signature(BytesView der, std::size_t coordinate);

/// The ECDSA-Sig-Value of such a pair, as PublicKey::verify() takes it.
/// @return nullopt: `fixed` is not two coordinates long
std::optional<Bytes> der_signature(BytesView fixed, std::size_t coordinate);

}  // namespace signet::crypto
