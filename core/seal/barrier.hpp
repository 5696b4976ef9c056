// SPDX-License-Identifier: Apache-2.0
// What encrypts every sealed column (architecture section 4): AES-256-GCM under the keyring's
// newest term, bound to where the value lives.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/sealed.hpp"
#include "base/secret.hpp"
#include "base/snapshot.hpp"
#include "core/seal/keyring.hpp"
#include "storage/database.hpp"
#include "storage/seal.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

namespace signet::core {

/// What `sys/key-status` says of the newest term.
struct KeyStatus {
  std::uint32_t term = 0;
  UnixTime install_time;
  std::int64_t encryptions = 0;
};

/// All keys of an unsealed node.
struct BarrierKeys {
  SecretBytes root_key;
  Keyring keyring;
  std::int64_t keyring_version = 0;  ///< the row's, for compare-and-set
  SecretBytes lookup_key;
  Uuid cluster_id;  ///< bound to the sealed key rows
};

class Barrier final : public Sealer {
 public:
  Barrier(storage::Database& database, Clock& clock, Random& random);
  ~Barrier() override;
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

  SealedBytes seal(const SealedAt& at, BytesView plain) override;
  SecretBytes open(const SealedAt& at, BytesView sealed) override;
  Bytes lookup_hash(std::string_view purpose, BytesView value) override;

  /// True while keys are in memory. Whether requests may pass is Seal::is_sealed().
  [[nodiscard]] bool is_open() const;
  void install(BarrierKeys keys);
  /// Forgets the keys; operations under way keep theirs until they end.
  void drop();

  /// @throws Fault when closed (these three)
  [[nodiscard]] KeyStatus key_status() const;
  [[nodiscard]] RotationConfig rotation_config() const;
  /// Adds a term; everything written from then on uses it, older values still open.
  Result<void> rotate();
  /// 400 when max_operations or interval is out of range.
  Result<void> set_rotation_config(const RotationConfig& config);
  /// Every few minutes on a background thread: writes down how often terms were used, rotates when
  /// the configuration says so, sees other nodes' rotations. Does nothing while closed.
  void tick();

 private:
  struct State;
  [[nodiscard]] std::shared_ptr<const State> state() const;
  [[nodiscard]] std::shared_ptr<const State> with_term(std::uint32_t term);
  [[nodiscard]] std::shared_ptr<const State> with_keyring(const State& from, Keyring keyring,
                                                          std::int64_t version) const;
  [[nodiscard]] Keyring read_keyring(const State& keys, const storage::SealRow& row) const;
  [[nodiscard]] storage::SealRow read_row() const;
  void change(const std::function<void(Keyring&)>& edit);
  void publish(std::shared_ptr<const State> next);
  [[nodiscard]] bool is_rotation_due(const Keyring& keyring, std::int64_t uncounted) const;

  storage::Database& database_;
  Clock& clock_;
  Random& random_;
  storage::SealStore store_;
  Snapshot<State> state_;  // requests under way share the keys they began with
  std::mutex keyring_;     // one reader or writer of the keyring's row at a time on this node
  std::mutex opening_;     // guards opened_; never held over SQL
  std::uint64_t opened_ =
      0;  // rises with install() and drop(): what was read before is not installed
};

/// The keyring as the row holds it.
SealedBytes seal_keyring(const BarrierKeys& keys, Random& random);
/// nullopt: not under this root key, or not of this cluster and version
std::optional<Keyring> open_keyring(BytesView root_key, const storage::SealRow& row);

/// The sealing itself, also used for the key columns of the seal row, which are under other keys.
/// Layout: version byte (1), term (4 bytes, big endian), nonce (12), ciphertext, tag (16).
SealedBytes seal_value(BytesView key, std::uint32_t term, Random& random, const SealedAt& at,
                       BytesView plain);
/// nullopt: forged, moved, or another key's
std::optional<SecretBytes> open_value(BytesView key, const SealedAt& at, BytesView sealed);
/// nullopt: not of our layout
std::optional<std::uint32_t> term_of(BytesView sealed);

}  // namespace signet::core
