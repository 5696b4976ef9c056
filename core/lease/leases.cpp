// SPDX-License-Identifier: Apache-2.0
// Leases made, found and renewed.
#include "core/lease/leases.hpp"

#include "core/token/ttl.hpp"

#include <utility>

#include <fmt/format.h>

namespace signet::core {
namespace {

constexpr std::size_t id_length = 24;  // base62: 142 bits

std::string encode_lease(bool is_renewable, const std::optional<UnixTime>& last_renewal,
                         const Json& data) {
  Json record{{"renewable", is_renewable}, {"data", data}};
  if (last_renewal) record["last_renewal"] = last_renewal->seconds;
  return record.dump();
}

Result<Ttl> lease_ttl(const LeaseTerms& terms, const Mount& mount, UnixTime issued_at, UnixTime now,
                      Seconds increment) {
  TtlRequest asked;
  asked.increment = increment;
  asked.role_ttl = terms.ttl;
  asked.role_max_ttl = terms.max_ttl;
  asked.default_ttl = mount.default_ttl();
  asked.max_ttl = mount.max_ttl();
  asked.issued_at = issued_at;
  asked.now = now;
  return token_ttl(asked);
}

}  // namespace

std::string Lease::path() const { return row.id.substr(0, row.id.rfind('/')); }

Leases::Leases(storage::Database& database, storage::Changes& changes, Sealer& sealer,
               const Seal& seal, Clock& clock, Random& random, Mounts& mounts)
    : database_(database),
      changes_(changes),
      seal_(seal),
      clock_(clock),
      random_(random),
      mounts_(mounts),
      store_(database, sealer) {}

Result<void> Leases::stage(Request& request, Response& response) {
  if (!response.lease) return {};
  const LeaseTerms& terms = *response.lease;
  if (request.token && request.token->uses_left < 0)
    return invalid(
        "Secret cannot be returned; token had one use left, so leased credentials were "
        "immediately revoked.");
  Ttl ttl = TRY(lease_ttl(terms, *request.mount, request.now, request.now, Seconds(0)));
  storage::LeaseRow row;
  row.name_space = root_namespace;
  row.id = fmt::format("{}/{}", request.path, random_.base62(id_length));
  row.mount = request.mount->id;
  if (request.token) row.token = request.token->id_hash;
  row.issued_at = request.now;
  row.expires_at = request.now + ttl.ttl;
  store_.insert(request.unit(), row, as_bytes(encode_lease(terms.is_renewable, {}, terms.data)));
  for (std::string& warning : ttl.warnings) response.warnings.push_back(std::move(warning));
  response.lease_id = std::move(row.id);
  response.renewable = terms.is_renewable;
  response.lease_duration = ttl.ttl;
  return {};
}

Lease Leases::opened(const storage::LeaseRow& row) const {
  const SecretBytes text = store_.open(row);
  Json record = Json::parse(text.reveal_text());
  Lease lease;
  lease.row = row;
  lease.secret = {row.id, row.issued_at, row.expires_at, std::move(record.at("data"))};
  lease.is_renewable = record.at("renewable").get<bool>();
  if (record.contains("last_renewal"))
    lease.last_renewal = UnixTime{record.at("last_renewal").get<std::int64_t>()};
  return lease;
}

std::optional<Lease> Leases::find(std::string_view id) const {
  const auto row = store_.find(root_namespace, id);
  if (!row) return std::nullopt;
  return opened(*row);
}

std::optional<MountedEngine> Leases::mounted(const Uuid& mount) const {
  auto table = mounts_.table();
  const MountedEngine* found = table->by_id(mount);
  if (found == nullptr) {
    // Another node may have mounted it a moment ago.
    changes_.refresh();
    table = mounts_.table();
    found = table->by_id(mount);
  }
  if (found == nullptr) return std::nullopt;
  return *found;
}

Result<Response> Leases::renew(Request& request, std::string_view id, Seconds increment) {
  const std::optional<Lease> lease = find(id);
  if (!lease) return invalid("lease not found");
  if (lease->row.state == storage::LeaseState::irrevocable)
    return invalid("lease is expired and has failed previous revocation attempts");
  if (lease->row.state != storage::LeaseState::running || lease->row.expires_at <= request.now)
    return invalid("lease expired");
  if (!lease->is_renewable) return invalid("lease is not renewable");
  const std::optional<MountedEngine> engine = mounted(lease->row.mount);
  if (!engine) return invalid("lease not found");
  const LeaseTerms terms = TRY(engine->engine->renew_secret(lease->secret, request.unit()));
  Ttl ttl = TRY(lease_ttl(terms, *engine->mount, lease->row.issued_at, request.now, increment));
  store_.prolong(request.unit(), lease->row, request.now + ttl.ttl,
                 as_bytes(encode_lease(terms.is_renewable, request.now, lease->secret.data)));
  Response response = Response::of(Json());
  response.lease_id = lease->row.id;
  response.renewable = terms.is_renewable;
  response.lease_duration = ttl.ttl;
  response.warnings = std::move(ttl.warnings);
  return response;
}

void Leases::stage_end(std::string_view id, storage::CommitUnit& unit) {
  storage::LeaseStore::stage_end(unit, root_namespace, id);
}

void Leases::stage_end_below(std::string_view folder, storage::CommitUnit& unit) {
  storage::LeaseStore::stage_end_below(unit, root_namespace, folder);
}

}  // namespace signet::core
