// SPDX-License-Identifier: Apache-2.0
// OCSP requests and answers (RFC 6960, RFC 9654, RFC 9919): DER in, DER out.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "ca/certificate.hpp"
#include "crypto/digest.hpp"
#include "crypto/key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::crl {

/// Unsigned answers (RFC 6960, 2.3).
enum class OcspError : std::uint8_t {
  malformed_request = 1,
  internal_error = 2,
  try_later = 3,
  signature_required = 5,
  unauthorized = 6,
};
/// The five octets of an error answer.
Bytes ocsp_error(OcspError error);

/// One certificate that is asked about.
struct CertId {
  crypto::Hash hash = crypto::Hash::sha1;
  Bytes issuer_name_hash, issuer_key_hash;
  Bytes serial;  ///< INTEGER content as sent: minimal, at most 20 octets, may be zero or negative
  Bytes der;     ///< the CertID as sent: echoed byte for byte
  /// The serial as the database keys it; empty when it is not positive (then it was never issued).
  [[nodiscard]] BytesView magnitude() const;
};

struct OcspRequest {
  std::vector<CertId> certificates;  ///< 1 to 100
  std::optional<Bytes> nonce;        ///< 1 to 128 octets
};

/// Requests longer than this are malformed.
inline constexpr std::size_t ocsp_request_limit = 16 * 1024;

/// @return OcspError instead of an Error: malformed_request, or unauthorized for a CertID of an
/// unknown hash algorithm
tl::expected<OcspRequest, OcspError> parse_ocsp_request(BytesView der);

/// The request of a GET: the rest of the path behind ".../ocsp/", percent-decoded or not, standard
/// or URL-safe base64, padded or not, with blanks where a proxy decoded '+'. nullopt: not base64.
std::optional<Bytes> decode_ocsp_path(std::string_view path);

/// The hashes by which requests name an issuer, one pair an algorithm.
class IssuerHashes {
 public:
  explicit IssuerHashes(const ca::Certificate& issuer);
  [[nodiscard]] bool matches(const CertId& id) const;

 private:
  struct Pair {
    crypto::Hash hash;
    Bytes name, key;
  };
  std::vector<Pair> pairs_;
};

enum class CertStatus { good, revoked, unknown };

/// What is said about one certificate.
struct SingleStatus {
  CertStatus status = CertStatus::unknown;
  UnixTime revoked_at;
  std::int64_t reason = 0;  ///< 0: none written
  UnixTime this_update;
  std::optional<UnixTime> next_update;
};

/// A signed answer: one SingleResponse for each CertId, in order; responderID by key, no
/// certificates embedded (RFC 9919, 3.2.1; Go's parser takes an embedded one for a delegate).
/// @param produced_at signing time
Bytes sign_ocsp_response(const std::vector<CertId>& ids, const std::vector<SingleStatus>& statuses,
                         UnixTime produced_at, const std::optional<Bytes>& nonce,
                         const crypto::PrivateKey& key, const crypto::SignatureScheme& scheme);

}  // namespace signet::crl
