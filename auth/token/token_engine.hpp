// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/token/role.hpp"
#include "core/engine.hpp"
#include "core/policy/policies.hpp"
#include "core/token/create.hpp"
#include "core/token/tokens.hpp"
#include "storage/secrets.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

namespace signet::auth {

struct CreateFields : core::TokenRequest {
  std::string role_name;
};
struct TokenFields {
  SecretBytes token;
};
struct RenewFields {
  SecretBytes token;
  Seconds increment{0};
};
struct AccessorFields {
  std::string accessor;
};
struct RenewAccessorFields {
  std::string accessor;
  Seconds increment{0};
};
struct ListFields {
  std::string after;
  std::int64_t limit = 0;
};
struct RoleName {
  std::string role_name;
};

class TokenEngine final : public core::Engine {
 public:
  TokenEngine(const core::EngineContext& context, core::Tokens& tokens, core::Policies& policies);

  [[nodiscard]] const core::RouteTable& routes() const override;
  void unmounted(storage::CommitUnit& unit) override;
  /// Removes what expired, and when asked by `tidy` also what lost its parent.
  void tick() override;

  // create.cpp
  Result<core::Response> create(core::Request& request, const CreateFields& fields);
  Result<core::Response> create_orphan(core::Request& request, const CreateFields& fields);
  Result<core::Response> create_by_role(core::Request& request, const CreateFields& fields);

  // lookup.cpp
  Result<core::Response> lookup(core::Request& request, const TokenFields& fields);
  Result<core::Response> lookup_self(core::Request& request, const core::NoFields& fields);
  Result<core::Response> lookup_accessor(core::Request& request, const AccessorFields& fields);
  Result<core::Response> list_accessors(core::Request& request, const ListFields& fields);

  // renew.cpp
  Result<core::Response> renew(core::Request& request, const RenewFields& fields);
  Result<core::Response> renew_self(core::Request& request, const RenewFields& fields);
  Result<core::Response> renew_accessor(core::Request& request, const RenewAccessorFields& fields);

  // revoke.cpp
  Result<core::Response> revoke(core::Request& request, const TokenFields& fields);
  Result<core::Response> revoke_self(core::Request& request, const core::NoFields& fields);
  Result<core::Response> revoke_orphan(core::Request& request, const TokenFields& fields);
  Result<core::Response> revoke_accessor(core::Request& request, const AccessorFields& fields);
  Result<core::Response> tidy(core::Request& request, const core::NoFields& fields);

  // roles.cpp
  Result<core::Response> list_roles(core::Request& request, const ListFields& fields);
  Result<core::Response> read_role(core::Request& request, const RoleName& fields);
  Result<core::Response> write_role(core::Request& request, const RoleFields& fields);
  Result<core::Response> delete_role(core::Request& request, const RoleName& fields);
  Result<bool> role_exists(core::Request& request, const core::Captures& captures);

 private:
  struct FoundRole {
    StoredRole role;
    std::int64_t version = 0;
  };
  /// `unit`, when given, is marked as decided on the roles as they are now.
  [[nodiscard]] std::optional<FoundRole> find_role(const std::string& name,
                                                   storage::CommitUnit* unit) const;
  Result<core::Response> create_token(core::Request& request, const CreateFields& fields,
                                      bool is_orphan, const core::TokenRole* role);
  /// The caller's own token as it stands now.
  [[nodiscard]] core::TokenPointer own(const core::Request& request) const;
  Result<core::Response> renew_token(core::Request& request, const core::TokenEntry& token,
                                     Seconds increment, SecretBytes shown_token);

  core::EngineContext context_;
  core::Tokens& tokens_;
  core::Policies& policies_;
  storage::Secrets secrets_;
  std::atomic<bool> wants_tidy_{false};
};

}  // namespace signet::auth
