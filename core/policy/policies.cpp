// SPDX-License-Identifier: Apache-2.0
#include "core/policy/policies.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "core/mount.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace signet::core {
namespace {

constexpr std::string_view root = "root";
constexpr std::string_view default_policy = "default";
constexpr std::string_view response_wrapping = "response-wrapping";

bool is_immutable(std::string_view name) { return name == root || name == response_wrapping; }

/// What was written may be base64 of the document.
std::string document_of(const std::string& written) {
  const auto decoded = from_base64(written);
  if (!decoded || decoded->empty()) return written;
  const std::string_view text = as_text(*decoded);
  return is_utf8(text) ? std::string(text) : written;
}

std::string encode(const StoredPolicy& policy) {
  Json record = {{"text", policy.text},
                 {"version", policy.version},
                 {"modified", policy.modified.seconds},
                 {"cas_required", policy.cas_required},
                 {"wildcards", policy.allow_wildcards_in_identity_templates},
                 {"slashes", policy.allow_slashes_in_identity_templates}};
  if (policy.expires_at) record["expires_at"] = policy.expires_at->seconds;
  return record.dump();
}

StoredPolicy decode(std::string name, std::string_view text) {
  const Json record = Json::parse(text);
  StoredPolicy policy;
  policy.name = std::move(name);
  policy.text = record.at("text").get<std::string>();
  policy.version = record.at("version").get<std::int64_t>();
  policy.modified = {record.at("modified").get<std::int64_t>()};
  policy.cas_required = record.at("cas_required").get<bool>();
  policy.allow_wildcards_in_identity_templates = record.at("wildcards").get<bool>();
  policy.allow_slashes_in_identity_templates = record.at("slashes").get<bool>();
  if (record.contains("expires_at"))
    policy.expires_at = UnixTime{record.at("expires_at").get<std::int64_t>()};
  return policy;
}

Result<void> check_cas(const PolicyWrite& write, const std::optional<StoredPolicy>& before) {
  const bool is_required = write.cas_required.value_or(before && before->cas_required);
  if (!write.cas) {
    if (is_required || (before && before->cas_required))
      return invalid("check-and-set parameter required for this call");
    return {};
  }
  const std::int64_t version = before ? before->version : -1;
  if (*write.cas != version)
    return invalid("check-and-set parameter did not match the current version");
  return {};
}

}  // namespace

/// A stored policy with what its text says.
struct Policies::Known {
  Bytes record;
  StoredPolicy stored;
  std::shared_ptr<const Policy> parsed;  // shared with compiled ACLs while they are made
};

struct Policies::Loaded {
  std::int64_t number = 0;
  std::map<std::string, std::shared_ptr<const Known>, std::less<>> policies;  // kept over reloads
};

/// Compiled ACLs of one change number.
class Policies::AclCache {
 public:
  std::shared_ptr<const Acl> get(const std::vector<std::string>& names, std::int64_t number,
                                 UnixTime now) {
    const std::lock_guard lock(mutex_);
    if (number != number_) return nullptr;
    const auto found = acls_.find(names);
    if (found == acls_.end()) return nullptr;
    const auto until = found->second.second;
    return until && *until <= now ? nullptr : found->second.first;
  }

  void put(const std::vector<std::string>& names, std::int64_t number,
           std::shared_ptr<const Acl> acl, std::optional<UnixTime> until) {
    const std::lock_guard lock(mutex_);
    if (number < number_) return;
    if (number > number_ || acls_.size() >= size_limit) acls_.clear();
    number_ = number;
    acls_[names] = {std::move(acl), until};
  }

 private:
  static constexpr std::size_t size_limit = 4096;
  struct Hash {
    std::size_t operator()(const std::vector<std::string>& names) const {
      std::size_t mixed = names.size();
      for (const std::string& name : names)
        mixed = mixed * 0x9e3779b97f4a7c15ULL + std::hash<std::string>{}(name);
      return mixed;
    }
  };
  // An ACL is shared with the requests that are decided on it.
  using Entry = std::pair<std::shared_ptr<const Acl>, std::optional<UnixTime>>;
  std::mutex mutex_;
  std::int64_t number_ = -1;
  std::unordered_map<std::vector<std::string>, Entry, Hash> acls_;
};

Policies::Policies(storage::Database& database, storage::Changes& changes, Sealer& sealer,
                   Clock& clock)
    : changes_(changes),
      clock_(clock),
      store_(database, sealer),
      cache_(std::make_unique<AclCache>()) {}

Policies::~Policies() = default;

StoredPolicy Policies::open(const storage::PolicyRow& row) const {
  const SecretBytes record = store_.open(root_namespace, row);
  return decode(row.name, record.reveal_text());
}

std::shared_ptr<const Policies::Loaded> Policies::loaded() {
  // The number is read before the rows: what changes between the two is read again next time.
  const std::int64_t number = changes_.number(policies_changed, root_namespace);
  const std::lock_guard lock(mutex_);
  if (!loaded_ || loaded_->number < number) loaded_ = load(number, loaded_);
  return loaded_;
}

std::shared_ptr<const Policies::Loaded> Policies::load(
    std::int64_t number, const std::shared_ptr<const Loaded>& before) {
  auto fresh = std::make_shared<Loaded>();
  fresh->number = number;
  for (storage::PolicyRow& row : store_.all(root_namespace)) {
    if (before) {
      const auto kept = before->policies.find(row.name);
      if (kept != before->policies.end() && kept->second->record == row.record) {
        fresh->policies.emplace(row.name, kept->second);
        continue;
      }
    }
    auto known = std::make_shared<Known>();
    known->stored = open(row);
    // Blocks that expire are dropped when the ACL is compiled; here "now" must not matter, the
    // result is kept.
    auto parsed = parse_policy(row.name, known->stored.text, UnixTime{0});
    if (!parsed) {
      // It was accepted once. Without it its bearers are denied, which is the safe reading.
      log::error("a stored policy cannot be read",
                 {{"policy", row.name}, {"error", parsed.error().message}});
      parsed = Policy{row.name, {}};
    }
    known->parsed = std::make_shared<const Policy>(*std::move(parsed));
    known->record = std::move(row.record);
    fresh->policies.emplace(row.name, std::move(known));
  }
  return fresh;
}

void Policies::stage_record(storage::CommitUnit& unit, const StoredPolicy& policy,
                            const std::optional<Bytes>& before) const {
  store_.put(unit, root_namespace, policy.name, as_bytes(encode(policy)), before,
             invalid(fmt::format("policy \"{}\" was changed meanwhile", policy.name)));
  unit.raise(policies_changed, root_namespace);
}

void Policies::stage_built_in(storage::CommitUnit& unit) const {
  for (const std::string_view name : {default_policy, response_wrapping}) {
    StoredPolicy policy;
    policy.name = std::string(name);
    policy.text = std::string(name == default_policy ? default_policy_text()
                                                     : response_wrapping_policy_text());
    policy.version = 1;
    policy.modified = clock_.now();
    stage_record(unit, policy, std::nullopt);
  }
}

std::optional<StoredPolicy> Policies::get(std::string_view name) {
  const std::string key = lower(name);
  if (key == root) {
    StoredPolicy policy;
    policy.name = key;
    return policy;
  }
  auto held = loaded();
  auto found = held->policies.find(key);
  if (found == held->policies.end() && refresh()) {
    held = loaded();
    found = held->policies.find(key);
  }
  if (found == held->policies.end()) return std::nullopt;
  const StoredPolicy& stored = found->second->stored;
  if (stored.expires_at && *stored.expires_at <= clock_.now()) return std::nullopt;
  return stored;
}

bool Policies::exists(std::string_view name) { return get(name).has_value(); }

std::vector<std::string> Policies::list() {
  std::vector<std::string> names;
  const UnixTime now = clock_.now();
  for (const auto& [name, known] : loaded()->policies) {
    const auto expires_at = known->stored.expires_at;
    if (name != response_wrapping && (!expires_at || *expires_at > now)) names.push_back(name);
  }
  names.emplace_back(root);
  return names;
}

Result<void> Policies::stage_put(storage::CommitUnit& unit, std::string_view name,
                                 const PolicyWrite& write, bool is_patch) {
  const std::string key = lower(name);
  if (is_immutable(key)) return invalid(fmt::format("cannot update \"{}\" policy", key));
  const std::int64_t number = changes_.number(policies_changed, root_namespace);
  const auto row = store_.find(root_namespace, key);
  std::optional<StoredPolicy> before;
  if (row) before = open(*row);
  const UnixTime now = clock_.now();
  const bool has_expired = before && before->expires_at && *before->expires_at <= now;
  if (is_patch && (!before || has_expired)) return absent();
  if (!is_patch && (!write.text || write.text->empty()))
    return invalid("'policy' parameter not supplied or empty");
  TRY(check_cas(write, before));

  StoredPolicy after;
  if (before) {
    after.version = before->version;
    after.cas_required = before->cas_required;
    if (is_patch) after = *before;
  }
  after.name = key;
  if (write.text) after.text = document_of(*write.text);
  if (write.expires_at) after.expires_at = write.expires_at;
  if (after.expires_at && *after.expires_at <= now)
    return invalid("policy expiration must be in the future");
  if (write.cas_required) after.cas_required = *write.cas_required;
  if (write.allow_wildcards_in_identity_templates)
    after.allow_wildcards_in_identity_templates = *write.allow_wildcards_in_identity_templates;
  if (write.allow_slashes_in_identity_templates)
    after.allow_slashes_in_identity_templates = *write.allow_slashes_in_identity_templates;
  const Policy parsed = TRY(parse_policy(key, after.text, now));
  ++after.version;
  after.modified = now;
  unit.decided_on(policies_changed, root_namespace, number);
  stage_record(unit, after, row ? std::optional<Bytes>(row->record) : std::nullopt);
  return {};
}

Result<void> Policies::stage_remove(storage::CommitUnit& unit, std::string_view name) {
  const std::string key = lower(name);
  if (is_immutable(key)) return invalid(fmt::format("cannot delete \"{}\" policy", key));
  if (key == default_policy) return invalid("cannot delete default policy");
  if (!store_.find(root_namespace, key)) return {};
  store_.remove(unit, root_namespace, key);
  unit.raise(policies_changed, root_namespace);
  return {};
}

std::shared_ptr<const Acl> Policies::acl_for(const TokenEntry& token, storage::CommitUnit* unit) {
  return acl_for(token.policies, unit);
}

std::shared_ptr<const Acl> Policies::acl_for(const std::vector<std::string>& names,
                                             storage::CommitUnit* unit) {
  const std::int64_t number = changes_.number(policies_changed, root_namespace);
  if (unit != nullptr) unit->decided_on(policies_changed, root_namespace, number);
  const UnixTime now = clock_.now();
  if (auto known = cache_->get(names, number, now)) return known;

  const auto held = loaded();
  const bool is_root = names.size() == 1 && names.front() == root;
  std::vector<std::shared_ptr<const Policy>> policies;
  std::optional<UnixTime> until;
  for (const std::string& name : names) {
    const auto found = held->policies.find(name);
    if (found == held->policies.end()) continue;
    const auto expires_at = found->second->stored.expires_at;
    if (expires_at && *expires_at <= now) continue;
    if (expires_at) until = until ? std::min(*until, *expires_at) : *expires_at;
    policies.push_back(found->second->parsed);
  }
  auto acl = std::make_shared<const Acl>(policies, is_root, now);
  if (const auto block = acl->valid_until()) until = until ? std::min(*until, *block) : *block;
  cache_->put(names, held->number, acl, until);
  return acl;
}

bool Policies::refresh() {
  const std::int64_t before = changes_.number(policies_changed, root_namespace);
  changes_.refresh();
  return changes_.number(policies_changed, root_namespace) != before;
}

std::string_view default_policy_text() {
  return R"(# What a token may do about itself
path "auth/token/lookup-self" {
    capabilities = ["read"]
}
path "auth/token/renew-self" {
    capabilities = ["update"]
}
path "auth/token/revoke-self" {
    capabilities = ["update"]
}
path "sys/capabilities-self" {
    capabilities = ["update"]
}

# Its own entity
path "identity/entity/id/{{identity.entity.id}}" {
    capabilities = ["read"]
}
path "identity/entity/name/{{identity.entity.name}}" {
    capabilities = ["read"]
}

# What the user interface may show
path "sys/internal/ui/resultant-acl" {
    capabilities = ["read"]
}

# Leases whose id it knows
path "sys/leases/renew" {
    capabilities = ["update"]
}
path "sys/leases/lookup" {
    capabilities = ["update"]
}

# Its private store
path "cubbyhole/*" {
    capabilities = ["create", "read", "update", "delete", "list"]
}

# Wrapped answers
path "sys/wrapping/wrap" {
    capabilities = ["update"]
}
path "sys/wrapping/lookup" {
    capabilities = ["update"]
}
path "sys/wrapping/unwrap" {
    capabilities = ["update"]
}

# Tools
path "sys/tools/hash" {
    capabilities = ["update"]
}
path "sys/tools/hash/*" {
    capabilities = ["update"]
}

# Signing in to others through the OpenID Connect provider
path "identity/oidc/provider/+/authorize" {
    capabilities = ["read", "update"]
}
)";
}

std::string_view response_wrapping_policy_text() {
  return R"(
path "cubbyhole/response" {
    capabilities = ["create", "read"]
}

path "sys/wrapping/unwrap" {
    capabilities = ["update"]
}
)";
}

}  // namespace signet::core
