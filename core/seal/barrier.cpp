// SPDX-License-Identifier: Apache-2.0
#include "core/seal/barrier.hpp"

#include "base/duration.hpp"
#include "base/log.hpp"
#include "crypto/hmac.hpp"

#include <atomic>
#include <utility>

#include <fmt/format.h>

namespace signet::core {
namespace {

/// NIST SP 800-38D, 8.3: with random nonces at most 2^32 values under one key.
constexpr std::int64_t hard_limit = std::int64_t{1} << 32;
/// Rotation happens here whatever is configured.
constexpr std::int64_t forced_rotation = hard_limit - (std::int64_t{1} << 26);
constexpr int write_attempts = 8;

Bytes eight_bytes(std::int64_t number) {
  Bytes text;
  for (int shift = 56; shift >= 0; shift -= 8)
    text.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> shift & 0xffU));
  return text;
}

SealedAt keyring_at(const Uuid& cluster_id, BytesView version) {
  return {"seal", "keyring", cluster_id.view(), {}, version};
}

/// A crash loses what was not written down yet, so each writing adds an eighth.
std::int64_t generous(std::int64_t encryptions) { return encryptions + encryptions / 8; }

}  // namespace

struct Barrier::State {
  State(BarrierKeys barrier_keys, std::shared_ptr<std::atomic<std::int64_t>> counter,
        std::uint64_t opening)
      : keys(std::move(barrier_keys)),
        lookup(keys.lookup_key.reveal()),
        uncounted(std::move(counter)),
        opened(opening) {}

  BarrierKeys keys;
  crypto::HmacSha256 lookup;
  /// Encryptions under the newest term since they were last written down. Shared by the states that
  /// have this term as their newest.
  std::shared_ptr<std::atomic<std::int64_t>> uncounted;
  std::uint64_t opened;
};

SealedBytes seal_keyring(const BarrierKeys& keys, Random& random) {
  const SecretBytes text = keys.keyring.serialise();
  const Bytes version = eight_bytes(keys.keyring_version);
  return seal_value(keys.root_key.reveal(), 0, random, keyring_at(keys.cluster_id, version),
                    text.reveal());
}

std::optional<Keyring> open_keyring(BytesView root_key, const storage::SealRow& row) {
  const Bytes version = eight_bytes(row.keyring_version);
  const std::optional<SecretBytes> text =
      open_value(root_key, keyring_at(row.cluster_id, version), row.keyring.view());
  if (!text) return std::nullopt;
  Result<Keyring> keyring = Keyring::parse(text->reveal());
  if (!keyring) return std::nullopt;
  return std::move(*keyring);
}

Barrier::Barrier(storage::Database& database, Clock& clock, Random& random)
    : database_(database), clock_(clock), random_(random), store_(database_) {}

Barrier::~Barrier() = default;

bool Barrier::is_open() const { return state_.get() != nullptr; }

std::shared_ptr<const Barrier::State> Barrier::state() const {
  auto state = state_.get();
  if (!state) throw Fault("barrier is sealed");
  return state;
}

void Barrier::install(BarrierKeys keys) {
  const std::lock_guard lock(opening_);
  ++opened_;
  auto uncounted = std::make_shared<std::atomic<std::int64_t>>(0);
  state_.set(std::make_shared<const State>(std::move(keys), std::move(uncounted), opened_));
}

void Barrier::drop() {
  const std::lock_guard lock(opening_);
  ++opened_;
  state_.set(nullptr);
}

/// Not after the keys were dropped meanwhile.
void Barrier::publish(std::shared_ptr<const State> next) {
  const std::lock_guard lock(opening_);
  if (next->opened == opened_) state_.set(std::move(next));
}

SealedBytes Barrier::seal(const SealedAt& at, BytesView plain) {
  const auto now = state();
  const KeyTerm& term = now->keys.keyring.active();
  const std::int64_t uncounted = now->uncounted->fetch_add(1, std::memory_order_relaxed);
  if (term.encryptions + uncounted >= hard_limit)
    throw Fault("barrier key is used up and could not be rotated");
  return seal_value(term.key.reveal(), term.number, random_, at, plain);
}

SecretBytes Barrier::open(const SealedAt& at, BytesView sealed) {
  auto now = state();
  const std::optional<std::uint32_t> number = term_of(sealed);
  const auto refuse = [&] {
    return Fault(
        fmt::format("sealed value of {}.{} does not open: forged or moved", at.table, at.column));
  };
  if (!number) throw refuse();
  const KeyTerm* term = now->keys.keyring.find(*number);
  if (term == nullptr) {
    now = with_term(*number);
    term = now->keys.keyring.find(*number);
  }
  if (term == nullptr) throw refuse();
  std::optional<SecretBytes> plain = open_value(term->key.reveal(), at, sealed);
  if (!plain) throw refuse();
  return std::move(*plain);
}

Bytes Barrier::lookup_hash(std::string_view purpose, BytesView value) {
  const Bytes length = eight_bytes(static_cast<std::int64_t>(purpose.size()));
  return to_bytes(BytesView(state()->lookup.mac({length, as_bytes(purpose), value})));
}

storage::SealRow Barrier::read_row() const {
  std::optional<storage::SealRow> row = store_.read();
  if (!row) throw Fault("the seal row is gone");
  return std::move(*row);
}

Keyring Barrier::read_keyring(const State& keys, const storage::SealRow& row) const {
  if (row.cluster_id != keys.keys.cluster_id) throw Fault("the seal row is another cluster's");
  std::optional<Keyring> keyring = open_keyring(keys.keys.root_key.reveal(), row);
  if (!keyring) throw Fault("the keyring does not open under this node's root key");
  return std::move(*keyring);
}

std::shared_ptr<const Barrier::State> Barrier::with_keyring(const State& from, Keyring keyring,
                                                            std::int64_t version) const {
  const bool is_same_term = from.keys.keyring.active().number == keyring.active().number;
  auto uncounted = is_same_term ? from.uncounted : std::make_shared<std::atomic<std::int64_t>>(0);
  BarrierKeys keys{from.keys.root_key.copy(), std::move(keyring), version,
                   from.keys.lookup_key.copy(), from.keys.cluster_id};
  return std::make_shared<const State>(std::move(keys), std::move(uncounted), from.opened);
}

/// Another node rotated: the row knows terms that we do not.
std::shared_ptr<const Barrier::State> Barrier::with_term(std::uint32_t term) {
  const std::lock_guard lock(keyring_);
  auto now = state();
  if (term < now->keys.keyring.active().number || now->keys.keyring.find(term) != nullptr)
    return now;
  const storage::SealRow row = read_row();
  if (row.keyring_version <= now->keys.keyring_version) return now;
  auto next = with_keyring(*now, read_keyring(*now, row), row.keyring_version);
  publish(next);
  return next;
}

/// Edits the keyring as it stands in the database and stores it, however many nodes do so at once.
void Barrier::change(const std::function<void(Keyring&)>& edit) {
  const std::lock_guard lock(keyring_);
  for (int attempt = 0; attempt < write_attempts; ++attempt) {
    const auto now = state();
    const storage::SealRow row = read_row();
    auto base = with_keyring(*now, read_keyring(*now, row), row.keyring_version);
    Keyring keyring = base->keys.keyring.copy();
    // Our count belongs to the term that was our newest, whatever the row's newest is.
    const std::int64_t uncounted = now->uncounted->load();
    keyring.count(now->keys.keyring.active().number, generous(uncounted));
    edit(keyring);
    const auto next = with_keyring(*base, std::move(keyring), row.keyring_version + 1);
    if (!store_.replace_keyring(seal_keyring(next->keys, random_), row.keyring_version)) continue;
    now->uncounted->fetch_sub(uncounted);
    publish(next);
    return;
  }
  throw Unavailable("other nodes keep changing the keyring");
}

KeyStatus Barrier::key_status() const {
  const auto now = state();
  const KeyTerm& term = now->keys.keyring.active();
  return {term.number, term.installed_at, term.encryptions + now->uncounted->load()};
}

RotationConfig Barrier::rotation_config() const { return state()->keys.keyring.rotation; }

Result<void> Barrier::rotate() {
  const std::uint32_t before = key_status().term;
  change([&](Keyring& keyring) { keyring.add_term(random_, clock_.now()); });
  log::info("keyring rotated", {{"old_term", before}, {"term", key_status().term}});
  return {};
}

Result<void> Barrier::set_rotation_config(const RotationConfig& config) {
  if (config.max_operations < RotationConfig::least_operations ||
      config.max_operations > RotationConfig::most_operations)
    return invalid(fmt::format("max_operations must be in the range [{},{}]",
                               RotationConfig::least_operations, RotationConfig::most_operations));
  if (config.interval.count() != 0 && config.interval < RotationConfig::least_interval)
    return invalid("interval must be greater or equal to " +
                   go_duration(RotationConfig::least_interval));
  change([&](Keyring& keyring) { keyring.rotation = config; });
  return {};
}

bool Barrier::is_rotation_due(const Keyring& keyring, std::int64_t uncounted) const {
  const KeyTerm& term = keyring.active();
  const std::int64_t used = term.encryptions + uncounted;
  if (used >= forced_rotation) return true;
  if (!keyring.rotation.is_enabled) return false;
  const Seconds interval = keyring.rotation.interval;
  return used >= keyring.rotation.max_operations ||
         (interval.count() != 0 && clock_.now() - term.installed_at >= interval);
}

void Barrier::tick() {
  if (!is_open()) return;
  const auto now = state();
  const bool is_used = now->uncounted->load() != 0;
  const storage::SealRow row = read_row();
  const Keyring stored = read_keyring(*now, row);
  // Asked again inside: the edit sees the row as it is when it is replaced, so that of many nodes
  // one rotates.
  const bool is_due = is_rotation_due(stored, generous(now->uncounted->load()));
  if (is_used || is_due) {
    change([&](Keyring& keyring) {
      if (is_rotation_due(keyring, 0)) keyring.add_term(random_, clock_.now());
    });
    return;
  }
  const std::lock_guard lock(keyring_);
  const auto latest = state();
  if (row.keyring_version > latest->keys.keyring_version)
    publish(with_keyring(*latest, stored.copy(), row.keyring_version));
}

}  // namespace signet::core
