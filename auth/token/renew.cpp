// SPDX-License-Identifier: Apache-2.0
#include "auth/token/errors.hpp"
#include "auth/token/token_engine.hpp"
#include "core/token/ttl.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace signet::auth {

using core::Request;
using core::Response;

namespace {

constexpr Seconds zero{0};

/// The smaller of two limits of which 0 means none.
Seconds smaller_limit(Seconds a, Seconds b) {
  if (a <= zero || b <= zero) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

Result<Response> TokenEngine::renew_token(Request& request, const core::TokenEntry& token,
                                          Seconds increment, SecretBytes shown_token) {
  if (!token.is_renewable || !token.expires_at) return invalid("lease is not renewable");
  core::TtlRequest asked;
  asked.increment = increment;
  // Without an increment a renewal gives what the token got last.
  asked.role_ttl = *token.expires_at - token.last_renewal.value_or(token.created_at);
  asked.period = token.period;
  asked.explicit_max_ttl = token.explicit_max_ttl;
  asked.default_ttl = request.mount->default_ttl();
  asked.max_ttl = request.mount->max_ttl();
  asked.issued_at = token.created_at;
  asked.now = request.now;
  if (!token.role.empty()) {
    const auto found = find_role(token.role, &request.unit());
    if (!found)
      return listed_error(fmt::format(
          "failed to renew entry: original token role \"{}\" could not be found, not renewing",
          token.role));
    asked.period = smaller_limit(asked.period, found->role.period);
    asked.explicit_max_ttl = smaller_limit(asked.explicit_max_ttl, found->role.explicit_max_ttl);
  }
  core::Ttl decided = TRY(core::token_ttl(asked));
  TRY(tokens_.stage_renew(request.unit(), token, request.now, decided.ttl));
  Response response;
  response.warnings = std::move(decided.warnings);
  response.auth = core::auth_of(token, decided.ttl);
  response.auth->client_token = std::move(shown_token);
  return response;
}

Result<Response> TokenEngine::renew(Request& request, const RenewFields& fields) {
  if (fields.token.empty()) return invalid("missing token ID");
  const bool is_own = tokens_.hash(fields.token) == request.token->id_hash;
  const core::TokenPointer token = is_own ? own(request) : tokens_.find(fields.token);
  if (!token) return invalid("token not found");
  return renew_token(request, *token, fields.increment, fields.token.copy());
}

Result<Response> TokenEngine::renew_self(Request& request, const RenewFields& fields) {
  const core::TokenPointer token = own(request);
  if (!token) return invalid("token not found");
  return renew_token(request, *token, fields.increment, request.client_token.copy());
}

Result<Response> TokenEngine::renew_accessor(Request& request, const RenewAccessorFields& fields) {
  if (fields.accessor.empty()) return listed_error("missing accessor");
  const core::TokenPointer token = tokens_.find_accessor(fields.accessor);
  if (!token) return listed_error("invalid accessor");
  return renew_token(request, *token, fields.increment, {});
}

}  // namespace signet::auth
