// SPDX-License-Identifier: Apache-2.0
#include "auth/token/token_engine.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace signet::auth {

using core::Request;
using core::Response;

Result<Response> TokenEngine::create(Request& request, const CreateFields& fields) {
  return create_token(request, fields, false, nullptr);
}

Result<Response> TokenEngine::create_orphan(Request& request, const CreateFields& fields) {
  return create_token(request, fields, true, nullptr);
}

Result<Response> TokenEngine::create_by_role(Request& request, const CreateFields& fields) {
  const auto found = find_role(fields.role_name, &request.unit());
  if (!found) return invalid("unknown role " + fields.role_name);
  return create_token(request, fields, false, &found->role);
}

Result<Response> TokenEngine::create_token(Request& request, const CreateFields& fields,
                                           bool is_orphan, const core::TokenRole* role) {
  core::TokenRequester requester{*request.token};
  requester.has_sudo = policies_.acl_for(*request.token, &request.unit())->has_sudo(request.path);
  requester.asks_for_orphan = is_orphan;
  requester.role = role;
  requester.path = request.path;
  requester.default_ttl = request.mount->default_ttl();
  requester.max_ttl = request.mount->max_ttl();
  requester.now = request.now;
  core::DecidedToken decided = TRY(core::decide_token(fields, requester));
  if (!decided.token.custom_id.empty() && tokens_.find(decided.token.custom_id))
    return invalid("cannot create a token with a duplicate ID");

  Response response;
  response.warnings = std::move(decided.warnings);
  for (const std::string& policy : decided.token.entry.policies) {
    if (!policies_.exists(policy))
      response.warnings.push_back(fmt::format("Policy \"{}\" does not exist", policy));
  }
  std::sort(response.warnings.begin(), response.warnings.end());
  response.auth = tokens_.stage_create(request.unit(), std::move(decided.token));
  return response;
}

}  // namespace signet::auth
