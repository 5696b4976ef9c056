// SPDX-License-Identifier: Apache-2.0
#include "auth/token/engine.hpp"

#include "auth/token/token_engine.hpp"

#include <utility>

namespace signet::auth {

using core::FieldFlag;
using core::Operation;
using core::Route;
using core::RouteTable;
using core::Schema;

namespace {

const Schema<CreateFields>& create_fields() {
  constexpr FieldFlag any_sign = FieldFlag::negative_allowed;  // refused with a text of its own
  static const Schema<CreateFields> fields{
      {"role_name", &CreateFields::role_name, "Role that governs the new token."},
      {"id", &CreateFields::id, "The token's text; needs sudo."},
      {"policies", &CreateFields::policies, "Policies; without any the caller's own."},
      {"meta", &CreateFields::meta, "Texts by name that audit entries show."},
      {"no_parent", &CreateFields::no_parent, "Makes an orphan; needs sudo."},
      {"no_default_policy", &CreateFields::no_default_policy, "Leaves out the policy default."},
      {"renewable", &CreateFields::renewable, "Whether the token can be renewed."},
      {"ttl", &CreateFields::ttl, "First lifetime.", any_sign},
      {"lease", &CreateFields::lease, "Older name of ttl.", any_sign | FieldFlag::deprecated},
      {"type", &CreateFields::type, "service or batch."},
      {"explicit_max_ttl", &CreateFields::explicit_max_ttl, "Lifetime that no renewal exceeds.",
       any_sign},
      {"display_name", &CreateFields::display_name, "Name that audit entries show."},
      {"num_uses", &CreateFields::num_uses, "Requests it is good for; 0: any number."},
      {"period", &CreateFields::period, "Lifetime that each renewal gives anew; needs sudo.",
       any_sign},
      {"entity_alias", &CreateFields::entity_alias, "Alias to use; only with a role."},
  };
  return fields;
}

const Schema<TokenFields>& token_fields() {
  static const Schema<TokenFields> fields{
      {"token", &TokenFields::token, "The token."},
  };
  return fields;
}

const Schema<RenewFields>& renew_fields() {
  static const Schema<RenewFields> fields{
      {"token", &RenewFields::token, "The token."},
      {"increment", &RenewFields::increment, "Lifetime asked for, counted from now."},
  };
  return fields;
}

const Schema<AccessorFields>& accessor_fields() {
  static const Schema<AccessorFields> fields{
      {"accessor", &AccessorFields::accessor, "The token's accessor."},
  };
  return fields;
}

const Schema<RenewAccessorFields>& renew_accessor_fields() {
  static const Schema<RenewAccessorFields> fields{
      {"accessor", &RenewAccessorFields::accessor, "The token's accessor."},
      {"increment", &RenewAccessorFields::increment, "Lifetime asked for, counted from now."},
  };
  return fields;
}

const Schema<ListFields>& list_fields() {
  static const Schema<ListFields> fields{
      {"after", &ListFields::after, "Names above this one only."},
      {"limit", &ListFields::limit, "At most so many; 0: all."},
  };
  return fields;
}

const Schema<RoleName>& role_name() {
  static const Schema<RoleName> fields{
      {"role_name", &RoleName::role_name, "The role's name."},
  };
  return fields;
}

const Schema<RoleFields>& role_fields() {
  static const Schema<RoleFields> fields{
      {"role_name", &RoleFields::role_name, "The role's name."},
      {"allowed_policies", &RoleFields::allowed_policies, "Policies that may be asked for."},
      {"disallowed_policies", &RoleFields::disallowed_policies, "Policies that may not."},
      {"allowed_policies_glob", &RoleFields::allowed_policies_glob, "The same as patterns."},
      {"disallowed_policies_glob", &RoleFields::disallowed_policies_glob, "The same as patterns."},
      {"allowed_entity_aliases", &RoleFields::allowed_entity_aliases,
       "Aliases that may be asked for."},
      {"orphan", &RoleFields::orphan, "Tokens have no parent."},
      {"renewable", &RoleFields::renewable, "Tokens can be renewed."},
      {"path_suffix", &RoleFields::path_suffix, "Appended to the path that tokens show."},
      {"token_type", &RoleFields::token_type, "service, batch, default-service or default-batch."},
      {"token_period", &RoleFields::token_period, "Lifetime that each renewal gives anew."},
      {"period", &RoleFields::period, "Older name of token_period.", FieldFlag::deprecated},
      {"token_explicit_max_ttl", &RoleFields::token_explicit_max_ttl,
       "Lifetime that no renewal exceeds."},
      {"explicit_max_ttl", &RoleFields::explicit_max_ttl, "Older name of token_explicit_max_ttl.",
       FieldFlag::deprecated},
      {"token_bound_cidrs", &RoleFields::token_bound_cidrs, "Addresses that may use tokens."},
      {"bound_cidrs", &RoleFields::bound_cidrs, "Older name of token_bound_cidrs.",
       FieldFlag::deprecated},
      {"token_no_default_policy", &RoleFields::token_no_default_policy,
       "Leaves out the policy default."},
      {"token_num_uses", &RoleFields::token_num_uses, "Requests a token is good for; 0: any."},
  };
  return fields;
}

RouteTable make_routes() {
  using T = TokenEngine;
  Route lookup("lookup", Operation::update, token_fields(), &T::lookup, "Look a token up.");
  lookup.also(Operation::read, token_fields(), &T::lookup, "Look a token up.");
  Route accessors("accessors", Operation::list, list_fields(), &T::list_accessors,
                  "List the accessors of all tokens.");
  accessors.sudo();
  Route roles("roles/{role_name}", Operation::read, role_name(), &T::read_role, "Read a role.");
  roles.also(Operation::update, role_fields(), &T::write_role, "Write a role.")
      .also(Operation::remove, role_name(), &T::delete_role, "Delete a role.")
      .exists(&T::role_exists);
  std::vector<Route> routes{
      {"create", Operation::update, create_fields(), &T::create, "Create a token."},
      {"create-orphan", Operation::update, create_fields(), &T::create_orphan,
       "Create a token without a parent."},
      {"create/{role_name}", Operation::update, create_fields(), &T::create_by_role,
       "Create a token that a role governs."},
      lookup,
      {"lookup-self", Operation::read, core::no_fields(), &T::lookup_self,
       "Look the caller's token up."},
      {"lookup-accessor", Operation::update, accessor_fields(), &T::lookup_accessor,
       "Look a token up by its accessor."},
      accessors,
      {"renew", Operation::update, renew_fields(), &T::renew, "Renew a token."},
      {"renew-self", Operation::update, renew_fields(), &T::renew_self,
       "Renew the caller's token."},
      {"renew-accessor", Operation::update, renew_accessor_fields(), &T::renew_accessor,
       "Renew a token by its accessor."},
      {"revoke", Operation::update, token_fields(), &T::revoke, "Revoke a token and all below it."},
      {"revoke-self", Operation::update, core::no_fields(), &T::revoke_self,
       "Revoke the caller's token and all below it."},
      {"revoke-orphan", Operation::update, token_fields(), &T::revoke_orphan,
       "Revoke a token; its children become orphans."},
      {"revoke-accessor", Operation::update, accessor_fields(), &T::revoke_accessor,
       "Revoke a token by its accessor."},
      {"roles", Operation::list, list_fields(), &T::list_roles, "List roles."},
      roles,
      {"tidy", Operation::update, core::no_fields(), &T::tidy, "Remove what is left of tokens."},
  };
  return RouteTable(std::move(routes));
}

}  // namespace

TokenEngine::TokenEngine(const core::EngineContext& context, core::Tokens& tokens,
                         core::Policies& policies)
    : context_(context),
      tokens_(tokens),
      policies_(policies),
      secrets_(context.database, context.sealer, context.mount_id) {}

const RouteTable& TokenEngine::routes() const {
  static const RouteTable table = make_routes();
  return table;
}

void TokenEngine::unmounted(storage::CommitUnit& unit) { secrets_.remove_all(unit, ""); }

void TokenEngine::tick() {
  tokens_.remove_expired();
  if (wants_tidy_.load()) {
    tokens_.remove_strays();
    wants_tidy_.store(false);
  }
}

core::ModuleType token_module(core::Tokens& tokens, core::Policies& policies) {
  core::ModuleType module;
  module.type = "token";
  module.mount_class = core::MountClass::auth;
  module.is_mountable = false;
  module.default_description = "token based credentials";
  module.make = [&tokens, &policies](const core::EngineContext& context) {
    return std::make_unique<TokenEngine>(context, tokens, policies);
  };
  return module;
}

}  // namespace signet::auth
