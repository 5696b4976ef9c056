// SPDX-License-Identifier: Apache-2.0
// Response wrapping (core.md section 6): an answer waits, sealed, in the cubbyhole of a token of
// one use; who asked gets that token only.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/services.hpp"
#include "core/token/tokens.hpp"
#include "storage/cubbyholes.hpp"

#include <string_view>

namespace signet::core {

/// The policy of wrapping tokens, and of nothing else.
inline constexpr std::string_view wrapping_policy = "response-wrapping";
/// Where in the token's cubbyhole the answer waits.
inline constexpr std::string_view wrapped_path = "response";

/// 400 for a token that wraps nothing (any more).
Error invalid_wrapping_token();

/// How long an answer is to be wrapped, by the request's header field X-Vault-Wrap-TTL; 0: it is
/// not.
Result<Seconds> requested_wrapping(const Request& request);

class Wrapping {
 public:
  explicit Wrapping(Services& services)
      : services_(services), cubbyholes_(services.database, services.barrier) {}

  /// If the request or the answer itself asks for it, stages the answer under a fresh wrapping
  /// token into the request's unit and leaves only `wrap_info` of it. Answers without content stay
  /// as they are. To be called before the commit: what a request stores and where its answer waits
  /// is one unit.
  /// @return 400 where an answer cannot be wrapped (documents, streams): it must not leave as it is
  Result<void> wrap(Request& request, Response& response) const;

  /// Puts the token in place of a JWT that carries it (X-Vault-Wrap-Format: jwt), as the one
  /// presented or the one that the body names: nothing behind here, audit included, knows of JWTs.
  /// One that we did not sign stays what it is, the text of no token.
  void open_jwts(Request& request) const;

  /// A living wrapping token by its text; `invalid_wrapping_token` for anything else. Spends
  /// nothing.
  [[nodiscard]] Result<TokenPointer> find(const SecretBytes& token) const;

  struct Taken {
    TokenPointer token;
    SecretBytes envelope;  ///< as it was wrapped
    int status = 200;
  };
  /// Takes the answer out of `named`, or out of the token that the request presents when `named`
  /// is empty or that very token. The presented one's use is spent already; another one's is spent
  /// by the request's commit, which only one of several callers wins.
  [[nodiscard]] Result<Taken> take(Request& request, const SecretBytes& named) const;

  /// Stages what was taken under a fresh token with the same creation path and lifetime.
  [[nodiscard]] Response rewrap(Request& request, const Taken& taken) const;

 private:
  struct Contents {
    std::string_view envelope;
    int status = 200;
    std::string_view creation_path;
    Seconds ttl{0};
  };
  [[nodiscard]] WrapInfo stage(Request& request, const Contents& contents) const;
  /// Adds the JWT if the request asks for it by X-Vault-Wrap-Format.
  void sign(const Request& request, WrapInfo& info) const;

  Services& services_;
  storage::CubbyholeStore cubbyholes_;
};

}  // namespace signet::core
