// SPDX-License-Identifier: Apache-2.0
#include "auth/token/errors.hpp"
#include "auth/token/token_engine.hpp"

#include <utility>

namespace signet::auth {
namespace {

using core::Request;
using core::Response;

Error bad_token() { return {ErrorCode::denied, "bad token", {}}; }

Response shown(const core::TokenEntry& token, UnixTime now, SecretBytes id) {
  Response response = Response::of(core::token_object(token, now));
  response.secrets.emplace_back("id", std::move(id));
  return response;
}

}  // namespace

core::TokenPointer TokenEngine::own(const Request& request) const {
  // A limited token's row was counted down for this very request, perhaps to its end: what the
  // pipeline holds is what counts.
  if (request.token->uses_left != 0) return request.token;
  return tokens_.find_hash(request.token->id_hash);
}

Result<Response> TokenEngine::lookup(Request& request, const TokenFields& fields) {
  const bool is_own = fields.token.empty() || tokens_.hash(fields.token) == request.token->id_hash;
  const core::TokenPointer token = is_own ? own(request) : tokens_.find(fields.token);
  if (!token) return bad_token();
  return shown(*token, request.now, is_own ? request.client_token.copy() : fields.token.copy());
}

Result<Response> TokenEngine::lookup_self(Request& request, const core::NoFields&) {
  const core::TokenPointer token = own(request);
  if (!token) return bad_token();
  return shown(*token, request.now, request.client_token.copy());
}

Result<Response> TokenEngine::lookup_accessor(Request& request, const AccessorFields& fields) {
  if (fields.accessor.empty()) return listed_error("missing accessor");
  const core::TokenPointer token = tokens_.find_accessor(fields.accessor);
  if (!token) return listed_error("invalid accessor");
  core::Json object = core::token_object(*token, request.now);
  object["id"] = "";
  return Response::of(std::move(object));
}

Result<Response> TokenEngine::list_accessors(Request&, const ListFields& fields) {
  return Response::of({{"keys", tokens_.accessors(fields.after, fields.limit)}});
}

}  // namespace signet::auth
