// SPDX-License-Identifier: Apache-2.0
// The current CRL of each authority of one mount: built on demand and when due, published in SQL,
// kept in a temporary file, served also while the database is gone.
#pragma once

#include "base/clock.hpp"
#include "base/gate.hpp"
#include "base/result.hpp"
#include "crl/crl.hpp"
#include "crl/file.hpp"
#include "storage/crls.hpp"
#include "storage/revocations.hpp"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace signet::crl {

/// A list that can be served.
struct PublishedCrl {
  std::shared_ptr<const StoredObject> der;  // shared with answers under way
  std::int64_t number = 0;
  UnixTime this_update, next_update;
  [[nodiscard]] std::string etag() const;  ///< strong, quoted: the same on every node
};

/// What a build needs of an authority; asked for anew at each build.
struct CrlRecipe {
  Bytes issuer;  ///< DER Name
  Bytes authority_key_id;
  std::shared_ptr<const crypto::PrivateKey> key;  // shared with the issuers' snapshot
  crypto::SignatureScheme scheme;
  Seconds lifetime{72 * 3600};
  std::vector<std::string> freshest_crl;
  bool is_empty = false;  ///< config/crl `disable`: signed lists without entries
};

/// A build under way; opens when it has ended.
class Build final : public Gate {
 public:
  explicit Build(std::int64_t authority_) : authority(authority_) {}
  const std::int64_t authority;
  std::exception_ptr failure;  ///< to be read when it is open
};

class Publisher {
 public:
  /// nullopt: the authority has nobody to sign its CRL.
  using Recipes = std::function<std::optional<CrlRecipe>(std::int64_t authority)>;

  Publisher(storage::Database& database, Clock& clock, const Uuid& mount, Recipes recipes,
            std::string folder);

  /// What a fetch that waits for another one's build, without a thread, hands in again.
  struct Turn {
    std::uint64_t needed = 0;      ///< what the list must hold; 0: all that is known at the call
    std::shared_ptr<Build> build;  ///< set: fetch again when it has opened
  };

  /// A revocation of this authority has been committed (here or on another node).
  void mark_dirty(std::int64_t authority);
  /// Issuers or settings changed: every list is dirty, and one that another signer or `disable`
  /// would make different is not served again once a worker can build the next.
  void configuration_changed();
  /// Whether a list built now could differ from the current one. `needed` (0: all that is known):
  /// as a fetch that waited has it in its Turn, whom a later revocation does not make wait again.
  [[nodiscard]] bool is_dirty(std::int64_t authority, std::uint64_t needed = 0) const;
  /// Whether the current list was made under other settings.
  [[nodiscard]] bool is_outdated(std::int64_t authority) const;

  /// The current list from memory only: no SQL, no waiting.
  [[nodiscard]] std::optional<PublishedCrl> current(std::int64_t authority) const;
  /// The list to serve: the current one if it holds every revocation this node knows of (or
  /// `is_stale_fine`), else one build that began after the last of them, shared by all who wait.
  /// With the database gone: the last list, until its nextUpdate. nullopt: nobody signs, or `turn`
  /// was given and its build set: fetch again, with the same turn, when that has opened.
  /// @throws Unavailable no list can be had by the deadline
  std::optional<PublishedCrl> fetch(std::int64_t authority, bool is_stale_fine,
                                    storage::Deadline deadline, Turn* turn = nullptr);
  /// Builds and publishes now (crl/rotate).
  std::optional<PublishedCrl> rebuild(std::int64_t authority, storage::Deadline deadline);
  /// Rebuilds when the current list is missing, ends within `grace`, or is dirty and
  /// `rebuilds_dirty`.
  void keep_fresh(std::int64_t authority, Seconds grace, bool rebuilds_dirty);

 private:
  struct Scope {
    std::optional<PublishedCrl> list;
    /// Rises with each revocation; a fresh process has not seen what came before it.
    std::uint64_t wanted = 1;
    /// As far as `done` must be for a list to be served even where a stale one is fine.
    std::uint64_t required = 0;
    /// `wanted` as the newest build that succeeded read it before its snapshot.
    std::uint64_t done = 0;
    bool was_empty = false;           ///< built while `disable` was set
    crypto::Sha1 signed_by{};         ///< key id of the signer
    std::shared_ptr<Build> building;  ///< opens when the build under way ends; null: there is none
    std::uint64_t attempts = 0;       ///< builds that ended, well or not
  };
  std::optional<PublishedCrl> build_or_join(std::int64_t authority, storage::Deadline deadline,
                                            Turn* turn = nullptr);
  std::optional<PublishedCrl> build(std::int64_t authority, const CrlRecipe& recipe);
  std::optional<PublishedCrl> load(std::int64_t authority);
  [[nodiscard]] std::optional<PublishedCrl> still_valid(std::int64_t authority) const;

  storage::Database& database_;
  Clock& clock_;
  Uuid mount_;
  Recipes recipes_;
  std::string folder_;
  storage::CrlStore store_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::map<std::int64_t, Scope> scopes_;
  int waiting_ = 0;
};

}  // namespace signet::crl
