// SPDX-License-Identifier: Apache-2.0
// Expected outcomes are values (Result), a broken world throws (Fault), a broken invariant aborts
// (CHECK).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace signet {

/// Each code has one HTTP status (api/envelope.cpp) and, later, one ACME problem type.
enum class ErrorCode {
  invalid,                ///< 400: a field or request that the caller can mend
  unauthenticated,        ///< 401: only where a protocol demands it
  denied,                 ///< 403: "permission denied"
  absent,                 ///< 404
  unsupported_operation,  ///< 405: the path exists, the operation does not
  conflict,               ///< 400, as Vault answers conflicts
  precondition_failed,    ///< 412
  too_large,              ///< 413
  unsupported_media,      ///< 415
  too_many,               ///< 429
  internal,               ///< 500
  sealed,                 ///< 503
  unavailable,      ///< 503 with Retry-After: the database or a queue cannot take the request now
  outcome_unknown,  ///< 503: a commit whose answer was lost and could not be settled in time
};

/// An outcome that the caller can cause or must be told of.
struct Error {
  ErrorCode code = ErrorCode::invalid;
  std::string
      message;  ///< for the caller: names the field, never a secret; empty gives `{"errors":[]}`
  std::string detail;  ///< for our log only
};

/// A value or an Error. Use TRY to return early.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Error error)  // NOLINT(google-explicit-constructor): `return Error{...}` is the point
      : Base(tl::unexpected<Error>(std::move(error))) {}
};

/// The world broke: database gone, disk full, OpenSSL out of memory. Caught in api/dispatch, the
/// background runner and main only; the caller sees "internal error" and a request id.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A fault that is known to pass: the database did not answer in time, a pool is exhausted (503 +
/// Retry-After).
class Unavailable : public Fault {
 public:
  using Fault::Fault;
};

inline Error invalid(std::string message) { return {ErrorCode::invalid, std::move(message), {}}; }
inline Error denied() { return {ErrorCode::denied, "permission denied", {}}; }
inline Error absent(std::string message = {}) {
  return {ErrorCode::absent, std::move(message), {}};
}

namespace detail {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

template <class T>
T take(Result<T>& result) {
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace detail

/// Aborts with a log line when an invariant of ours is broken; on in release builds too.
#define CHECK(expression)              \
  ((expression) ? static_cast<void>(0) \
                : ::signet::detail::check_failed(#expression, __FILE__, __LINE__))

/// `auto x = TRY(f());` returns early with f's Error. Stands alone or is a variable's whole
/// initialiser (tools/check_awaits.py refuses it inside braces and nested).
#define TRY(...)                                                              \
  __extension__({                                                             \
    auto try_result_ = (__VA_ARGS__);                                         \
    if (!try_result_) return ::signet::Error(std::move(try_result_).error()); \
    ::signet::detail::take(try_result_);                                      \
  })

}  // namespace signet
