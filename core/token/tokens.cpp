// SPDX-License-Identifier: Apache-2.0
#include "core/token/tokens.hpp"

#include "core/mount.hpp"
#include "core/token/cache.hpp"
#include "core/token/record.hpp"

#include <algorithm>
#include <utility>

namespace signet::core {
namespace {

constexpr std::string_view service_prefix = "hvs.";
constexpr std::size_t random_length = 24;  // base62: 142 bits
/// Longer than any token that we or Vault make; custom ones are held to it too.
constexpr std::size_t longest_token = 4096;
/// A used-up row stays until every request that was counted before is surely answered.
constexpr Seconds removal_delay{120};
constexpr std::int64_t removal_batch = 500;

SecretBytes random_token(Random& random) {
  std::string text(service_prefix);
  std::string drawn = random.base62(random_length);
  text += drawn;
  SecretBytes token{std::string_view(text)};
  wipe(drawn);
  wipe(text);
  return token;
}

storage::TokenRow row_of(const TokenEntry& token) {
  storage::TokenRow row;
  row.id_hash = token.id_hash;
  row.name_space = token.namespace_id;
  row.accessor = token.accessor;
  row.parent = token.parent;
  row.created_at = token.created_at;
  row.expires_at = token.expires_at;
  row.uses = token.uses_left;
  row.path = token.path;
  return row;
}

}  // namespace

/// A living token and until when it lives without being read again: its parents' expiry counts too.
struct Tokens::Alive {
  TokenEntry token;
  std::optional<UnixTime> until;
};

Tokens::Tokens(storage::Database& database, storage::Changes& changes, Sealer& sealer, Clock& clock,
               Random& random)
    : changes_(changes),
      sealer_(sealer),
      clock_(clock),
      random_(random),
      store_(database, sealer),
      cache_(std::make_unique<Cache>()) {}

Tokens::~Tokens() = default;

Bytes Tokens::hash(const SecretBytes& token) const {
  return sealer_.lookup_hash("token", token.reveal());
}

Auth Tokens::stage_create(storage::CommitUnit& unit, NewToken token) {
  SecretBytes text = token.custom_id.empty() ? random_token(random_) : std::move(token.custom_id);
  TokenEntry& entry = token.entry;
  entry.id_hash = hash(text);
  entry.accessor = random_.base62(random_length);
  entry.is_orphan = !entry.parent;
  store_.insert(unit, row_of(entry), as_bytes(encode_record(entry, entry.uses_left)),
                invalid("cannot create a token with a duplicate ID"));
  Auth auth = auth_of(entry, entry.creation_ttl);
  auth.client_token = std::move(text);
  return auth;
}

Auth Tokens::stage_root(storage::CommitUnit& unit, SecretBytes custom_id) {
  // A chosen one (a dev server's) looks as if it had been made by the API.
  const bool is_chosen = !custom_id.empty();
  NewToken token;
  token.custom_id = std::move(custom_id);
  token.entry.policies = {"root"};
  token.entry.path = is_chosen ? "auth/token/create" : "auth/token/root";
  token.entry.display_name = is_chosen ? "token" : "root";
  token.entry.created_at = clock_.now();
  return stage_create(unit, std::move(token));
}

std::optional<Tokens::Alive> Tokens::alive(BytesView id_hash) const {
  const std::vector<storage::TokenRow> chain = store_.chain(id_hash);
  if (chain.empty() || chain.back().parent) return std::nullopt;  // a parent is gone: so is it
  const UnixTime now = clock_.now();
  std::optional<UnixTime> until;
  for (const storage::TokenRow& row : chain) {
    if (row.uses < 0 || (row.expires_at && *row.expires_at <= now)) return std::nullopt;
    if (row.expires_at) until = until ? std::min(*until, *row.expires_at) : *row.expires_at;
  }
  std::optional<TokenEntry> token;
  for (const storage::TokenRow& row : chain) {
    // The parents' are opened too: who edits a parent's expires_at must not prolong its children.
    const SecretBytes record = store_.open(row);
    if (token) continue;
    token = decode_record(row, record.reveal_text());
    if (!token) return std::nullopt;
  }
  return Alive{*std::move(token), until};
}

Result<TokenPointer> Tokens::authenticate(const SecretBytes& token) {
  if (token.empty() || token.size() > longest_token) return denied();
  const Bytes id_hash = hash(token);
  const std::int64_t number = changes_.number(tokens_changed, root_namespace);
  if (TokenPointer known = cache_->get(id_hash, number, clock_.now())) return known;
  std::optional<Alive> found = alive(id_hash);
  if (!found) return denied();
  auto entry = std::make_shared<const TokenEntry>(std::move(found->token));
  // One of limited uses costs a commit at each use anyway. As no node remembers it, nobody has to
  // be told when it is used up.
  if (entry->uses_left == 0) cache_->put(entry, number, found->until);
  return TokenPointer(std::move(entry));
}

Result<TokenPointer> Tokens::spend_use(const TokenPointer& token) {
  if (token->uses_left == 0) return token;
  // Others may have spent some since it was read; more than was read then is forged.
  const auto left =
      store_.spend_use(token->id_hash, token->uses_left, clock_.now() + removal_delay);
  if (!left) return denied();
  auto counted = std::make_shared<TokenEntry>(*token);
  counted->uses_left = *left;
  return TokenPointer(std::move(counted));
}

TokenPointer Tokens::find(const SecretBytes& token) {
  if (token.empty() || token.size() > longest_token) return nullptr;
  return find_hash(hash(token));
}

TokenPointer Tokens::find_hash(BytesView id_hash) {
  std::optional<Alive> found = alive(id_hash);
  return found ? std::make_shared<const TokenEntry>(std::move(found->token)) : nullptr;
}

TokenPointer Tokens::find_accessor(std::string_view accessor) {
  const auto id_hash = store_.id_hash_of(accessor);
  return id_hash ? find_hash(*id_hash) : nullptr;
}

std::vector<std::string> Tokens::accessors(std::string_view after, std::int64_t limit) {
  return store_.accessors(after, limit, clock_.now());
}

Result<void> Tokens::stage_renew(storage::CommitUnit& unit, const TokenEntry& token, UnixTime now,
                                 Seconds ttl) {
  const std::vector<storage::TokenRow> chain = store_.chain(token.id_hash);
  if (chain.empty() || chain.front().uses < 0) return invalid("token not found");
  const storage::TokenRow& before = chain.front();
  std::int64_t allowed = 0;
  TokenEntry after = token;
  {
    const SecretBytes record = store_.open(before);
    allowed = uses_allowed(record.reveal_text());
  }
  after.parent = before.parent;
  after.last_renewal = now;
  after.expires_at = now + ttl;
  store_.replace(unit, row_of(after), as_bytes(encode_record(after, allowed)), before.record,
                 invalid("the token was changed meanwhile"));
  // Other nodes read a prolonged token again when it seems to expire; a shortened one at once.
  if (before.expires_at && *after.expires_at < *before.expires_at)
    unit.raise(tokens_changed, root_namespace);
  unit.after_commit([this, id_hash = token.id_hash] { cache_->forget(id_hash); });
  return {};
}

void Tokens::stage_revoke(storage::CommitUnit& unit, BytesView id_hash) {
  store_.remove_tree(unit, id_hash);
  unit.raise(tokens_changed, root_namespace);
}

void Tokens::stage_remove_used_up(storage::CommitUnit& unit, BytesView id_hash) {
  store_.remove_one(unit, id_hash);
}

void Tokens::stage_revoke_orphan(storage::CommitUnit& unit, const TokenEntry& token) {
  for (storage::TokenRow& child : store_.children(token.id_hash)) {
    const Bytes before = child.record;
    // The record is bound to the parent's column: it is opened as it was and sealed as it will be.
    const SecretBytes record = store_.open(child);
    child.parent.reset();
    store_.replace(unit, child, record.reveal(), before,
                   invalid("a child of the token was changed meanwhile"));
  }
  store_.remove_one(unit, token.id_hash);
  unit.raise(tokens_changed, root_namespace);
}

std::int64_t Tokens::remove_expired() {
  std::int64_t removed = 0;
  while (true) {
    const std::int64_t batch = store_.remove_expired(clock_.now(), removal_batch);
    removed += batch;
    if (batch < removal_batch) return removed;
  }
}

std::int64_t Tokens::remove_strays() {
  std::int64_t removed = 0;
  while (true) {
    // A removed stray leaves its own children behind as strays: until none is left.
    const std::int64_t batch = store_.remove_strays(removal_batch);
    removed += batch;
    if (batch == 0) return removed;
  }
}

Json token_object(const TokenEntry& token, UnixTime now) {
  const Seconds ttl = token.expires_at ? std::max(*token.expires_at - now, Seconds(0)) : Seconds(0);
  Json object = {{"accessor", token.accessor},
                 {"creation_time", token.created_at.seconds},
                 {"creation_ttl", token.creation_ttl.count()},
                 {"display_name", token.display_name},
                 {"entity_id", token.entity_id},
                 {"expire_time", token.expires_at ? Json(rfc3339(*token.expires_at)) : Json()},
                 {"explicit_max_ttl", token.explicit_max_ttl.count()},
                 {"issue_time", rfc3339(token.created_at)},
                 {"meta", token.meta.empty() ? Json() : Json(token.meta)},
                 {"num_uses", std::max<std::int64_t>(token.uses_left, 0)},
                 {"orphan", token.is_orphan},
                 {"path", token.path},
                 {"policies", token.policies},
                 {"renewable", token.is_renewable},
                 {"ttl", ttl.count()},
                 {"type", "service"}};
  if (!token.bound_cidrs.empty()) object["bound_cidrs"] = token.bound_cidrs;
  if (!token.role.empty()) object["role"] = token.role;
  if (token.period.count() != 0) object["period"] = token.period.count();
  if (token.last_renewal) {
    object["last_renewal"] = rfc3339(*token.last_renewal);
    object["last_renewal_time"] = token.last_renewal->seconds;
  }
  return object;
}

Auth auth_of(const TokenEntry& token, Seconds ttl) {
  Auth auth;
  auth.accessor = token.accessor;
  auth.policies = auth.token_policies = token.policies;
  if (!token.meta.empty()) auth.metadata = token.meta;
  auth.lease_duration = ttl;
  auth.renewable = token.is_renewable;
  auth.entity_id = token.entity_id;
  auth.orphan = token.is_orphan;
  auth.num_uses = std::max<std::int64_t>(token.uses_left, 0);
  return auth;
}

}  // namespace signet::core
