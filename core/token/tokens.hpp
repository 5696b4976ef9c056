// SPDX-License-Identifier: Apache-2.0
// Service tokens: made, found, counted down, renewed, revoked with what hangs below them (core.md
// section 4). The token's own text is known to its bearer only; rows are found by its keyed hash.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/sealed.hpp"
#include "base/secret.hpp"
#include "core/response.hpp"
#include "core/token/entry.hpp"
#include "storage/changes.hpp"
#include "storage/database.hpp"
#include "storage/tokens.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

/// The change number's kind; its owner is the namespace. Raised by what takes tokens away.
inline constexpr std::string_view tokens_changed = "tokens";

using TokenPointer = std::shared_ptr<const TokenEntry>;  // shared with the token cache

/// A token to be stored: everything is decided (core/token/create.hpp, login, init).
struct NewToken {
  TokenEntry entry;       ///< id_hash and accessor are filled in by stage_create
  SecretBytes custom_id;  ///< empty: "hvs." and 24 random letters and digits
};

class Tokens {
 public:
  Tokens(storage::Database& database, storage::Changes& changes, Sealer& sealer, Clock& clock,
         Random& random);
  ~Tokens();

  /// Stages the row and fills `auth` (client_token, accessor ...) with what the caller is told. A
  /// custom id that is taken refuses the unit with `cannot create a token with a duplicate ID`.
  [[nodiscard]] Auth stage_create(storage::CommitUnit& unit, NewToken token);
  /// A root token (init, dev server), staged; `custom_id` empty: random.
  [[nodiscard]] Auth stage_root(storage::CommitUnit& unit, SecretBytes custom_id = {});

  /// The token that a request presents: alive, not expired, with all its parents. Cached, unless
  /// its uses are limited.
  /// @return `permission denied` for anything else
  [[nodiscard]] Result<TokenPointer> authenticate(const SecretBytes& token);
  /// Spends one use of a limited token in a commit of its own; others cost nothing.
  /// @return the entry with the uses that are left (-1: this was the last one); denied when spent
  /// @throws Unavailable: also when the commit's answer was lost; the use counts as spent
  [[nodiscard]] Result<TokenPointer> spend_use(const TokenPointer& token);

  /// The row as it stands now, alive or nothing; by the token's text, its hash or its accessor.
  [[nodiscard]] TokenPointer find(const SecretBytes& token);
  [[nodiscard]] TokenPointer find_hash(BytesView id_hash);
  [[nodiscard]] TokenPointer find_accessor(std::string_view accessor);
  [[nodiscard]] Bytes hash(const SecretBytes& token) const;

  /// Accessors of living tokens above `after`, sorted; `limit` 0: all.
  [[nodiscard]] std::vector<std::string> accessors(std::string_view after, std::int64_t limit);

  /// Stages a new expiry time, `ttl` from `now`. The unit is refused when the row changed
  /// meanwhile.
  /// @return `token not found` when it is gone
  Result<void> stage_renew(storage::CommitUnit& unit, const TokenEntry& token, UnixTime now,
                           Seconds ttl);
  /// Stages the removal of a token and everything below it (one statement).
  void stage_revoke(storage::CommitUnit& unit, BytesView id_hash);
  /// Stages the removal of a token whose uses are spent. It has no children, since tokens of
  /// limited uses make none, and no node has it in its cache: all caches stay as they are.
  void stage_remove_used_up(storage::CommitUnit& unit, BytesView id_hash);
  /// Stages the removal of a token alone; its children become orphans.
  void stage_revoke_orphan(storage::CommitUnit& unit, const TokenEntry& token);

  // A token is a lease too: "<path of the request that made it>/h<its hash in hex>".
  [[nodiscard]] TokenPointer find_lease(std::string_view lease_id);
  /// Names of such leases and folders right below a folder ("" or "auth/token/"), sorted.
  [[nodiscard]] std::vector<std::string> lease_names(std::string_view folder,
                                                     std::string_view after, std::int64_t limit);
  /// Stages the removal of the tokens that requests at `path` and below it made.
  void stage_revoke_made_below(storage::CommitUnit& unit, std::string_view path);

  /// Removes expired and used-up tokens with what hangs below them, in batches; called by the
  /// background tick about once a minute. @return rows removed
  std::int64_t remove_expired();
  /// Removes tokens whose parent no longer exists (auth/token/tidy). @return rows removed
  std::int64_t remove_strays();

 private:
  class Cache;
  struct Alive;
  [[nodiscard]] std::optional<Alive> alive(BytesView id_hash) const;

  storage::Changes& changes_;
  Sealer& sealer_;
  Clock& clock_;
  Random& random_;
  storage::TokenStore store_;
  std::unique_ptr<Cache> cache_;
};

/// What lookup answers (core.md section 4.5, "Token object") but for `id`, the token's text.
Json token_object(const TokenEntry& token, UnixTime now);

/// What a token's lease shows of it.
Json token_lease_object(const TokenEntry& token, UnixTime now);

/// The `auth` block of an answer about a stored token; client_token is left empty.
Auth auth_of(const TokenEntry& token, Seconds ttl);

}  // namespace signet::core
