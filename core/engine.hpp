// SPDX-License-Identifier: Apache-2.0
// What a module is (secrets engine or auth method) and what it is handed. The module to read first
// is engines/kv.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/sealed.hpp"
#include "core/lease/terms.hpp"
#include "core/mount.hpp"
#include "core/route.hpp"
#include "storage/changes.hpp"
#include "storage/database.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

/// What every module gets, by reference, for as long as it is mounted.
struct EngineContext {
  Uuid mount_id;
  storage::Database& database;
  storage::Changes& changes;
  Sealer& sealer;
  Clock& clock;
  Random& random;
  std::map<std::string, std::string> options = {};  ///< the mount's; a module lives as long as they
};

/// One mounted module. Handlers run on many threads at once; what they share is snapshots or behind
/// a small mutex.
class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual const RouteTable& routes() const = 0;
  /// Stages what a fresh mount starts with.
  virtual void mounted(storage::CommitUnit&) {}
  /// Stages the removal of every row that hangs on the mount.
  virtual void unmounted(storage::CommitUnit&) {}
  /// Stages what other options mean to the mount's rows; asked of the module that has them now.
  virtual Result<void> retuned(const Mount&, storage::CommitUnit&) { return {}; }
  /// For engines whose answers ask for a lease (Response::lease): stages what takes the secret
  /// back, on a background thread or in a request. A secret that is gone already is no error, and
  /// one that was taken back may come once more. Refusing, it stages nothing; it is asked again
  /// later, and operators see the message.
  virtual Result<void> revoke_secret(const LeasedSecret&, storage::CommitUnit&) {
    return invalid("the engine makes no leases");
  }
  /// What holds for a lease that is renewed now (`data` is ignored), with what has to be stored.
  virtual Result<LeaseTerms> renew_secret(const LeasedSecret&, storage::CommitUnit&) {
    return invalid("lease is not renewable");
  }
  /// Called about once a minute on a background thread (CRL rebuilds, tidying); never while sealed.
  virtual void tick() {}
};

/// One line of a registry (engines/registry.cpp, auth/registry.cpp).
struct ModuleType {
  std::string type;  ///< "pki"
  MountClass mount_class = MountClass::secret;
  bool is_mountable = true;  ///< false: sys, identity, cubbyhole, token
  std::string default_description;
  std::function<std::unique_ptr<Engine>(const EngineContext&)> make;
  std::vector<std::string> aliases = {};  ///< further names at enabling ("kv-v1")
  /// Checks and completes a mount that is about to be enabled or tuned (options, an alias as its
  /// type); empty: options are taken as they are.
  std::function<Result<void>(Mount&)> prepare = {};
};
using Registry = std::vector<ModuleType>;

}  // namespace signet::core
