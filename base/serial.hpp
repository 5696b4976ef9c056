// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <optional>
#include <string>

namespace signet {

/// A certificate serial number: positive, at most 20 octets (RFC 5280, 4.1.2.2). Content octets of
/// the DER INTEGER without a leading zero octet unless needed for the sign.
class Serial {
 public:
  /// From big-endian magnitude octets; nullopt when zero or longer than 20 octets as a DER INTEGER.
  static std::optional<Serial> from_bytes(BytesView magnitude);
  /// From "0a:1b", "0a-1b" or plain hex, any case (pki.md section 11).
  static std::optional<Serial> parse(std::string_view text);

  [[nodiscard]] BytesView magnitude() const {
    return magnitude_;
  }  ///< no leading zeros: the database key
  [[nodiscard]] std::string colons() const { return hex(magnitude_, ':'); }
  [[nodiscard]] std::string hyphens() const { return hex(magnitude_, '-'); }
  auto operator<=>(const Serial&) const = default;

 private:
  Bytes magnitude_;
};

}  // namespace signet
