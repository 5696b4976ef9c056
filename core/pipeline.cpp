// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline.hpp"

#include "base/log.hpp"
#include "core/audit/audit.hpp"
#include "core/lease/leases.hpp"
#include "core/mount_record.hpp"
#include "core/network.hpp"
#include "core/policy/policies.hpp"
#include "core/token/tokens.hpp"
#include "core/wrapping.hpp"
#include "storage/changes.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace signet::core {
namespace {

constexpr int runs_until_alone = 2;  // further runs hold out other changes of this process
constexpr int most_runs = 6;         // other nodes may still change things under us

Error is_sealed_error() { return {ErrorCode::sealed, "Vault is sealed", {}}; }
Error unavailable(std::string detail, std::string explanation = {}) {
  if (explanation.empty()) explanation = "the database cannot take the request now";
  return {ErrorCode::unavailable, std::move(explanation), std::move(detail)};
}
Error internal(std::string detail = {}) {
  return {ErrorCode::internal, "internal error", std::move(detail)};
}

// What the caller is told of the exception being handled.
Error failure(const Seal& seal) {
  try {
    throw;
  } catch (const storage::Explained& problem) {
    return seal.is_sealed() ? is_sealed_error()
                            : unavailable(problem.what(), problem.explanation());
  } catch (const Unavailable& problem) {
    return seal.is_sealed() ? is_sealed_error() : unavailable(problem.what());
  } catch (const std::exception& problem) {
    return seal.is_sealed() ? is_sealed_error() : internal(problem.what());
  }
}

// The header names no namespace but the root.
bool is_root_namespace(std::string_view header) {
  while (header.starts_with('/')) header.remove_prefix(1);
  while (header.ends_with('/')) header.remove_suffix(1);
  return header.empty() || header == "root";
}

bool is_list(Operation operation) {
  return operation == Operation::list || operation == Operation::scan;
}

// What handlers stage is decided on their own deadline; SQL below them uses it too.
class ThreadDeadline {
 public:
  explicit ThreadDeadline(storage::Deadline deadline) {
    storage::Database::set_thread_deadline(deadline);
  }
  ~ThreadDeadline() { storage::Database::set_thread_deadline(std::nullopt); }
  ThreadDeadline(const ThreadDeadline&) = delete;
  ThreadDeadline& operator=(const ThreadDeadline&) = delete;
};

}  // namespace

// One request on its way; members are what the steps learn.
class Pipeline::Passage {
 public:
  Passage(Pipeline& pipeline, Request& request)
      : pipeline_(pipeline), services_(pipeline.services_), request_(request) {}
  ~Passage() { end_use(); }
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;

  // The whole life of a request. Steps before the audit leave no trace but in the log; from then on
  // every end is audited.
  Result<Response> run() {
    TRY(check_headers());
    if (!is_unsealed_route_) pipeline_.follow_audit();
    TRY(find_route());
    if (!is_unsealed_route_) Wrapping(services_).open_jwts(request_);
    Result<Response> answer = decide_or_fail();
    for (int runs = 1; is_stale_; ++runs) {
      if (runs == most_runs) {
        answer = unavailable("configuration keeps changing");
        break;
      }
      begin_again(runs);
      answer = decide_or_fail();
    }
    request_.kept.reset();
    answer = audit_response(std::move(answer));
    if (answer && request_.at_end) request_.at_end();
    return answer;
  }

 private:
  // A fault ends the request, but not before its end is audited.
  Result<Response> decide_or_fail() {
    try {
      return decide();
    } catch (const std::exception&) {
      return failure(services_.seal);
    }
  }

  // From the token to the commit: what runs again when it was decided on what is no longer true.
  Result<Response> decide() {
    is_stale_ = false;
    Result<void> allowed = authenticate();
    if (allowed) allowed = tell_create_from_update();
    if (allowed) allowed = authorise();
    TRY(audit_request(allowed));
    TRY(allowed);
    Response response = TRY(handle());
    TRY(services_.leases.stage(request_, response));
    if (response.lease) made_lease_ = response.lease_id;
    Result<Response> answer = finish(std::move(response));
    if (answer) TRY(wrap(*answer));
    TRY(commit());
    return answer;
  }

  Result<void> check_headers() {
    if (is_list(request_.operation) && !request_.path.ends_with('/')) request_.path += '/';
    is_unsealed_route_ = pipeline_.find_unsealed(request_.path, request_.operation).has_value();
    if (services_.seal.is_sealed() && !is_unsealed_route_) return is_sealed_error();
    if (!is_root_namespace(request_.namespace_header)) {
      if (is_unsealed_route_) return invalid("operation unavailable in namespaces");
      return absent("namespace not found");
    }
    request_.wrapping_ttl = TRY(requested_wrapping(request_));
    // What comes before mounts and tokens cannot be wrapped; new keys must not leave as they are.
    if (request_.wrapping_ttl.count() > 0 && is_unsealed_route_ &&
        request_.operation == Operation::update)
      return invalid("response wrapping is not available on this path");
    return {};
  }

  Result<void> find_route() {
    if (std::optional<Target> unsealed =
            pipeline_.find_unsealed(request_.path, request_.operation)) {
      target_ = *std::move(unsealed);
    } else {
      auto table = services_.mounts.table();
      target_ = pipeline_.find(*table, request_.path, request_.operation);
      if (!target_.mounted.mount) {
        // Another node may have mounted it a moment ago.
        services_.changes.refresh();
        table = services_.mounts.table();
        target_ = pipeline_.find(*table, request_.path, request_.operation);
      }
      request_.unit().decided_on(Mounts::change_kind, root_namespace, table->number());
    }
    request_.mount = target_.mounted.mount;
    request_.relative_path = target_.relative_path;
    return {};
  }

  [[nodiscard]] const Route* route() const { return target_.match.route; }
  [[nodiscard]] bool needs_token() const {
    return request_.operation == Operation::help || route() == nullptr ||
           !route()->is_unauthenticated();
  }

  Result<void> authenticate() {
    if (!needs_token()) return {};
    if (!request_.token) {
      if (request_.client_token.empty()) return denied();
      Result<TokenPointer> token = present_token();
      if (!token && token.error().code == ErrorCode::denied && route() != nullptr &&
          route()->unknown_token() && request_.operation != Operation::help)
        return *route()->unknown_token();
      request_.token = TRY(std::move(token));
      if (request_.token->uses_left != 0) pipeline_.uses_.begin(request_.token->id_hash);
    }
    request_.unit().needs_token(request_.token->id_hash);
    return {};
  }

  Result<TokenPointer> present_token() {
    const TokenPointer token = TRY(services_.tokens.authenticate(request_.client_token));
    if (!is_usable_from(*token, request_.remote_address)) return denied();
    return services_.tokens.spend_use(token);
  }

  Result<void> tell_create_from_update() {
    if (request_.operation != Operation::update || route() == nullptr) return {};
    const auto& check = route()->existence_check();
    if (!check || !route()->endpoints().contains(Operation::update)) return {};
    const bool exists = TRY(check(*target_.mounted.engine, request_, target_.match.captures));
    if (!exists) request_.operation = Operation::create;
    return {};
  }

  Result<void> authorise() {
    if (!needs_token()) return {};
    AccessRequest asked;
    asked.path = request_.path;
    asked.operation = request_.operation;
    asked.data = &request_.data;
    asked.needs_sudo = route() != nullptr && route()->needs_sudo();
    if (request_.wrapping_ttl.count() > 0) asked.wrap_ttl = request_.wrapping_ttl;
    auto acl = services_.policies.acl_for(*request_.token, &request_.unit());
    decision_ = acl->decide(asked);
    if (!decision_.is_allowed && services_.policies.refresh()) {
      acl = services_.policies.acl_for(*request_.token, &request_.unit());
      decision_ = acl->decide(asked);
    }
    if (!decision_.is_allowed) return denied();
    is_authorised_ = true;
    request_.acl = std::move(acl);
    if (decision_.list_limit) request_.data["limit"] = *decision_.list_limit;
    if (is_list(request_.operation) && request_.data.value("limit", Json()) == "max")
      request_.data["limit"] = 0;
    return {};
  }

  // Once a request, however often it runs again.
  Result<void> audit_request(const Result<void>& allowed) {
    if (is_audited_ || (route() != nullptr && route()->is_unaudited())) return {};
    is_audited_ = true;
    if (!services_.audit.log_request(record(nullptr, allowed ? "" : allowed.error().message)))
      return withheld();
    return {};
  }

  Result<Response> audit_response(Result<Response> answer) {
    if (!is_audited_ || is_withheld_) return answer;
    const Response* response = answer ? &*answer : nullptr;
    const std::string error = answer ? std::string() : answer.error().message;
    if (services_.audit.log_response(record(response, error))) return answer;
    if (answer && !made_lease_.empty()) services_.leases.give_up(made_lease_);
    return withheld();
  }

  Error withheld() {
    is_withheld_ = true;
    return internal("no audit device took the entry");
  }

  AuditRecord record(const Response* response, std::string_view error) {
    granted_.clear();
    for (const std::string& name : decision_.granted_by) granted_.push_back({name, "acl"});
    AuditRecord entry{request_, response, error};
    entry.has_policy_results = is_authorised_;
    entry.is_allowed = decision_.is_allowed;
    entry.granting_policies = &granted_;
    return entry;
  }

  Result<Response> handle() {
    if (!target_.mounted.mount)
      return absent(
          fmt::format("no handler for route \"{}\". route entry not found.", request_.path));
    if (route() == nullptr) return absent("unsupported path");
    if (request_.operation == Operation::help) return help();
    const Endpoint* endpoint = find_endpoint();
    if (endpoint == nullptr && request_.operation == Operation::list)
      return absent("unsupported path");
    if (endpoint == nullptr)
      return Error{ErrorCode::unsupported_operation,
                   route()->works_sealed() ? "" : "unsupported operation",
                   {}};
    return endpoint->run(*target_.mounted.engine, request_, target_.match.captures);
  }

  [[nodiscard]] const Endpoint* find_endpoint() const {
    const Operation operation =
        request_.operation == Operation::create ? Operation::update : request_.operation;
    const auto found = route()->endpoints().find(operation);
    return found == route()->endpoints().end() ? nullptr : &found->second;
  }

  [[nodiscard]] Response help() const {
    std::string text = route()->help_text();
    for (const auto& [operation, endpoint] : route()->endpoints()) {
      text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", name(operation), endpoint.summary);
      for (const FieldInfo& field : endpoint.schema->fields())
        text += fmt::format("\n    {} ({}): {}", field.name, field.type, field.description);
    }
    return Response::plain(Json{{"help", std::move(text)}, {"see_also", nullptr}});
  }

  Result<void> commit() {
    storage::CommitUnit& unit = request_.unit();
    if (unit.is_empty()) return {};
    std::shared_lock<std::shared_mutex> shared(pipeline_.settled_, std::defer_lock);
    if (!unit.raises().empty() && !alone_.owns_lock()) shared.lock();
    storage::CommitOutcome outcome = services_.database.commit(unit, request_.deadline);
    switch (outcome.kind) {
      case storage::CommitOutcome::Kind::stored:
        return {};
      case storage::CommitOutcome::Kind::refused:
        return std::move(outcome.error);
      case storage::CommitOutcome::Kind::token_gone:
        return denied();
      case storage::CommitOutcome::Kind::unknown:
        return Error{
            ErrorCode::outcome_unknown, "outcome unknown: the database did not confirm", {}};
      case storage::CommitOutcome::Kind::stale:
        break;
    }
    is_stale_ = true;
    return internal("stale");
  }

  // The request runs again from routing on: nothing that it staged or learnt holds any more. The
  // entry that audit wrote and the use of the token that was spent stay.
  void begin_again(int runs) {
    if (runs >= runs_until_alone && !alone_.owns_lock())
      alone_ = std::unique_lock<std::shared_mutex>(pipeline_.settled_);
    request_.unit() = storage::CommitUnit();
    request_.kept.reset();
    request_.warnings.clear();
    request_.at_end = nullptr;
    if (request_.operation == Operation::create) request_.operation = Operation::update;
    services_.changes.refresh();
    static_cast<void>(find_route());
  }

  // Answers of public documents that no audit tells of are never secret.
  Result<void> wrap(Response& response) {
    if (is_unsealed_route_ || request_.operation == Operation::help) return {};
    if (route() == nullptr || route()->is_unaudited()) return {};
    return Wrapping(services_).wrap(request_, response);
  }

  // What all answers have in common.
  Result<Response> finish(Response response) {
    const Endpoint* endpoint =
        route() == nullptr || request_.operation == Operation::help ? nullptr : find_endpoint();
    if (endpoint == nullptr || response.is_plain_json || response.raw || response.stream)
      return response;
    const bool is_empty =
        !response.has_body() || (is_list(request_.operation) && !has_keys(response));
    if (response.has_body()) {
      for (std::string& warning :
           endpoint->schema->warnings_for(request_.data, target_.match.captures))
        response.warnings.push_back(std::move(warning));
      for (std::string& warning : request_.warnings)
        response.warnings.push_back(std::move(warning));
    }
    if (!is_empty || response.status != 0) return response;
    const bool wants_value =
        request_.operation == Operation::read || request_.operation == Operation::list;
    if (!wants_value) return response;
    if (response.warnings.empty()) return absent();
    response.status = 404;
    return response;
  }

  // Lists hold `keys`; one with anything else beside them is never empty.
  static bool has_keys(const Response& response) {
    if (!response.data || !response.data->is_object()) return response.has_body();
    const auto keys = response.data->find("keys");
    if (keys == response.data->end()) return !response.data->empty();
    if (!keys->empty()) return true;
    return std::any_of(response.data->begin(), response.data->end(),
                       [&](const Json& member) { return &member != &*keys && !member.empty(); });
  }

  void end_use() {
    if (!request_.token || request_.token->uses_left == 0) return;
    const Bytes& id_hash = request_.token->id_hash;
    if (!pipeline_.uses_.end(id_hash, request_.token->uses_left < 0)) return;
    try {
      storage::CommitUnit unit;
      services_.tokens.stage_remove_used_up(unit, id_hash);
      static_cast<void>(services_.database.commit(unit, request_.deadline));
    } catch (const std::exception& problem) {
      // The background sweep removes it; nothing can be done with it until then.
      log::warn("a used-up token stays for the sweep", {{"problem", problem.what()}});
    }
  }

  Pipeline& pipeline_;
  Services& services_;
  Request& request_;
  Target target_;
  Decision decision_;
  std::vector<GrantingPolicy> granted_;
  std::string made_lease_;  ///< what the answer, wrapped or not, is leased by
  std::unique_lock<std::shared_mutex> alone_;
  bool is_unsealed_route_ = false;
  bool is_authorised_ = false;
  bool is_stale_ = false;
  bool is_audited_ = false;
  bool is_withheld_ = false;
};

Pipeline::Pipeline(Services& services) : services_(services) {
  const ModuleType* system = services.mounts.module_type(MountClass::secret, "system");
  if (system == nullptr || !system->make) return;
  std::vector<Mount> builtin = builtin_mounts();
  system_.mount = std::make_shared<const Mount>(std::move(builtin.front()));
  system_.engine = system->make({Uuid{}, services.database, services.changes, services.barrier,
                                 services.clock, services.random});
}

Pipeline::Target Pipeline::find(const MountTable& table, std::string_view path,
                                Operation operation) const {
  const MountTable::Found found = table.find(path);
  if (found.mounted == nullptr) return {};
  return {*found.mounted, std::string(found.rest),
          found.mounted->engine->routes().match(found.rest, operation)};
}

std::optional<Pipeline::Target> Pipeline::find_unsealed(std::string_view path,
                                                        Operation operation) const {
  static constexpr std::string_view sys = "sys/";
  if (!system_.engine || !path.starts_with(sys) || operation == Operation::help)
    return std::nullopt;
  path.remove_prefix(sys.size());
  RouteTable::Match match = system_.engine->routes().match(path, operation);
  if (match.route == nullptr || !match.route->works_sealed()) return std::nullopt;
  return Target{system_, std::string(path), std::move(match)};
}

// Other nodes enable and disable devices too.
void Pipeline::follow_audit() {
  const std::int64_t number = services_.changes.number(Audit::change_kind, root_namespace);
  if (audit_number_.load() >= number) return;
  services_.audit.load();
  audit_number_.store(number);
}

Outcome Pipeline::run(Request& request) {
  const ThreadDeadline deadline(request.deadline);
  if (request.now.seconds == 0) request.now = services_.clock.now();
  Outcome outcome;
  outcome.request_id = request.id;
  try {
    Passage passage(*this, request);
    Result<Response> answer = passage.run();
    if (answer)
      outcome.response = *std::move(answer);
    else
      outcome.error = std::move(answer).error();
  } catch (const std::exception&) {
    outcome.error = failure(services_.seal);
  }
  if (request.mount) outcome.mount_type = request.mount->type;
  if (outcome.error && !outcome.error->detail.empty())
    log::error("request failed", {{"request", request.id.text()},
                                  {"operation", name(request.operation)},
                                  {"mount", outcome.mount_type},
                                  {"problem", outcome.error->detail}});
  return outcome;
}

std::optional<Outcome> Pipeline::try_inplace(Request& request) {
  if (!request.wrap_ttl.empty() || !request.namespace_header.empty()) return std::nullopt;
  std::optional<Target> target = find_unsealed(request.path, request.operation);
  if (!target) {
    const auto table = services_.mounts.known_table();
    if (!table || services_.seal.is_sealed()) return std::nullopt;
    target = find(*table, request.path, request.operation);
  }
  const Route* route = target->match.route;
  if (route == nullptr || !route->is_inplace() || !route->is_unauthenticated()) return std::nullopt;
  const auto endpoint = route->endpoints().find(request.operation);
  if (endpoint == route->endpoints().end()) return std::nullopt;

  request.mount = target->mounted.mount;
  request.relative_path = target->relative_path;
  if (request.now.seconds == 0) request.now = services_.clock.now();
  request.may_wait = false;
  Outcome outcome;
  outcome.request_id = request.id;
  outcome.mount_type = request.mount->type;
  try {
    Result<Response> answer =
        endpoint->second.run(*target->mounted.engine, request, target->match.captures);
    request.may_wait = true;
    if (!answer && answer.error().code == ErrorCode::unavailable) return std::nullopt;
    if (answer)
      outcome.response = *std::move(answer);
    else
      outcome.error = std::move(answer).error();
  } catch (const std::exception&) {
    request.may_wait = true;
    return std::nullopt;
  }
  return outcome;
}

bool Pipeline::takes_raw_body(std::string_view path, Operation operation) const {
  const auto table = services_.mounts.known_table();
  if (!table) return false;
  const MountTable::Found found = table->find(path);
  if (found.mounted == nullptr) return false;
  const RouteTable::Match match = found.mounted->engine->routes().match(found.rest, operation);
  return match.route != nullptr && match.route->takes_raw_body();
}

}  // namespace signet::core
