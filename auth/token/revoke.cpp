// SPDX-License-Identifier: Apache-2.0
#include "auth/token/errors.hpp"
#include "auth/token/token_engine.hpp"

namespace signet::auth {

using core::Request;
using core::Response;

Result<Response> TokenEngine::revoke(Request& request, const TokenFields& fields) {
  if (fields.token.empty()) return invalid("missing token ID");
  // Also when it does not seem to live any more: what hangs below an expired row goes with it.
  tokens_.stage_revoke(request.unit(), tokens_.hash(fields.token));
  return Response::no_content();
}

Result<Response> TokenEngine::revoke_self(Request& request, const core::NoFields&) {
  tokens_.stage_revoke(request.unit(), request.token->id_hash);
  return Response::no_content();
}

Result<Response> TokenEngine::revoke_orphan(Request& request, const TokenFields& fields) {
  if (fields.token.empty()) return invalid("missing token ID");
  if (!policies_.acl_for(*request.token, &request.unit())->has_sudo(request.path))
    return invalid("root or sudo privileges required to revoke and orphan");
  const core::TokenPointer token = tokens_.find(fields.token);
  if (!token) return invalid("token to revoke not found");
  tokens_.stage_revoke_orphan(request.unit(), *token);
  return Response::no_content();
}

Result<Response> TokenEngine::revoke_accessor(Request& request, const AccessorFields& fields) {
  if (fields.accessor.empty()) return listed_error("missing accessor");
  const core::TokenPointer token = tokens_.find_accessor(fields.accessor);
  if (!token) {
    Response response;
    response.warnings.emplace_back("No token found with this accessor");
    return response;
  }
  tokens_.stage_revoke(request.unit(), token->id_hash);
  return Response::no_content();
}

Result<Response> TokenEngine::tidy(Request&, const core::NoFields&) {
  Response response;
  if (wants_tidy_.exchange(true)) {
    response.warnings.emplace_back("Tidy operation already in progress.");
    return response;
  }
  response.status = 202;
  response.warnings.emplace_back(
      "Tidy operation successfully started. Any information from the operation will be printed to "
      "OpenBao's server logs.");
  return response;
}

}  // namespace signet::auth
