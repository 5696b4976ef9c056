// SPDX-License-Identifier: Apache-2.0
// Policies under both of their paths (core.md section 3.6).
#include "core/policy/policies.hpp"

#include "base/text.hpp"
#include "engines/sys/sys.hpp"

#include <optional>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct PolicyFields {
  std::string name;
  std::optional<std::string> policy;
  std::optional<std::string> rules;
  std::optional<std::string> expiration;
  std::optional<Seconds> ttl;
  std::optional<std::int64_t> cas;
  std::optional<bool> cas_required;
  std::optional<bool> allow_wildcards_in_identity_templates;
  std::optional<bool> allow_slashes_in_identity_templates;
};

namespace {

const Schema<PolicyFields>& policy_fields() {
  using F = PolicyFields;
  static const Schema<PolicyFields> schema{
      {"name", &F::name, "The policy's name; lower-cased."},
      {"policy", &F::policy, "HCL or JSON, or base64 of it."},
      {"rules", &F::rules, "The same, under its old name.", core::FieldFlag::deprecated},
      {"expiration", &F::expiration, "When it ends (RFC 3339)."},
      {"ttl", &F::ttl, "When it ends, from now."},
      {"cas", &F::cas, "Write only if the version is this; -1: only if there is none."},
      {"cas_required", &F::cas_required, "Refuse writes without cas."},
      {"allow_wildcards_in_identity_templates", &F::allow_wildcards_in_identity_templates,
       "What identity templates may put into paths."},
      {"allow_slashes_in_identity_templates", &F::allow_slashes_in_identity_templates,
       "What identity templates may put into paths."},
  };
  return schema;
}

Json as_json(const core::StoredPolicy& policy, const char* text_name) {
  Json data{{"name", policy.name},
            {text_name, policy.text},
            {"version", policy.version},
            {"cas_required", policy.cas_required},
            {"allow_wildcards_in_identity_templates", policy.allow_wildcards_in_identity_templates},
            {"allow_slashes_in_identity_templates", policy.allow_slashes_in_identity_templates}};
  if (policy.modified.seconds != 0) data["modified"] = rfc3339(policy.modified);
  if (policy.expires_at) data["expiration"] = rfc3339(*policy.expires_at);
  return data;
}

Result<std::optional<UnixTime>> expiry(const PolicyFields& fields, UnixTime now) {
  const bool has_time = fields.expiration && !fields.expiration->empty();
  if (has_time && fields.ttl) return invalid("'expiration' and 'ttl' cannot both be given");
  if (has_time) {
    const std::optional<UnixTime> at = parse_rfc3339(*fields.expiration);
    if (!at) return invalid("'expiration' must be a time as in RFC 3339");
    return at;
  }
  if (fields.ttl && fields.ttl->count() > 0) return std::optional<UnixTime>(now + *fields.ttl);
  return std::optional<UnixTime>();
}

Result<core::PolicyWrite> as_write(const PolicyFields& fields, UnixTime now) {
  core::PolicyWrite write;
  if (fields.policy && !fields.policy->empty())
    write.text = fields.policy;
  else
    write.text = fields.rules;
  write.expires_at = TRY(expiry(fields, now));
  write.cas = fields.cas;
  write.cas_required = fields.cas_required;
  write.allow_wildcards_in_identity_templates = fields.allow_wildcards_in_identity_templates;
  write.allow_slashes_in_identity_templates = fields.allow_slashes_in_identity_templates;
  return write;
}

}  // namespace

std::vector<Route> policy_routes() {
  using E = SysEngine;
  return {
      Route("policies/acl", Operation::list, core::no_fields(), &E::list_policies,
            "The names of all policies."),
      Route("policies/acl/{name:any}", Operation::read, name_field(), &E::read_policy,
            "Read a policy.")
          .also(Operation::update, policy_fields(), &E::write_policy, "Write a policy.")
          .also(Operation::patch, policy_fields(), &E::patch_policy, "Change parts of a policy.")
          .also(Operation::remove, name_field(), &E::delete_policy, "Delete a policy."),
      Route("policy", Operation::read, core::no_fields(), &E::list_policies_twice,
            "The names of all policies.")
          .also(Operation::list, core::no_fields(), &E::list_policies_twice,
                "The names of all policies."),
      Route("policy/{name:any}", Operation::read, name_field(), &E::read_rules, "Read a policy.")
          .also(Operation::update, policy_fields(), &E::write_policy, "Write a policy.")
          .also(Operation::remove, name_field(), &E::delete_policy, "Delete a policy."),
  };
}

Result<core::Response> SysEngine::list_policies(Request&, const NoFields&) {
  return Response::of(Json{{"keys", services_.policies.list()}});
}

Result<core::Response> SysEngine::list_policies_twice(Request&, const NoFields&) {
  const std::vector<std::string> names = services_.policies.list();
  Response response = Response::of(Json{{"keys", names}, {"policies", names}});
  response.copies_data_to_top = true;
  return response;
}

Result<core::Response> SysEngine::read_policy(Request&, const NameField& fields) {
  const std::optional<core::StoredPolicy> policy = services_.policies.get(fields.name);
  if (!policy) return absent();
  return Response::of(as_json(*policy, "policy"));
}

Result<core::Response> SysEngine::read_rules(Request&, const NameField& fields) {
  const std::optional<core::StoredPolicy> policy = services_.policies.get(fields.name);
  if (!policy) return absent();
  Response response = Response::of(as_json(*policy, "rules"));
  response.copies_data_to_top = true;
  return response;
}

Result<core::Response> SysEngine::write_policy(Request& request, const PolicyFields& fields) {
  const core::PolicyWrite write = TRY(as_write(fields, request.now));
  TRY(services_.policies.stage_put(request.unit(), fields.name, write));
  Response response;
  const std::string stored = lower(fields.name);
  if (stored != fields.name) response.warnings.push_back("policy name was converted to " + stored);
  if (!(fields.policy && !fields.policy->empty()) && fields.rules)
    response.warnings.emplace_back("'rules' is deprecated, please use 'policy' instead");
  return response;
}

Result<core::Response> SysEngine::patch_policy(Request& request, const PolicyFields& fields) {
  const core::PolicyWrite write = TRY(as_write(fields, request.now));
  TRY(services_.policies.stage_put(request.unit(), fields.name, write, true));
  return Response::no_content();
}

Result<core::Response> SysEngine::delete_policy(Request& request, const NameField& fields) {
  TRY(services_.policies.stage_remove(request.unit(), fields.name));
  return Response::no_content();
}

}  // namespace signet::sys
