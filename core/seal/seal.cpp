// SPDX-License-Identifier: Apache-2.0
#include "core/seal/seal.hpp"

#include "base/log.hpp"
#include "core/seal/shamir.hpp"

#include <exception>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::core {
namespace {

using Json = nlohmann::json;

constexpr std::size_t shortest_share = 16;
constexpr std::size_t longest_share = barrier_key_size + shamir::share_overhead;
constexpr std::uint8_t lookup_keys_format = 1;

Error already_initialized() { return {ErrorCode::conflict, "Vault is already initialized", {}}; }
Error wrong_key() { return invalid("Unseal failed, invalid key"); }

/// Under the unseal key; how the cluster is unsealed cannot be edited beside it.
SealedAt root_key_at(const storage::SealRow& row) {
  return {"seal", "root_key", row.cluster_id.view(), {}, as_bytes(row.config)};
}
SealedAt lookup_keys_at(const storage::SealRow& row) {
  return {"seal", "lookup_keys", row.cluster_id.view(), {}};
}

/// A format byte and the keys, the current one first: a second may be added without a new column.
SecretBytes lookup_keys_text(const SecretBytes& key) {
  Bytes text;
  text.reserve(1 + key.size());
  text.push_back(lookup_keys_format);
  append(text, key.reveal());
  return SecretBytes(std::move(text));
}

std::string config_text(int shares, int threshold) {
  return Json{{"type", "shamir"}, {"shares", shares}, {"threshold", threshold}}.dump();
}

Result<void> check(const InitRequest& request) {
  if (request.recovery_shares != 0 || request.recovery_threshold != 0 ||
      !request.recovery_pgp_keys.empty())
    return invalid(
        "parameters recovery_shares,recovery_threshold not applicable to seal type shamir");
  if (!request.pgp_keys.empty() || !request.root_token_pgp_key.empty())
    return invalid("encrypting shares and the root token with PGP keys is not available yet");
  const std::int64_t shares = request.secret_shares;
  const std::int64_t threshold = request.secret_threshold;
  const auto refuse = [](std::string_view why) {
    return invalid(fmt::format("invalid seal configuration: {}", why));
  };
  if (shares < 1) return refuse("shares must be at least one");
  if (threshold < 1) return refuse("threshold must be at least one");
  if (threshold == 1 && shares > 1)
    return refuse("threshold must be greater than one for multiple shares");
  if (shares > shamir::max_shares) return refuse("shares must be less than 256");
  if (threshold > shamir::max_shares) return refuse("threshold must be less than 256");
  if (threshold > shares) return refuse("threshold cannot be larger than shares");
  return {};
}

/// Hex unless its length says that it is base64 made of hex digits.
Result<SecretBytes> decode_share(std::string_view text) {
  if (auto bytes = from_hex(text)) {
    if (bytes->size() >= shortest_share && bytes->size() <= longest_share)
      return SecretBytes(std::move(*bytes));
    wipe(*bytes);
  }
  auto bytes = from_base64(text);
  if (!bytes) return invalid("'key' must be a valid hex or base64 string");
  SecretBytes share(std::move(*bytes));
  if (share.size() < shortest_share)
    return invalid(fmt::format("key is shorter than minimum {} bytes", shortest_share));
  if (share.size() > longest_share)
    return invalid(fmt::format("key is longer than maximum {} bytes", longest_share));
  return share;
}

/// Closes the barrier again unless told not to.
class OpenBarrier {
 public:
  OpenBarrier(Barrier& barrier, BarrierKeys keys) : barrier_(&barrier) {
    barrier.install(std::move(keys));
  }
  ~OpenBarrier() {
    if (barrier_ != nullptr) barrier_->drop();
  }
  OpenBarrier(const OpenBarrier&) = delete;
  OpenBarrier& operator=(const OpenBarrier&) = delete;
  void keep() { barrier_ = nullptr; }

 private:
  Barrier* barrier_;
};

}  // namespace

Json to_json(const SealStatus& status) {
  Json json{{"type", status.type},
            {"initialized", status.is_initialized},
            {"sealed", status.is_sealed},
            {"t", status.threshold},
            {"n", status.shares},
            {"progress", status.progress},
            {"nonce", status.nonce},
            {"version", status.version},
            {"build_date", status.build_date},
            {"commit_date", status.commit_date},
            {"migration", status.is_migrating},
            {"recovery_seal", status.is_recovery_seal},
            {"storage_type", status.storage_type}};
  if (status.cluster_name) json["cluster_name"] = *status.cluster_name;
  if (status.cluster_id) json["cluster_id"] = *status.cluster_id;
  return json;
}

Seal::Seal(storage::Database& database, Barrier& barrier, Clock& clock, Random& random,
           BuildInfo build)
    : database_(database),
      barrier_(barrier),
      clock_(clock),
      random_(random),
      build_(std::move(build)),
      store_(database_) {}

void Seal::learn(const storage::SealRow& row) {
  const Json config = Json::parse(row.config, nullptr, false);
  const auto number = [&](const char* name) {
    const auto found = config.is_object() ? config.find(name) : config.end();
    return found != config.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
  };
  const std::int64_t shares = number("shares");
  const std::int64_t threshold = number("threshold");
  if (shares < 1 || shares > shamir::max_shares || threshold < 1 || threshold > shares)
    throw Fault("the seal row's configuration is malformed");
  const std::lock_guard lock(status_);
  config_ = Config{static_cast<int>(shares), static_cast<int>(threshold)};
  cluster_name_ = row.cluster_name;
  cluster_id_ = row.cluster_id.text();
}

bool Seal::refresh() {
  {
    const std::lock_guard lock(status_);
    if (config_) return true;
  }
  const std::optional<storage::SealRow> row = store_.read();
  if (!row) return false;
  learn(*row);
  return true;
}

bool Seal::is_initialized() { return refresh(); }

SealStatus Seal::status() {
  refresh();
  return known_status();
}

SealStatus Seal::known_status() const {
  const std::lock_guard lock(status_);
  SealStatus status;
  status.version = build_.version;
  status.build_date = build_.build_date;
  status.commit_date = build_.commit_date;
  status.storage_type = database_.kind();
  status.is_initialized = config_.has_value();
  status.is_sealed = is_sealed();
  if (config_) {
    status.threshold = config_->threshold;
    status.shares = config_->shares;
  }
  status.progress = static_cast<int>(attempt_.size());
  status.nonce = nonce_;
  if (!status.is_sealed) {
    status.cluster_name = cluster_name_;
    status.cluster_id = cluster_id_;
  }
  return status;
}

Result<std::vector<SecretBytes>> Seal::init(const InitRequest& request, const Stage& stage,
                                            storage::Deadline deadline) {
  const std::lock_guard lock(work_);
  if (refresh()) return already_initialized();
  TRY(check(request));
  const Config config{static_cast<int>(request.secret_shares),
                      static_cast<int>(request.secret_threshold)};
  return init_locked(config, stage, deadline);
}

Result<std::vector<SecretBytes>> Seal::init_locked(const Config& config, const Stage& stage,
                                                   storage::Deadline deadline) {
  const SecretBytes unseal_key(random_.bytes(barrier_key_size));
  BarrierKeys keys{SecretBytes(random_.bytes(barrier_key_size)),
                   Keyring::first(random_, clock_.now()), 1,
                   SecretBytes(random_.bytes(barrier_key_size)), random_.uuid()};
  storage::SealRow row;
  row.config = config_text(config.shares, config.threshold);
  row.cluster_id = keys.cluster_id;
  row.cluster_name = "vault-cluster-" + hex(random_.bytes(4));
  row.root_key =
      seal_value(unseal_key.reveal(), 0, random_, root_key_at(row), keys.root_key.reveal());
  row.keyring = seal_keyring(keys, random_);
  row.keyring_version = keys.keyring_version;
  row.lookup_keys = seal_value(keys.root_key.reveal(), 0, random_, lookup_keys_at(row),
                               lookup_keys_text(keys.lookup_key).reveal());
  std::vector<SecretBytes> shares =
      shamir::split(unseal_key.reveal(), config.shares, config.threshold, random_);

  const OpenBarrier open(barrier_, std::move(keys));  // what `stage` stages is sealed already
  storage::CommitUnit unit;
  unit.cannot_settle();  // the row's key is fixed; commit() settles by the cluster's id
  storage::SealStore::stage(unit, row, already_initialized());
  stage(unit);
  TRY(commit(unit, row, deadline));
  learn(row);
  log::info("initialised", {{"cluster_id", row.cluster_id.text()},
                            {"shares", config.shares},
                            {"threshold", config.threshold}});
  return shares;
}

Result<void> Seal::commit(storage::CommitUnit& unit, const storage::SealRow& row,
                          storage::Deadline deadline) {
  using Kind = storage::CommitOutcome::Kind;
  const storage::CommitOutcome outcome = database_.commit(unit, deadline);
  if (outcome.kind == Kind::stored) return {};
  if (outcome.kind == Kind::refused) return outcome.error;
  const std::optional<storage::SealRow> stored = store_.read();
  if (!stored)
    return Error{ErrorCode::outcome_unknown, "the database did not say whether it initialised", {}};
  if (stored->cluster_id != row.cluster_id) return already_initialized();
  unit.run_hooks();
  return {};
}

Result<void> Seal::unseal(std::string_view key, bool reset) {
  if (reset) {
    const std::lock_guard lock(work_);
    if (!is_sealed()) return invalid("vault is unsealed");
    forget_attempt();
    return {};
  }
  if (key.empty())
    return invalid("'key' must be specified in request body as JSON, or 'reset' set to true");
  SecretBytes share = TRY(decode_share(key));
  const std::lock_guard lock(work_);
  if (!refresh()) return invalid("Vault is not initialized");
  if (!is_sealed()) return {};
  return add_share(std::move(share));
}

Result<void> Seal::add_share(SecretBytes share) {
  std::vector<SecretBytes> shares;
  {
    const std::lock_guard lock(status_);
    for (const SecretBytes& known : attempt_)
      if (equal_secret(known.reveal(), share.reveal())) return {};
    if (attempt_.empty()) nonce_ = random_.uuid().text();
    attempt_.push_back(std::move(share));
    if (static_cast<int>(attempt_.size()) < config_->threshold) return {};
    shares = std::move(attempt_);
    attempt_.clear();
    nonce_.clear();
  }
  const std::optional<SecretBytes> unseal_key = shamir::combine(shares);
  if (!unseal_key || unseal_key->size() != barrier_key_size) return wrong_key();
  return unlock(*unseal_key);
}

Result<void> Seal::unlock(const SecretBytes& unseal_key) {
  const std::optional<storage::SealRow> row = store_.read();
  if (!row) throw Fault("the seal row is gone");
  std::optional<SecretBytes> root_key =
      open_value(unseal_key.reveal(), root_key_at(*row), row->root_key.view());
  if (!root_key) return wrong_key();
  std::optional<Keyring> keyring = open_keyring(root_key->reveal(), *row);
  if (!keyring) throw Fault("the keyring does not open under the root key: the row was edited");
  const std::optional<SecretBytes> lookup =
      open_value(root_key->reveal(), lookup_keys_at(*row), row->lookup_keys.view());
  if (!lookup || lookup->size() < 1 + barrier_key_size || lookup->reveal()[0] != lookup_keys_format)
    throw Fault("the lookup keys do not open under the root key: the row was edited");
  learn(*row);
  SecretBytes lookup_key(to_bytes(lookup->reveal().subspan(1, barrier_key_size)));
  open({std::move(*root_key), std::move(*keyring), row->keyring_version, std::move(lookup_key),
        row->cluster_id});
  return {};
}

void Seal::open(BarrierKeys keys) {
  OpenBarrier opened(barrier_, std::move(keys));
  try {
    for (const auto& listener : unseal_listeners_) listener();
  } catch (...) {
    for (auto listener = seal_listeners_.rbegin(); listener != seal_listeners_.rend(); ++listener)
      (*listener)();
    throw;
  }
  opened.keep();
  is_sealed_.store(false, std::memory_order_release);
  log::info("unsealed", {{"cluster_id", cluster_id_}});
}

void Seal::seal() {
  const std::lock_guard lock(work_);
  if (is_sealed()) return;
  is_sealed_.store(true, std::memory_order_release);
  for (auto listener = seal_listeners_.rbegin(); listener != seal_listeners_.rend(); ++listener)
    (*listener)();
  count_last_uses();
  barrier_.drop();
  log::info("sealed");
}

/// Whoever seals in an emergency does not wait for a database that hangs.
void Seal::count_last_uses() {
  const std::optional<storage::Deadline> before = storage::Database::thread_deadline();
  storage::Database::set_thread_deadline(clock_.steady() + std::chrono::seconds(2));
  try {
    barrier_.tick();
  } catch (const std::exception& error) {
    log::warn("uses of the keyring were not written down", {{"error", error.what()}});
  }
  storage::Database::set_thread_deadline(before);
}

void Seal::forget_attempt() {
  const std::lock_guard lock(status_);
  attempt_.clear();
  nonce_.clear();
}

Result<SecretBytes> Seal::start_dev(const Stage& stage, storage::Deadline deadline) {
  const std::lock_guard lock(work_);
  if (refresh())
    return Error{ErrorCode::conflict,
                 "the database was initialised before and its unseal key is not known: -dev needs "
                 "an empty database",
                 {}};
  std::vector<SecretBytes> shares = TRY(init_locked({1, 1}, stage, deadline));
  TRY(unlock(shares.front()));
  return std::move(shares.front());
}

void Seal::tick() {
  refresh();
  if (!is_sealed()) barrier_.tick();
}

}  // namespace signet::core
