// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "core/mount.hpp"
#include "core/operation.hpp"
#include "core/pause.hpp"
#include "core/response.hpp"
#include "core/token/entry.hpp"
#include "storage/database.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::core {

class Acl;

/// What a module keeps from its existence check, through its handler, to the end of the commit (a
/// turn at a key, what it read).
struct Kept {
  Kept() = default;
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  virtual ~Kept() = default;
};

/// One request through the pipeline. api/ fills the first part, the pipeline the second; handlers
/// read both and stage what they store into unit().
struct Request {
  // What came in.
  Uuid id;
  Operation operation = Operation::read;
  std::string
      path;  ///< logical path without "/v1/", percent-decoded, as asked ("pki/issue/server")
  Json data = Json::object();  ///< body members, or query parameters for read, list, delete
  Bytes raw_body;              ///< bodies that are not JSON or a form (OCSP requests); else empty
  std::string content_type;
  std::string namespace_header;
  SecretBytes client_token;  ///< empty: none presented
  std::string wrap_ttl;      ///< X-Vault-Wrap-TTL as sent; empty: absent
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< lower-case names; never the token's
  std::string remote_address;
  int remote_port = 0;
  storage::Deadline deadline{};
  UnixTime now;
  /// False on the I/O thread: a handler of an in-place route that would need SQL or waiting answers
  /// ErrorCode::unavailable, and a worker runs the request instead.
  bool may_wait = true;
  /// For routes that no audit and no token is in the way of: such a request leaves no trace of a
  /// run that ended in a pause.
  Pause pause;

  // What the pipeline found.
  std::shared_ptr<const Mount> mount;       // shared with the mount snapshot the request began with
  Seconds wrapping_ttl{0};                  ///< what X-Vault-Wrap-TTL asks for; 0: nothing
  std::string relative_path;                ///< below the mount, no leading slash
  std::shared_ptr<const TokenEntry> token;  // shared with the token cache
  /// What the caller may do, for handlers that touch more paths than the request's own; null where
  /// no token is needed. Shared with the cache of policies.
  std::shared_ptr<const Acl> acl;
  std::unique_ptr<Kept> kept;         ///< dropped when the request runs again
  std::vector<std::string> warnings;  ///< handlers may add; shown when the answer has a body
  std::function<void()> at_end;       ///< runs once, when the response entry has been audited

  [[nodiscard]] const std::string* header(std::string_view lower_case_name) const {
    for (const auto& [key, value] : headers)
      if (key == lower_case_name) return &value;
    return nullptr;
  }
  [[nodiscard]] storage::CommitUnit& unit() { return unit_; }

 private:
  storage::CommitUnit unit_;
};

/// What an in-place handler returns when it would have to wait (`may_wait` is false): a worker runs
/// it again.
inline Error needs_worker() { return {ErrorCode::unavailable, {}, {}}; }

}  // namespace signet::core
