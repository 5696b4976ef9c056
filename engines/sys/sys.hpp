// SPDX-License-Identifier: Apache-2.0
// The system backend (core.md section 3). Routes stand beside their handlers: each .cpp has one
// notion and a function that makes its part of the table.
#pragma once

#include "core/engine.hpp"
#include "core/lease/leases.hpp"
#include "core/mounts.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/route.hpp"
#include "core/services.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace signet::sys {

// Fields of requests; defined where they are used.
struct InitFields;
struct UnsealFields;
struct HealthFields;
struct MountFields;
struct TuneFields;
struct PathField;
struct RemountFields;
struct PolicyFields;
struct NameField;
struct CapabilitiesFields;
struct AuditFields;
struct HashInput;
struct HeaderFields;
struct RotationFields;
struct HashFields;
struct WrappingTokenField;
struct RandomFields;
struct PluginField;
struct LevelFields;
struct DocumentFields;
struct ConsumersFields;
struct LeakFields;
struct LeaseFields;
struct LeasePrefixFields;
struct LeaseTypeFields;

// The parts of the route table, one a file.
std::vector<core::Route> seal_routes();
std::vector<core::Route> status_routes();
std::vector<core::Route> mount_routes();
std::vector<core::Route> tune_routes();
std::vector<core::Route> remount_routes();
std::vector<core::Route> policy_routes();
std::vector<core::Route> capability_routes();
std::vector<core::Route> audit_routes();
std::vector<core::Route> keyring_routes();
std::vector<core::Route> ui_routes();
std::vector<core::Route> tool_routes();
std::vector<core::Route> wrapping_routes();
std::vector<core::Route> plugin_routes();
std::vector<core::Route> logger_routes();
std::vector<core::Route> introspection_routes();
std::vector<core::Route> document_routes();
std::vector<core::Route> consumer_routes();
std::vector<core::Route> leak_routes();
std::vector<core::Route> lease_routes();

/// The module's line for the registry.
core::ModuleType module_type(core::Services& services);

/// How often this node answers: a few at once, then one a second (leak_check.cpp).
class QuestionBudget {
 public:
  /// False: not now.
  [[nodiscard]] bool take(std::chrono::steady_clock::time_point now);

 private:
  std::mutex mutex_;
  bool is_begun_ = false;
  double left_ = 0;
  std::chrono::steady_clock::time_point asked_;
};

class SysEngine final : public core::Engine {
 public:
  using Response = core::Response;
  using Request = core::Request;
  using NoFields = core::NoFields;

  explicit SysEngine(core::Services& services) : services_(services) {}
  [[nodiscard]] const core::RouteTable& routes() const override;

  // seal.cpp
  Result<Response> read_init(Request&, const NoFields&);
  Result<Response> init(Request&, const InitFields&);
  Result<Response> read_seal_status(Request&, const NoFields&);
  Result<Response> unseal(Request&, const UnsealFields&);
  Result<Response> seal(Request&, const NoFields&);
  Result<Response> refuse_method(Request&, const NoFields&);

  // status.cpp
  Result<Response> health(Request&, const HealthFields&);
  Result<Response> leader(Request&, const NoFields&);
  Result<Response> ha_status(Request&, const NoFields&);
  Result<Response> step_down(Request&, const NoFields&);
  Result<Response> replication_status(Request&, const NoFields&);

  // mounts.cpp
  Result<Response> list_mounts(Request&, const NoFields&);
  Result<Response> read_mount(Request&, const PathField&);
  Result<Response> enable_mount(Request&, const MountFields&);
  Result<Response> disable_mount(Request&, const PathField&);
  Result<Response> list_auth(Request&, const NoFields&);
  Result<Response> read_auth(Request&, const PathField&);
  Result<Response> enable_auth(Request&, const MountFields&);
  Result<Response> disable_auth(Request&, const PathField&);

  // tune.cpp
  Result<Response> read_tune(Request&, const PathField&);
  Result<Response> tune(Request&, const TuneFields&);
  Result<Response> read_auth_tune(Request&, const PathField&);
  Result<Response> tune_auth(Request&, const TuneFields&);

  // remount.cpp
  Result<Response> remount(Request&, const RemountFields&);
  Result<Response> read_remount(Request&, const NameField&);

  // policies.cpp
  Result<Response> list_policies(Request&, const NoFields&);
  Result<Response> list_policies_twice(Request&, const NoFields&);
  Result<Response> read_policy(Request&, const NameField&);
  Result<Response> read_rules(Request&, const NameField&);
  Result<Response> write_policy(Request&, const PolicyFields&);
  Result<Response> patch_policy(Request&, const PolicyFields&);
  Result<Response> delete_policy(Request&, const NameField&);

  // capabilities.cpp
  Result<Response> capabilities(Request&, const CapabilitiesFields&);
  Result<Response> capabilities_self(Request&, const CapabilitiesFields&);
  Result<Response> capabilities_accessor(Request&, const CapabilitiesFields&);

  // audit.cpp
  Result<Response> list_audit(Request&, const NoFields&);
  Result<Response> enable_audit(Request&, const AuditFields&);
  Result<Response> disable_audit(Request&, const PathField&);
  Result<Response> audit_hash(Request&, const HashInput&);
  Result<Response> list_audit_headers(Request&, const NoFields&);
  Result<Response> read_audit_header(Request&, const HeaderFields&);
  Result<Response> write_audit_header(Request&, const HeaderFields&);
  Result<Response> delete_audit_header(Request&, const HeaderFields&);

  // keyring.cpp
  Result<Response> rotate(Request&, const NoFields&);
  Result<Response> key_status(Request&, const NoFields&);
  Result<Response> read_rotation(Request&, const NoFields&);
  Result<Response> write_rotation(Request&, const RotationFields&);

  // ui.cpp
  Result<Response> ui_mounts(Request&, const NoFields&);
  Result<Response> ui_mount(Request&, const PathField&);
  Result<Response> ui_namespaces(Request&, const NoFields&);
  Result<Response> resultant_acl(Request&, const NoFields&);

  // tools.cpp
  Result<Response> hash(Request&, const HashFields&);
  Result<Response> random(Request&, const RandomFields&);

  // wrapping.cpp
  Result<Response> read_wrapping_key(Request&, const NoFields&);
  Result<Response> wrap(Request&, const NoFields&);
  Result<Response> lookup_wrapping(Request&, const WrappingTokenField&);
  Result<Response> unwrap(Request&, const WrappingTokenField&);
  Result<Response> rewrap(Request&, const WrappingTokenField&);

  // plugins.cpp
  Result<Response> read_catalog(Request&, const NoFields&);
  Result<Response> list_plugins(Request&, const PluginField&);
  Result<Response> read_plugin(Request&, const PluginField&);
  Result<Response> refuse_plugin(Request&, const PluginField&);

  // loggers.cpp
  Result<Response> read_loggers(Request&, const NoFields&);
  Result<Response> write_loggers(Request&, const LevelFields&);
  Result<Response> reset_loggers(Request&, const NoFields&);
  Result<Response> read_logger(Request&, const LevelFields&);
  Result<Response> write_logger(Request&, const LevelFields&);
  Result<Response> reset_logger(Request&, const LevelFields&);

  // introspection.cpp
  Result<Response> count_tokens(Request&, const NoFields&);
  Result<Response> count_entities(Request&, const NoFields&);
  Result<Response> version_history(Request&, const NoFields&);
  Result<Response> sanitized_config(Request&, const NoFields&);
  Result<Response> host_info(Request&, const NoFields&);

  // openapi.cpp
  Result<Response> openapi(Request&, const DocumentFields&);

  // consumers.cpp
  Result<Response> read_consumers(Request&, const ConsumersFields&);

  // leak_check.cpp
  Result<Response> leak_check(Request&, const LeakFields&);

  // leases.cpp
  Result<Response> lookup_lease(Request&, const LeaseFields&);
  Result<Response> list_leases(Request&, const LeasePrefixFields&);
  Result<Response> renew_lease(Request&, const LeaseFields&);
  Result<Response> revoke_lease(Request&, const LeaseFields&);
  Result<Response> revoke_prefix(Request&, const LeasePrefixFields&);
  Result<Response> revoke_force(Request&, const LeasePrefixFields&);
  Result<Response> tidy_leases(Request&, const NoFields&);
  Result<Response> count_irrevocable(Request&, const LeaseTypeFields&);
  Result<Response> list_irrevocable(Request&, const LeaseTypeFields&);

 private:
  Result<Response> revoke_below(Request& request, const LeasePrefixFields& fields,
                                core::Leases::Force force);
  Result<Response> enable(Request& request, core::Mount mount, const MountFields& fields);
  Result<Response> tune_at(Request& request, const std::string& full_path,
                           const TuneFields& fields);
  Result<Response> read_tune_at(const std::string& full_path);
  Result<Response> capabilities_of(Request& request, const core::TokenEntry& token,
                                   const CapabilitiesFields& fields);
  /// The table that the request decides on, noted in its unit by the pipeline.
  std::shared_ptr<const core::MountTable> table() { return services_.mounts.table(); }
  [[nodiscard]] core::SealStatus seal_status(const Request& request) const;

  core::Services& services_;
  std::mutex moves_mutex_;
  QuestionBudget leak_budget_;
  std::map<std::string, core::Json> moves_;  // answers of sys/remount/status, this node's last ones
};

/// "a/b/" from "/a/b", "a/b" or "a/b/"; "" stays "".
std::string mount_path(std::string_view path);

struct PathField {
  std::string path;
};
const core::Schema<PathField>& path_field();
struct NameField {
  std::string name;
};
const core::Schema<NameField>& name_field();

}  // namespace signet::sys
