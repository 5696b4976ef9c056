// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"
#include "core/lease/terms.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::core {

using Json = nlohmann::json;

/// The `auth` member of an envelope (core.md section 1.7).
struct Auth {
  SecretBytes client_token;
  std::string accessor;
  std::vector<std::string> policies, token_policies, identity_policies;
  std::optional<std::map<std::string, std::string>> metadata;
  Seconds lease_duration{0};
  bool renewable = false;
  std::string entity_id;
  std::string token_type = "service";
  bool orphan = false;
  std::int64_t num_uses = 0;
};

/// The `wrap_info` member: where the real answer waits (core.md sections 1.7 and 6).
struct WrapInfo {
  SecretBytes token;
  std::string accessor;
  Seconds ttl{0};
  UnixTime created_at;
  std::string creation_path;
  std::string wrapped_accessor;  ///< of a token in the wrapped answer; else empty
  SecretBytes jwt;               ///< not empty: what the caller gets as `token` instead of it
};

/// Chunks pulled under the request's deadline; what a large answer (a CRL, an export) is made of.
class Chunks {
 public:
  virtual ~Chunks() = default;
  /// Replaces `out` with the next chunk; false at the end.
  virtual bool next(Bytes& out) = 0;
  /// Total size when known before (Content-Length), else -1 (chunked).
  [[nodiscard]] virtual std::int64_t size() const { return -1; }
};

/// A body that is not an envelope: DER, PEM, OCSP, plain JSON documents.
struct RawBody {
  std::string content_type;
  std::shared_ptr<const Bytes> bytes;  // shared with caches: one copy of a hot answer serves all
};

/// What a handler answers; api/envelope.cpp renders it. Status 0: 200 with a body, 204 without.
class Response {
 public:
  int status = 0;
  std::optional<Json>
      data;  ///< the envelope's `data`; a response with `data` of null is a body with "data":null
  /// Secrets that belong into `data` under these names; revealed by the envelope (and HMAC'd by
  /// audit) only.
  std::vector<std::pair<std::string, SecretBytes>> secrets;
  /// The whole `data` as JSON text, instead of `data` and `secrets`: values that must come back as
  /// they were written.
  std::optional<SecretBytes> data_json;
  std::vector<std::string> warnings;
  std::optional<Auth> auth;
  std::optional<WrapInfo> wrap_info;
  /// The whole envelope as it was wrapped, instead of all members here but `status`.
  std::optional<SecretBytes> envelope_json;
  /// Wraps the answer also if the request does not ask for it; the smaller of both holds.
  Seconds wrap_ttl{0};
  bool is_wrappable = true;         ///< false: the answer is about wrapping itself
  std::optional<LeaseTerms> lease;  ///< asks for one; the pipeline makes it and fills what follows
  std::string lease_id;
  bool renewable = false;
  Seconds lease_duration{0};
  std::optional<RawBody> raw;
  std::unique_ptr<Chunks> stream;  ///< with raw's content type
  bool is_plain_json =
      false;  ///< `data` is the whole body, no envelope (sys/health, seal-status ...)
  bool copies_data_to_top =
      false;  ///< members of `data` also at the top level (core.md section 1.7)
  std::vector<std::pair<std::string, std::string>> headers;

  [[nodiscard]] bool has_body() const {
    return data || data_json || auth || wrap_info || envelope_json || raw || stream ||
           !secrets.empty() || !warnings.empty();
  }
  static Response no_content() { return {}; }
  static Response of(Json data) {
    Response response;
    response.data = std::move(data);
    return response;
  }
  /// Plain JSON without envelope.
  static Response plain(Json document, int status = 200) {
    Response response = of(std::move(document));
    response.is_plain_json = true;
    response.status = status;
    return response;
  }
  static Response raw_bytes(std::string content_type, Bytes bytes, int status = 200) {
    Response response;
    response.raw =
        RawBody{std::move(content_type), std::make_shared<const Bytes>(std::move(bytes))};
    response.status = status;
    return response;
  }
};

}  // namespace signet::core
