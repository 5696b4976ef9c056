// SPDX-License-Identifier: Apache-2.0
// Initialising, unsealing and sealing this node (core.md sections 3.1 and 11).
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "core/seal/barrier.hpp"
#include "storage/database.hpp"
#include "storage/seal.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace signet::core {

/// The seal-status object.
struct SealStatus {
  std::string type = "shamir";
  bool is_initialized = false;
  bool is_sealed = true;
  int threshold = 0;
  int shares = 0;
  int progress = 0;
  std::string nonce;  ///< of the attempt under way
  std::string version, build_date, commit_date;
  bool is_migrating = false;
  bool is_recovery_seal = false;
  std::string storage_type;
  std::optional<std::string> cluster_name, cluster_id;  ///< while unsealed
};
/// Its wire form (`{"type":…,"initialized":…,"t":…}`).
nlohmann::json to_json(const SealStatus& status);

/// `sys/init`. Zero and empty count as absent.
struct InitRequest {
  std::int64_t secret_shares = 0;
  std::int64_t secret_threshold = 0;
  std::vector<std::string> pgp_keys;
  std::string root_token_pgp_key;
  std::int64_t recovery_shares = 0;
  std::int64_t recovery_threshold = 0;
  std::vector<std::string> recovery_pgp_keys;
};

/// What a build says of itself in the status.
struct BuildInfo {
  std::string version;
  std::string build_date;   ///< RFC 3339
  std::string commit_date;  ///< RFC 3339
};

class Seal {
 public:
  /// Stages what a fresh cluster starts with beside the seal row (root token, default policy,
  /// built-in mounts ...); the barrier is open while it runs. Its FIRST insert must be under a
  /// random key (the root token's row): it settles a lost COMMIT.
  using Stage = std::function<void(storage::CommitUnit&)>;

  Seal(storage::Database& database, Barrier& barrier, Clock& clock, Random& random,
       BuildInfo build);

  [[nodiscard]] bool is_sealed() const { return is_sealed_.load(std::memory_order_acquire); }
  /// Reads the row unless it is known to exist. @throws Unavailable, Fault
  [[nodiscard]] bool is_initialized();
  /// May read the row while no one has initialised.
  [[nodiscard]] SealStatus status();
  /// Without SQL, as last seen (for answers on the I/O thread); tick() keeps it fresh.
  [[nodiscard]] SealStatus known_status() const;

  /// One commit: seal row and what `stage` adds. The node stays sealed, as clients expect.
  /// @return the shares, raw (32 bytes if there is one, else 33); 400 texts of core.md 3.1
  Result<std::vector<SecretBytes>> init(const InitRequest& request, const Stage& stage,
                                        storage::Deadline deadline);
  /// One share, hex or base64, or `reset` of the attempt. After it the caller answers status().
  Result<void> unseal(std::string_view key, bool reset);
  /// Drops the keys. Nothing happens when sealed already.
  void seal();

  /// Initialises with one share and unseals: `server -dev`. Error when the database is not empty.
  /// @return the unseal key
  Result<SecretBytes> start_dev(const Stage& stage, storage::Deadline deadline);

  /// Run in order once the keys are there, before requests pass; one that throws keeps the node
  /// sealed. Register before serving.
  void on_unseal(std::function<void()> listener) {
    unseal_listeners_.push_back(std::move(listener));
  }
  /// Run in reverse order after requests are refused, before the keys go, also when unsealing
  /// failed half-way; must not throw.
  void on_seal(std::function<void()> listener) { seal_listeners_.push_back(std::move(listener)); }

  [[nodiscard]] KeyStatus key_status() const { return barrier_.key_status(); }
  [[nodiscard]] RotationConfig rotation_config() const { return barrier_.rotation_config(); }
  Result<void> rotate() { return barrier_.rotate(); }
  Result<void> set_rotation_config(const RotationConfig& config) {
    return barrier_.set_rotation_config(config);
  }
  /// On a background thread, about once a minute.
  void tick();

 private:
  struct Config {
    int shares = 0;
    int threshold = 0;
  };
  bool refresh();
  void learn(const storage::SealRow& row);
  Result<std::vector<SecretBytes>> init_locked(const Config& config, const Stage& stage,
                                               storage::Deadline deadline);
  Result<void> commit(storage::CommitUnit& unit, const storage::SealRow& row,
                      storage::Deadline deadline);
  Result<void> add_share(SecretBytes share);
  Result<void> unlock(const SecretBytes& unseal_key);
  void open(BarrierKeys keys);
  void forget_attempt();
  void count_last_uses();

  storage::Database& database_;
  Barrier& barrier_;
  Clock& clock_;
  Random& random_;
  const BuildInfo build_;
  storage::SealStore store_;
  std::vector<std::function<void()>> unseal_listeners_, seal_listeners_;

  std::atomic<bool> is_sealed_{true};
  std::mutex work_;            // init, unseal and seal, one at a time
  mutable std::mutex status_;  // guards what follows; never held over SQL
  std::optional<Config> config_;
  std::string cluster_name_, cluster_id_;
  std::vector<SecretBytes> attempt_;
  std::string nonce_;
};

}  // namespace signet::core
