// SPDX-License-Identifier: Apache-2.0
// sys/leases/*: what was given out for a time, and the paths of older clients for the same
// (core.md section 3.8).
#include "core/lease/leases.hpp"

#include "core/mounts.hpp"
#include "core/token/tokens.hpp"
#include "engines/sys/sys.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Lease;
using core::Leases;
using core::Operation;
using core::Route;
using core::Schema;

struct LeaseFields {
  std::string lease_id;
  std::string url_lease_id;
  Seconds increment{0};
  bool sync = true;

  [[nodiscard]] const std::string& id() const { return lease_id.empty() ? url_lease_id : lease_id; }
};
struct LeasePrefixFields {
  std::string prefix;
  std::string after;
  std::int64_t limit = 0;
  bool sync = true;
};
struct LeaseTypeFields {
  std::string type;
  std::string limit;
  bool include_child_namespaces = false;
};

namespace {

/// What is left of a request's time when it stops taking back one lease after the other.
constexpr std::chrono::seconds answer_time{5};
constexpr std::int64_t irrevocable_shown = 10'000;
constexpr std::int64_t tidied_at_once = 100'000;

const Schema<LeaseFields>& lookup_fields() {
  static const Schema<LeaseFields> schema{
      {"lease_id", &LeaseFields::lease_id, "The lease's id."},
  };
  return schema;
}

const Schema<LeaseFields>& renew_fields() {
  static const Schema<LeaseFields> schema{
      {"lease_id", &LeaseFields::lease_id, "The lease's id."},
      {"url_lease_id", &LeaseFields::url_lease_id, "The same, in the path."},
      {"increment", &LeaseFields::increment, "How long from now on; 0: as at first."},
  };
  return schema;
}

const Schema<LeaseFields>& revoke_fields() {
  static const Schema<LeaseFields> schema{
      {"lease_id", &LeaseFields::lease_id, "The lease's id."},
      {"url_lease_id", &LeaseFields::url_lease_id, "The same, in the path."},
      {"sync", &LeaseFields::sync, "The answer waits until the secret is taken back."},
  };
  return schema;
}

const Schema<LeasePrefixFields>& list_fields() {
  static const Schema<LeasePrefixFields> schema{
      {"prefix", &LeasePrefixFields::prefix, "A folder of lease ids."},
      {"after", &LeasePrefixFields::after, "Only names above this one."},
      {"limit", &LeasePrefixFields::limit, "At most so many names; 0: all."},
  };
  return schema;
}

const Schema<LeasePrefixFields>& prefix_fields() {
  static const Schema<LeasePrefixFields> schema{
      {"prefix", &LeasePrefixFields::prefix, "What the ids of the leases begin with."},
      {"sync", &LeasePrefixFields::sync, "The answer waits until all secrets are taken back."},
  };
  return schema;
}

const Schema<LeaseTypeFields>& type_fields() {
  static const Schema<LeaseTypeFields> schema{
      {"type", &LeaseTypeFields::type, "irrevocable"},
      {"limit", &LeaseTypeFields::limit, "At most so many leases, or `none`."},
      {"include_child_namespaces", &LeaseTypeFields::include_child_namespaces,
       "Those of child namespaces too."},
  };
  return schema;
}

Error no_id() { return invalid("lease_id must be specified"); }

core::Response queued_answer() {
  core::Response response;
  response.status = 202;
  return response;
}

std::string without_end(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

Json lease_object(const Lease& lease, UnixTime now) {
  const bool is_running = lease.row.state == storage::LeaseState::running;
  const Seconds left = lease.row.expires_at - now;
  Json data{{"id", lease.row.id},
            {"path", lease.path()},
            {"issue_time", rfc3339(lease.row.issued_at)},
            {"expire_time", rfc3339(lease.row.expires_at)},
            {"last_renewal", lease.last_renewal ? Json(rfc3339(*lease.last_renewal)) : Json()},
            {"renewable", lease.is_renewable && is_running},
            {"ttl", is_running ? std::max(left, Seconds(0)).count() : 0}};
  if (!lease.row.problem.empty()) data["revoke_error"] = lease.row.problem;
  return data;
}

/// "none": all. nullopt: not a number.
std::optional<std::int64_t> most_shown(const std::string& limit) {
  if (limit.empty()) return irrevocable_shown;
  if (limit == "none") return 0;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), number);
  if (error != std::errc() || end != limit.data() + limit.size() || number <= 0)
    return std::nullopt;
  return number;
}

}  // namespace

std::vector<Route> lease_routes() {
  using E = SysEngine;
  std::vector<Route> routes;
  routes
      .emplace_back("leases", Operation::read, type_fields(), &E::list_irrevocable,
                    "Leases whose secrets could not be taken back.")
      .sudo();
  routes.emplace_back("leases/count", Operation::read, type_fields(), &E::count_irrevocable,
                      "How many leases could not be taken back, by mount.");
  routes
      .emplace_back("leases/lookup", Operation::update, lookup_fields(), &E::lookup_lease,
                    "A lease's times.")
      .help("Leases by id.");
  for (const char* pattern : {"leases/lookup", "leases/lookup/{prefix...}"})
    routes
        .emplace_back(pattern, Operation::list, list_fields(), &E::list_leases,
                      "Lease ids below a path.")
        .sudo();
  for (const char* pattern :
       {"leases/renew", "leases/renew/{url_lease_id...}", "renew", "renew/{url_lease_id...}"})
    routes.emplace_back(pattern, Operation::update, renew_fields(), &E::renew_lease,
                        "Prolong a lease.");
  for (const char* pattern :
       {"leases/revoke", "leases/revoke/{url_lease_id...}", "revoke", "revoke/{url_lease_id...}"})
    routes.emplace_back(pattern, Operation::update, revoke_fields(), &E::revoke_lease,
                        "Take a secret back.");
  for (const char* pattern : {"leases/revoke-prefix/{prefix...}", "revoke-prefix/{prefix...}"})
    routes
        .emplace_back(pattern, Operation::update, prefix_fields(), &E::revoke_prefix,
                      "Take back all secrets below a path.")
        .sudo();
  for (const char* pattern : {"leases/revoke-force/{prefix...}", "revoke-force/{prefix...}"})
    routes
        .emplace_back(pattern, Operation::update, prefix_fields(), &E::revoke_force,
                      "Forget all leases below a path, also where taking back fails.")
        .sudo();
  routes.emplace_back("leases/tidy", Operation::update, core::no_fields(), &E::tidy_leases,
                      "End leases whose token or mount is gone.");
  return routes;
}

Result<core::Response> SysEngine::lookup_lease(Request& request, const LeaseFields& fields) {
  if (fields.lease_id.empty()) return no_id();
  if (const auto token = services_.tokens.find_lease(fields.lease_id))
    return Response::of(core::token_lease_object(*token, request.now));
  const std::optional<Lease> lease = services_.leases.find(fields.lease_id);
  if (!lease) return invalid("invalid lease");
  return Response::of(lease_object(*lease, request.now));
}

Result<core::Response> SysEngine::list_leases(Request&, const LeasePrefixFields& fields) {
  std::string folder = without_end(fields.prefix);
  if (!folder.empty()) folder += '/';
  std::vector<std::string> keys =
      services_.leases.store().list(core::root_namespace, folder, fields.after, fields.limit);
  for (std::string& key : services_.tokens.lease_names(folder, fields.after, fields.limit))
    keys.push_back(std::move(key));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  if (fields.limit > 0 && keys.size() > static_cast<std::size_t>(fields.limit))
    keys.resize(static_cast<std::size_t>(fields.limit));
  return Response::of({{"keys", std::move(keys)}});
}

Result<core::Response> SysEngine::renew_lease(Request& request, const LeaseFields& fields) {
  if (fields.id().empty()) return no_id();
  if (services_.tokens.find_lease(fields.id()))
    return invalid("tokens cannot be renewed through this endpoint");
  return services_.leases.renew(request, fields.id(), fields.increment);
}

Result<core::Response> SysEngine::revoke_lease(Request& request, const LeaseFields& fields) {
  if (fields.id().empty()) return no_id();
  storage::CommitUnit& unit = request.unit();
  if (const auto token = services_.tokens.find_lease(fields.id())) {
    services_.tokens.stage_revoke(unit, token->id_hash);
    return fields.sync ? Response::no_content() : queued_answer();
  }
  if (!fields.sync) {
    Leases::stage_end(fields.id(), unit);
    return queued_answer();
  }
  TRY(services_.leases.stage_revoke(fields.id(), unit));
  return Response::no_content();
}

Result<core::Response> SysEngine::revoke_prefix(Request& request, const LeasePrefixFields& fields) {
  return revoke_below(request, fields, Leases::Force::no);
}

Result<core::Response> SysEngine::revoke_force(Request& request, const LeasePrefixFields& fields) {
  return revoke_below(request, fields, Leases::Force::yes);
}

// A prefix is an id, or a folder of ids; one with a slash at its end a folder only.
Result<core::Response> SysEngine::revoke_below(Request& request, const LeasePrefixFields& fields,
                                               Leases::Force force) {
  const std::string path = without_end(fields.prefix);
  if (path.empty()) return invalid("prefix must be specified");
  const bool waits = fields.sync || force == Leases::Force::yes;
  storage::CommitUnit& unit = request.unit();
  if (!fields.prefix.ends_with('/')) {
    if (const auto token = services_.tokens.find_lease(path)) {
      services_.tokens.stage_revoke(unit, token->id_hash);
      return waits ? Response::no_content() : queued_answer();
    }
    if (services_.leases.find(path)) {
      if (waits)
        TRY(services_.leases.revoke_at(path, force));
      else
        Leases::stage_end(path, unit);
      return waits ? Response::no_content() : queued_answer();
    }
  }
  services_.tokens.stage_revoke_made_below(unit, path);
  if (!waits) {
    Leases::stage_end_below(path + '/', unit);
    return queued_answer();
  }
  const bool is_done =
      TRY(services_.leases.revoke_below(path + '/', force, request.deadline - answer_time));
  return is_done ? Response::no_content() : queued_answer();
}

Result<core::Response> SysEngine::tidy_leases(Request&, const NoFields&) {
  // The walk goes on by itself all the time; this one begins at the first lease.
  storage::LeaseStore::Position position;
  services_.leases.store().end_strays(position, tidied_at_once);
  core::Response response;
  response.status = 202;
  response.warnings.emplace_back(
      "Tidy operation successfully started. What it finds is ended in the background.");
  return response;
}

Result<core::Response> SysEngine::count_irrevocable(Request&, const LeaseTypeFields& fields) {
  if (fields.type != "irrevocable") return absent();
  Json counts = Json::object();
  std::int64_t all = 0;
  const auto mounts = table();
  for (const auto& [mount, count] :
       services_.leases.store().count_irrevocable(core::root_namespace)) {
    all += count;
    const core::MountedEngine* mounted = mounts->by_id(mount);
    counts[mounted != nullptr ? mounted->mount->accessor : mount.text()] = count;
  }
  return Response::of({{"lease_count", all}, {"counts", std::move(counts)}});
}

Result<core::Response> SysEngine::list_irrevocable(Request&, const LeaseTypeFields& fields) {
  if (fields.type != "irrevocable") return absent();
  const auto limit = most_shown(fields.limit);
  if (!limit) return invalid("limit must be a number above 0 or `none`");
  Json leases = Json::array();
  const auto mounts = table();
  for (const storage::LeaseRow& row :
       services_.leases.store().irrevocable(core::root_namespace, *limit)) {
    const core::MountedEngine* mounted = mounts->by_id(row.mount);
    leases.push_back(
        {{"lease_id", row.id},
         {"mount_id", mounted != nullptr ? mounted->mount->accessor : row.mount.text()},
         {"error", row.problem}});
  }
  const std::size_t count = leases.size();
  return Response::of({{"lease_count", count}, {"leases", std::move(leases)}});
}

}  // namespace signet::sys
