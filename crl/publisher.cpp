// SPDX-License-Identifier: Apache-2.0
#include "crl/publisher.hpp"

#include "base/log.hpp"
#include "base/waiting.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace signet::crl {
namespace {

/// Those that wait on a thread (crl/rotate) and not at a gate: more are told to come back.
constexpr int most_waiting = 48;

}  // namespace

std::string PublishedCrl::etag() const { return '"' + hex(BytesView(der->hash()).first(16)) + '"'; }

Publisher::Publisher(storage::Database& database, Clock& clock, const Uuid& mount, Recipes recipes,
                     std::string folder)
    : database_(database),
      clock_(clock),
      mount_(mount),
      recipes_(std::move(recipes)),
      folder_(std::move(folder)),
      store_(database) {}

void Publisher::mark_dirty(std::int64_t authority) {
  const std::lock_guard lock(mutex_);
  ++scopes_[authority].wanted;
}

void Publisher::configuration_changed() {
  std::vector<std::int64_t> authorities;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [authority, scope] : scopes_) {
      ++scope.wanted;
      authorities.push_back(authority);
    }
  }
  for (const auto authority : authorities) {
    const auto recipe = recipes_(authority);
    if (!recipe) continue;
    const std::lock_guard lock(mutex_);
    Scope& scope = scopes_[authority];
    if (scope.was_empty != recipe->is_empty ||
        scope.signed_by != recipe->key->public_key().key_id())
      scope.required = scope.wanted;
  }
}

bool Publisher::is_dirty(std::int64_t authority, std::uint64_t needed) const {
  const std::lock_guard lock(mutex_);
  const auto found = scopes_.find(authority);
  return found == scopes_.end() ||
         found->second.done < (needed != 0 ? needed : found->second.wanted);
}

bool Publisher::is_outdated(std::int64_t authority) const {
  const std::lock_guard lock(mutex_);
  const auto found = scopes_.find(authority);
  return found != scopes_.end() && found->second.done < found->second.required;
}

std::optional<PublishedCrl> Publisher::current(std::int64_t authority) const {
  const std::lock_guard lock(mutex_);
  const auto found = scopes_.find(authority);
  return found == scopes_.end() ? std::nullopt : found->second.list;
}

std::optional<PublishedCrl> Publisher::still_valid(std::int64_t authority) const {
  auto list = current(authority);
  if (list && list->next_update > clock_.now()) return list;
  return std::nullopt;
}

std::optional<PublishedCrl> Publisher::fetch(std::int64_t authority, bool is_stale_fine,
                                             storage::Deadline deadline, Turn* turn) {
  const std::uint64_t needed = turn == nullptr ? 0 : turn->needed;
  const auto waited_for = turn == nullptr ? nullptr : std::exchange(turn->build, nullptr);
  is_stale_fine = is_stale_fine && !is_outdated(authority);
  auto list = still_valid(authority);
  if (list && (is_stale_fine || !is_dirty(authority, needed))) return list;
  if (list && !database_.is_reachable()) {
    log::warn("crl served while the database is gone",
              {{"authority", authority}, {"number", list->number}});
    return list;
  }
  try {
    if (is_stale_fine) {
      auto stored = load(authority);
      if (stored && stored->next_update > clock_.now()) return stored;
    }
    // Those who waited share a failure: each trying for himself would make the last wait for all.
    if (waited_for && waited_for->failure && is_dirty(authority, needed))
      std::rethrow_exception(waited_for->failure);
    return build_or_join(authority, deadline, turn);
  } catch (const storage::Explained& full) {
    if (!list) throw;
    log::warn("crl served while no newer one can be made",
              {{"authority", authority}, {"number", list->number}, {"why", full.what()}});
    return list;
  } catch (const Unavailable&) {
    // Relying parties must not fail because we do: what is signed is served until its nextUpdate
    // (architecture 6).
    if (list && !database_.is_reachable()) return list;
    throw;
  }
}

std::optional<PublishedCrl> Publisher::rebuild(std::int64_t authority, storage::Deadline deadline) {
  mark_dirty(authority);
  return build_or_join(authority, deadline);
}

void Publisher::keep_fresh(std::int64_t authority, Seconds grace, bool rebuilds_dirty) {
  const auto list = current(authority);
  const bool is_due = !list || list->next_update - clock_.now() < grace;
  if (!is_due && !(rebuilds_dirty && is_dirty(authority))) return;
  if (is_due) mark_dirty(authority);
  build_or_join(authority, clock_.steady() + std::chrono::minutes(10));
}

std::optional<PublishedCrl> Publisher::build_or_join(std::int64_t authority,
                                                     storage::Deadline deadline, Turn* turn) {
  std::unique_lock lock(mutex_);
  Scope& scope = scopes_[authority];  // nodes of a map stay where they are
  const std::uint64_t needed = turn != nullptr && turn->needed != 0 ? turn->needed : scope.wanted;
  while (scope.done < needed) {
    if (scope.building && turn != nullptr) {
      *turn = {needed, scope.building};
      return std::nullopt;
    }
    if (scope.building) {
      if (waiting_ >= most_waiting)
        throw Unavailable("many requests wait for this CRL to be built; try again shortly");
      const WaitScope waits;
      ++waiting_;
      const auto attempts = scope.attempts;
      const bool is_in_time =
          ended_.wait_until(lock, deadline, [&] { return scope.attempts != attempts; });
      --waiting_;
      if (!is_in_time) throw Unavailable("the CRL could not be built in time");
      continue;
    }
    const auto under_way = std::make_shared<Build>(authority);  // shared with those who wait
    scope.building = under_way;
    const std::uint64_t seen =
        scope.wanted;  // read before the snapshot: all of these revocations are in it
    lock.unlock();
    std::optional<PublishedCrl> list;
    std::optional<CrlRecipe> recipe;
    std::exception_ptr failure;
    try {
      recipe = recipes_(authority);
      if (recipe) list = build(authority, *recipe);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    scope.building = nullptr;
    ++scope.attempts;
    if (!failure) {
      scope.done = std::max(scope.done, seen);
      if (recipe) {
        scope.was_empty = recipe->is_empty;
        scope.signed_by = recipe->key->public_key().key_id();
      }
      if (list) scope.list = list;  // nobody signs: the last one is served until its nextUpdate
    }
    ended_.notify_all();
    lock.unlock();
    under_way->failure = failure;
    under_way->open();
    if (failure) std::rethrow_exception(failure);
    lock.lock();
  }
  return scope.list;
}

std::optional<PublishedCrl> Publisher::build(std::int64_t authority, const CrlRecipe& recipe) {
  const auto begun = clock_.steady();
  // The number first, then the snapshot of revocations: whoever publishes a higher number has seen
  // at least as much.
  const std::int64_t number = store_.reserve_number(mount_, authority, clock_.now());
  CrlBuilder builder(folder_);
  const UnixTime this_update = clock_.now();
  if (!recipe.is_empty)
    database_.read([&](storage::Transaction& transaction) {
      storage::RevocationStore::stream(transaction, authority, 0,
                                       [&](const storage::RevocationRow& row) {
                                         // Like the reference, no reason codes in lists.
                                         builder.add({row.serial, row.revoked_at, 0});
                                         return true;
                                       });
    });
  const auto entries = builder.entries();
  CrlHeader header;
  header.issuer = recipe.issuer;
  header.authority_key_id = recipe.authority_key_id;
  header.number = number;
  header.this_update = this_update;
  header.next_update = this_update + recipe.lifetime;
  header.freshest_crl = recipe.freshest_crl;
  PublishedCrl list{builder.finish(header, *recipe.key, recipe.scheme), number, header.this_update,
                    header.next_update};
  const storage::CrlRow row{authority,
                            0,
                            number,
                            list.this_update,
                            list.next_update,
                            static_cast<std::int64_t>(list.der->size()),
                            to_bytes(BytesView(list.der->hash()))};
  if (!store_.publish(row, [&](std::uint64_t offset, std::size_t size) {
        return list.der->read(offset, size);
      }))
    return load(authority);  // another node's newer list holds all of ours
  log::info(
      "crl published",
      {{"authority", authority},
       {"number", number},
       {"entries", entries},
       {"octets", list.der->size()},
       {"ms",
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begun).count()}});
  return list;
}

std::optional<PublishedCrl> Publisher::load(std::int64_t authority) {
  auto file = std::make_shared<TemporaryFile>(folder_);
  std::uint64_t size = 0;
  const auto row = store_.load(authority, 0, [&](BytesView chunk) {
    file->write_at(size, chunk);
    size += chunk.size();
  });
  if (!row) return std::nullopt;
  const PublishedCrl list{std::make_shared<const StoredObject>(std::move(file), 0, size),
                          row->number, row->this_update, row->next_update};
  if (to_bytes(BytesView(list.der->hash())) != row->hash)
    throw Fault("the stored CRL of authority " + std::to_string(authority) +
                " is damaged; crl/rotate publishes a new one");
  const std::lock_guard lock(mutex_);
  Scope& scope = scopes_[authority];
  if (!scope.list || scope.list->number < list.number) scope.list = list;
  return scope.list;
}

}  // namespace signet::crl
