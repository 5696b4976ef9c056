// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/serial.hpp"

namespace signet::ca {

/// 20 octets: 7 bits 0100000, 9 bits months from 2020-01 to the expiry (0 to 511, clamped), 18
/// random octets. Serials of certificates that expire together lie together in an index.
Serial serial_by_expiry(UnixTime not_after, Random& random);
/// 20 octets, the top two bits 01, all others random.
Serial serial_at_random(Random& random);

}  // namespace signet::ca
