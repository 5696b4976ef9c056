// SPDX-License-Identifier: Apache-2.0
// Certificate revocation lists (RFC 5280, 5).
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "ca/certificate.hpp"
#include "ca/oid.hpp"
#include "crl/file.hpp"
#include "crypto/key.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace signet::crl {

/// What a list says about itself.
struct CrlHeader {
  Bytes issuer;             ///< DER Name: the issuer certificate's subject as it stands
  Bytes authority_key_id;   ///< the issuer's key id
  std::int64_t number = 0;  ///< CRLNumber (5.2.3), above every earlier one
  UnixTime this_update;
  UnixTime next_update;                     ///< above this_update
  std::vector<std::string> freshest_crl;    ///< URLs (5.2.6); only in complete lists
  std::optional<std::int64_t> base_number;  ///< set: a delta CRL on this number (5.2.4)
};

/// One line of a list. Reason 0 (unspecified) is not written (5.3.1).
struct CrlEntry {
  BytesView serial;  ///< magnitude octets
  UnixTime revoked_at;
  std::int64_t reason = 0;
};

/// Writes one CRL of any size: entries stream into a temporary file, the parts whose DER lengths
/// depend on them are written in front afterwards, then the whole is signed from a mapping of that
/// file. Memory does not grow.
class CrlBuilder {
 public:
  /// @param folder of the temporary file (empty: the default). @throws Fault when it cannot be
  /// written
  explicit CrlBuilder(const std::string& folder);
  ~CrlBuilder();
  CrlBuilder(const CrlBuilder&) = delete;
  CrlBuilder& operator=(const CrlBuilder&) = delete;

  /// Entries in ascending order of serial, no serial twice.
  void add(const CrlEntry& entry);
  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  /// Signs and hands over. Once.
  std::shared_ptr<const StoredObject> finish(const CrlHeader& header, const crypto::PrivateKey& key,
                                             const crypto::SignatureScheme& scheme);

 private:
  void flush();
  std::shared_ptr<TemporaryFile> file_;  // handed to the StoredObject
  Bytes buffer_;
  std::uint64_t end_;
  std::uint64_t entries_ = 0;
  Bytes last_serial_;
};

/// The signature algorithm by Go's name ("SHA256WithRSA", "ECDSAWithSHA384", "PureEd25519",
/// "SHA256WithRSAPSS" ...), as `revocation_signature_algorithm` spells it; nullopt: unknown or not
/// of this key type.
std::optional<crypto::SignatureScheme> scheme_named(std::string_view name, crypto::KeyType key);

/// A parsed list, for imports and tests of our own answers: header, entries and signature checked
/// strictly.
struct ParsedCrl {
  CrlHeader header;
  struct Entry {
    Bytes serial;
    UnixTime revoked_at;
    std::int64_t reason = 0;
  };
  std::vector<Entry> entries;
  Bytes tbs, signature_algorithm, signature;
};
Result<ParsedCrl> parse_crl(BytesView der);

}  // namespace signet::crl
