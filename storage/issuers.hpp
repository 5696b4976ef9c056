// SPDX-License-Identifier: Apache-2.0
// Issuers of PKI mounts, their private keys and the authorities that certificates hang on.
#pragma once

#include "base/bytes.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace signet::storage {

/// Columns beside `record` (sealed) exist to be found by; what decides stands in the record, which
/// is bound to the certificate.
struct IssuerRow {
  Uuid id;
  Uuid mount;
  std::string name;
  std::int64_t authority = 0;
  std::optional<Uuid> key_id;
  Bytes certificate;  ///< DER
  SealedBytes record;
};

struct IssuerKeyRow {
  Uuid id;
  Uuid mount;
  std::string name;
  Bytes spki;  ///< DER SubjectPublicKeyInfo
  SealedBytes record;
};

/// A (subject, key) of a mount: kept when its issuers are deleted.
struct AuthorityRow {
  std::int64_t number = 0;
  Uuid mount;
  Bytes subject;    ///< DER Name
  Bytes spki_hash;  ///< SHA-256 of the SubjectPublicKeyInfo
};

/// Where the sealed records live (base/sealed.hpp).
inline constexpr std::string_view issuers_table = "issuers";
inline constexpr std::string_view issuer_keys_table = "issuer_keys";
inline constexpr std::string_view record_column = "record";

class IssuerStore {
 public:
  explicit IssuerStore(Database& database) : database_(database) {}

  /// All of a mount in one snapshot, by id.
  struct Contents {
    std::vector<IssuerRow> issuers;
    std::vector<IssuerKeyRow> keys;
  };
  [[nodiscard]] Contents of_mount(const Uuid& mount) const;
  /// Every authority of a mount, those without issuers included.
  [[nodiscard]] std::vector<AuthorityRow> authorities(const Uuid& mount) const;
  [[nodiscard]] std::optional<std::int64_t> authority(const Uuid& mount, BytesView subject,
                                                      BytesView spki_hash) const;

  static void insert(CommitUnit& unit, IssuerRow row);
  static void update(CommitUnit& unit, IssuerRow row);  ///< `invalid` when it is gone
  static void remove_issuer(CommitUnit& unit, const Uuid& mount, const Uuid& id);
  static void insert(CommitUnit& unit, IssuerKeyRow row);
  static void update(CommitUnit& unit, IssuerKeyRow row);  ///< `invalid` when it is gone
  static void remove_key(CommitUnit& unit, const Uuid& mount, const Uuid& id);
  /// Refused (`conflict`) when another request has just added the same (subject, key).
  static void insert(CommitUnit& unit, AuthorityRow row);
  /// Issuers, keys and authorities of a mount.
  static void remove_mount(CommitUnit& unit, const Uuid& mount);

 private:
  Database& database_;
};

}  // namespace signet::storage
