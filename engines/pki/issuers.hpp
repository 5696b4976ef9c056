// SPDX-License-Identifier: Apache-2.0
// What a mount's issuers, keys and configuration are at one change number.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/snapshot.hpp"
#include "ca/certificate.hpp"
#include "ca/issuer.hpp"
#include "core/engine.hpp"
#include "crypto/key.hpp"
#include "engines/pki/config.hpp"
#include "storage/database.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signet::pki {

/// Whose not_after may pass the issuer's (pki.md section 5, notAfter step 7).
enum class LeafNotAfter { err, truncate, permit };
std::string_view name(LeafNotAfter behavior);
std::optional<LeafNotAfter> leaf_not_after_named(std::string_view text);

/// What an issuer may be used for; reading it is always allowed.
struct IssuerUsage {
  bool issuing_certificates = true;
  bool crl_signing = true;
  bool ocsp_signing = true;
  /// "crl-signing,issuing-certificates,ocsp-signing,read-only": sorted, comma-separated.
  [[nodiscard]] std::string text() const;
  /// `invalid`: unknown usage "..."
  static Result<IssuerUsage> parse(const std::vector<std::string>& names);
  bool operator==(const IssuerUsage&) const = default;
};

/// One issuer. `authority` is the number that its certificates, revocations and CRLs hang on:
/// issuers of equal subject and key share it (table `authorities`).
struct IssuerEntry {
  Uuid id;
  std::string name;  ///< may be empty
  std::int64_t authority = 0;
  std::optional<Uuid> key_id;  ///< absent: no private key here
  ca::Certificate certificate;
  LeafNotAfter leaf_not_after_behavior = LeafNotAfter::err;
  IssuerUsage usage;
  std::string revocation_signature_algorithm;  ///< "" or a name of pki.md 9.1
  std::vector<Uuid> manual_chain;              ///< empty: computed
  Urls urls;                                   ///< all empty: the mount's apply
  std::optional<UnixTime> revoked_at;
  /// Every certificate it ever signed is in the store: made here with a key that never left, and
  /// nothing issued unstored. OCSP then answers `unknown` for serials that it does not find.
  bool knows_all_serials = false;
  UnixTime changed_at;  ///< Last-Modified of what shows it

  // Made by the snapshot; not stored.
  std::vector<Uuid> built_chain;  ///< itself first, then what signed it, up to the roots
  std::vector<Uuid> chain;        ///< built_chain, or manual_chain where that is set
  std::string pem;                ///< without a final newline
};

/// One private key of the mount. It is opened when first asked for.
struct KeyEntry {
  Uuid id;
  std::string name;  ///< may be empty
  crypto::KeySpec spec;
  Bytes spki;
  bool is_internal = false;  ///< made here and never shown: all that it signed was signed here
};

/// A ready signer: what issuing, CRLs and OCSP sign with.
struct Signer {
  std::shared_ptr<const ca::Issuer> issuer;  // shared with templates that outlive a snapshot
  ca::IssuerUrls urls;                       ///< of certificates it issues, templates filled in
};

/// An issuer that may issue, with what it signs with. The entry lives as long as its snapshot.
struct IssuingIssuer {
  const IssuerEntry* entry = nullptr;
  Signer signer;
};

/// Immutable; shared by requests under way. Ask PkiEngine::issuers() for the current one and put
/// `request.unit().decided_on(Issuers::kind, mount, snapshot->number())` with what is staged.
class Issuers {
 public:
  static constexpr std::string_view kind = "pki-issuers";

  [[nodiscard]] std::int64_t number() const { return number_; }
  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const std::vector<IssuerEntry>& all() const { return issuers_; }  ///< by id
  [[nodiscard]] const std::vector<KeyEntry>& keys() const { return keys_; }       ///< by id
  [[nodiscard]] const IssuerEntry* find(const Uuid& id) const;
  [[nodiscard]] const KeyEntry* find_key(const Uuid& id) const;
  [[nodiscard]] const IssuerEntry* named(std::string_view name) const;
  [[nodiscard]] const KeyEntry* key_named(std::string_view name) const;
  [[nodiscard]] const IssuerEntry* default_issuer() const;  ///< null: none set, or it is gone
  [[nodiscard]] const KeyEntry* default_key() const;
  /// Issuers of one authority (equal subject and key), by id.
  [[nodiscard]] std::vector<const IssuerEntry*> of_authority(std::int64_t authority) const;

  /// "default", an id or a name (pki.md 1.3). `invalid`: "no default issuer currently configured",
  /// "unable to find PKI issuer for reference: X"; reads answer 404 instead (absent_if).
  [[nodiscard]] Result<const IssuerEntry*> resolve(std::string_view reference) const;
  /// The same of keys: "no default key currently configured", "unable to find PKI key for
  /// reference: X".
  [[nodiscard]] Result<const KeyEntry*> resolve_key(std::string_view reference) const;

  /// Opened once for all snapshots. @throws Fault when the sealed record is forged
  [[nodiscard]] std::shared_ptr<const crypto::PrivateKey> private_key(const KeyEntry& key) const;
  /// Made once a snapshot. `invalid`: no key, or the templates of its URLs cannot be filled in
  /// ("unable to fetch AIA URL information: ..."). Says nothing about usage: the caller checks it.
  [[nodiscard]] Result<Signer> signer(const IssuerEntry& issuer) const;
  /// Resolves and checks the usage issuing-certificates, for everything that signs certificates.
  /// Errors with Vault's words: "could not fetch the CA certificate (was one set?): ...", "error
  /// fetching CA certificate: ...".
  [[nodiscard]] Result<IssuingIssuer> issuing(std::string_view reference) const;
  /// The certificates of `issuer.chain`, itself first.
  [[nodiscard]] std::vector<const IssuerEntry*> chain_of(const IssuerEntry& issuer) const;

 private:
  friend class IssuersLoader;
  Issuers() = default;

  std::int64_t number_ = 0;
  Config config_;
  std::vector<IssuerEntry> issuers_;
  std::vector<KeyEntry> keys_;
  std::shared_ptr<class OpenedKeys> opened_;  // shared by the mount's snapshots
  mutable std::mutex mutex_;
  mutable std::map<Uuid, Signer> signers_;
};

/// 404 for reads: turns `invalid` of a reference that resolves to nothing into `absent`.
template <class T>
Result<T> absent_if(Result<T> resolved) {
  if (!resolved) return absent();
  return resolved;
}

/// Keeps the current snapshot of one mount.
class IssuersLoader {
 public:
  explicit IssuersLoader(const core::EngineContext& context);
  /// The snapshot at the newest change number this node knows of. @throws Unavailable
  std::shared_ptr<const Issuers> current();
  /// The last snapshot loaded, from memory, however old; null before the first. For what is served
  /// while the database is gone.
  std::shared_ptr<const Issuers> last();

 private:
  std::shared_ptr<const Issuers> load(std::int64_t number);
  void compute_chains(Issuers& issuers);

  core::EngineContext context_;
  std::mutex mutex_;
  Snapshot<Issuers> last_;
  std::shared_ptr<const Issuers> current_;
  std::shared_ptr<OpenedKeys> opened_;               // shared with snapshots, see Issuers
  std::map<std::pair<Uuid, Uuid>, bool> signed_by_;  ///< (certificate, parent): verified once
};

/// Stages what changes a mount's issuers, keys and configuration; each call also raises
/// Issuers::kind. All values come back through the next snapshot. The first insert of a unit is
/// under a fresh random key: stage a certificate, an issuer or a key before anything else.
class IssuerRecords {
 public:
  explicit IssuerRecords(const core::EngineContext& context) : context_(context) {}

  /// The number that issuers of one (subject, key) of this mount share.
  struct Authority {
    std::int64_t number = 0;
    bool is_new = false;  ///< fresh and random: its row is still to be staged
  };
  [[nodiscard]] Authority authority_of(const ca::Certificate& certificate) const;
  /// Stages the row of a new one, nothing for one that is there. Never a unit's first insert.
  void insert(storage::CommitUnit& unit, const Authority& authority,
              const ca::Certificate& certificate) const;
  /// `entry.id` and `entry.authority` are set by the caller.
  void insert(storage::CommitUnit& unit, const IssuerEntry& entry) const;
  void update(storage::CommitUnit& unit, const IssuerEntry& entry) const;
  void remove_issuer(storage::CommitUnit& unit, const Uuid& id) const;

  void insert(storage::CommitUnit& unit, const KeyEntry& entry,
              const crypto::PrivateKey& key) const;
  /// Only the name can change.
  void rename(storage::CommitUnit& unit, const KeyEntry& entry,
              const crypto::PrivateKey& key) const;
  void remove_key(storage::CommitUnit& unit, const Uuid& id) const;

  void write(storage::CommitUnit& unit, const Urls& urls) const;
  void write(storage::CommitUnit& unit, const ClusterConfig& cluster) const;
  void write(storage::CommitUnit& unit, const CrlConfig& crl) const;
  void write(storage::CommitUnit& unit, const DefaultsConfig& defaults) const;

 private:
  void write_record(storage::CommitUnit& unit, std::string_view path,
                    const nlohmann::json& record) const;
  core::EngineContext context_;
};

}  // namespace signet::pki
