// SPDX-License-Identifier: Apache-2.0
#include "core/audit/entry.hpp"

#include "base/duration.hpp"
#include "core/audit/data_writer.hpp"
#include "core/audit/json_writer.hpp"

#include <algorithm>
#include <optional>

namespace signet::core {
namespace {

/// Larger bodies (CRLs, exports) are named by their type only.
constexpr std::size_t largest_hashed_body = std::size_t{1} << 20;

class EntryWriter {
 public:
  EntryWriter(std::string& to, const AuditRecord& record, const AuditFormat& format,
              const AuditHasher& hasher, const AuditHeaders& headers)
      : json_(to), record_(record), format_(format), hasher_(hasher), headers_(headers) {
    const Request& request = record.request;
    if (!request.client_token.empty()) token_ = hashed(request.client_token.reveal_text(), true);
    if (request.token) accessor_ = hashed(request.token->accessor, format.hashes_accessors);
  }

  void write(std::string_view type, std::chrono::system_clock::time_point at) {
    json_.open_object();
    member("time", rfc3339_nano(at));
    member("type", type);
    write_auth();
    write_request();
    if (record_.response != nullptr) write_response(*record_.response);
    member("error", record_.error);
    json_.close_object();
  }

 private:
  // Members that are left out when empty.
  void member(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    json_.key(key);
    json_.text(value);
  }
  void member(std::string_view key, std::int64_t value) {
    if (value == 0) return;
    json_.key(key);
    json_.number(value);
  }
  void member(std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    json_.key(key);
    json_.open_list();
    for (const std::string& value : values) json_.text(value);
    json_.close_list();
  }
  void member(std::string_view key, const std::map<std::string, std::string>& values) {
    if (values.empty()) return;
    json_.key(key);
    json_.open_object();
    for (const auto& [name, value] : values) {
      json_.key(name);
      json_.text(value);
    }
    json_.close_object();
  }

  [[nodiscard]] std::string hashed(std::string_view value, bool is_hashed) const {
    if (value.empty()) return {};
    return is_hashed && !format_.is_raw ? hasher_.hash(value) : std::string(value);
  }

  void write_auth() {
    const TokenEntry* token = record_.request.token.get();
    if (token == nullptr && !record_.has_policy_results) return;
    json_.key("auth");
    json_.open_object();
    if (token != nullptr) {
      member("client_token", token_);
      member("accessor", accessor_);
      member("display_name", token->display_name);
      member("policies", token->policies);
      member("token_policies", token->policies);
    }
    write_policy_results();
    if (token != nullptr) {
      member("metadata", token->meta);
      member("remaining_uses", std::max<std::int64_t>(token->uses_left, 0));
      member("entity_id", token->entity_id);
      member("token_type", std::string_view("service"));
      member("token_ttl", token->creation_ttl.count());
      member("token_issue_time", rfc3339(token->created_at));
    }
    json_.close_object();
  }

  void write_policy_results() {
    if (!record_.has_policy_results) return;
    json_.key("policy_results");
    json_.open_object();
    json_.key("allowed");
    json_.boolean(record_.is_allowed);
    if (record_.granting_policies != nullptr && !record_.granting_policies->empty()) {
      json_.key("granting_policies");
      json_.open_list();
      for (const GrantingPolicy& policy : *record_.granting_policies) {
        json_.open_object();
        member("name", policy.name);
        member("namespace_id", std::string_view("root"));
        member("type", policy.type);
        json_.close_object();
      }
      json_.close_list();
    }
    json_.close_object();
  }

  void write_mount(const Mount* mount) {
    if (mount == nullptr) return;
    member("mount_point", mount->full_path());
    member("mount_type", mount->type);
    member("mount_accessor", mount->accessor);
    member("mount_class",
           std::string_view(mount->mount_class == MountClass::auth ? "auth" : "secret"));
  }

  void write_request() {
    const Request& request = record_.request;
    json_.key("request");
    json_.open_object();
    member("id", request.id.text());
    member("operation", name(request.operation));
    write_mount(request.mount.get());
    member("client_token", token_);
    member("client_token_accessor", accessor_);
    write_namespace();
    member("path", request.path);
    if (!request.data.empty()) {
      DataWriter data(json_, format_, hasher_, exempt(&MountConfig::audit_non_hmac_request_keys));
      json_.key("data");
      data.value(request.data);
    }
    member("remote_address", request.remote_address);
    member("remote_port", std::int64_t{request.remote_port});
    if (const auto ttl = parse_duration(request.wrap_ttl)) member("wrap_ttl", ttl->count());
    write_headers();
    json_.close_object();
  }

  /// The root namespace is the only one; its path is empty.
  void write_namespace() {
    json_.key("namespace");
    json_.open_object();
    member("id", std::string_view("root"));
    json_.close_object();
  }

  void write_headers() {
    bool is_open = false;
    for (const auto& [name, is_hashed] : headers_) {
      bool is_listed = false;
      for (const auto& [key, value] : record_.request.headers) {
        if (key != name) continue;
        if (!is_open) {
          json_.key("headers");
          json_.open_object();
          is_open = true;
        }
        if (!is_listed) {
          json_.key(name);
          json_.open_list();
          is_listed = true;
        }
        json_.text(hashed(value, is_hashed));
      }
      if (is_listed) json_.close_list();
    }
    if (is_open) json_.close_object();
  }

  void write_response(const Response& response) {
    json_.key("response");
    json_.open_object();
    if (response.auth) write_response_auth(*response.auth);
    if (response.wrap_info) write_wrap_info(*response.wrap_info);
    write_mount(record_.request.mount.get());
    if (!response.lease_id.empty()) {
      json_.key("secret");
      json_.open_object();
      member("lease_id", response.lease_id);
      json_.close_object();
    }
    write_response_data(response);
    member("warnings", response.warnings);
    write_response_headers(response);
    json_.close_object();
  }

  void write_response_auth(const Auth& auth) {
    json_.key("auth");
    json_.open_object();
    member("client_token", hashed(auth.client_token.reveal_text(), true));
    member("accessor", hashed(auth.accessor, format_.hashes_accessors));
    member("policies", auth.policies);
    member("token_policies", auth.token_policies);
    member("identity_policies", auth.identity_policies);
    if (auth.metadata) member("metadata", *auth.metadata);
    member("num_uses", auth.num_uses);
    member("entity_id", auth.entity_id);
    member("token_type", auth.token_type);
    member("token_ttl", auth.lease_duration.count());
    json_.close_object();
  }

  void write_wrap_info(const WrapInfo& info) {
    json_.key("wrap_info");
    json_.open_object();
    member("ttl", info.ttl.count());
    member("token", hashed(info.token.reveal_text(), true));
    member("accessor", hashed(info.accessor, format_.hashes_accessors));
    member("creation_time", rfc3339(info.created_at));
    member("creation_path", info.creation_path);
    member("wrapped_accessor", hashed(info.wrapped_accessor, format_.hashes_accessors));
    json_.close_object();
  }

  void write_response_data(const Response& response) {
    DataWriter data(json_, format_, hasher_, exempt(&MountConfig::audit_non_hmac_response_keys));
    if (response.raw) {
      json_.key("data");
      json_.open_object();
      data.member("http_content_type", std::string_view(response.raw->content_type));
      const auto& bytes = response.raw->bytes;
      if (bytes && bytes->size() <= largest_hashed_body)
        data.member("http_raw_body", as_text(*bytes));
      member("http_status_code", std::int64_t{response.status == 0 ? 200 : response.status});
      json_.close_object();
    } else if (response.envelope_json) {
      json_.key("data");
      data.document(response.envelope_json->reveal_text());
    } else if (response.data_json) {
      json_.key("data");
      data.document(response.data_json->reveal_text());
    } else if (response.data || !response.secrets.empty()) {
      write_members(response, data);
    }
  }

  void write_members(const Response& response, DataWriter& data) {
    const bool has_members = response.data && !response.data->empty();
    if (!has_members && response.secrets.empty()) return;
    json_.key("data");
    if (response.data && !response.data->is_object() && response.secrets.empty()) {
      data.value(*response.data);
      return;
    }
    json_.open_object();
    if (has_members && response.data->is_object()) {
      for (auto entry = response.data->begin(); entry != response.data->end(); ++entry) {
        if (is_elided(entry.key(), entry.value())) {
          json_.key(entry.key());
          json_.number(static_cast<std::int64_t>(entry.value().size()));
        } else {
          data.member(entry.key(), entry.value());
        }
      }
    }
    for (const auto& [key, secret] : response.secrets) data.member(key, secret.reveal_text());
    json_.close_object();
  }

  [[nodiscard]] bool is_elided(std::string_view key, const Json& value) const {
    const Operation operation = record_.request.operation;
    if (!format_.elides_lists || (operation != Operation::list && operation != Operation::scan))
      return false;
    return (key == "keys" && value.is_array()) || (key == "key_info" && value.is_object());
  }

  void write_response_headers(const Response& response) {
    if (response.headers.empty()) return;
    std::map<std::string, std::vector<std::string>> headers;
    for (const auto& [key, value] : response.headers) headers[key].push_back(value);
    json_.key("headers");
    json_.open_object();
    for (const auto& [key, values] : headers) member(key, values);
    json_.close_object();
  }

  [[nodiscard]] const std::vector<std::string>* exempt(
      std::optional<std::vector<std::string>> MountConfig::* keys) const {
    const Mount* mount = record_.request.mount.get();
    if (mount == nullptr || !(mount->config.*keys)) return nullptr;
    return &*(mount->config.*keys);
  }

  JsonWriter json_;
  const AuditRecord& record_;
  const AuditFormat& format_;
  const AuditHasher& hasher_;
  const AuditHeaders& headers_;
  std::string token_, accessor_;  // as entries show them
};

}  // namespace

void append_audit_entry(std::string& to, std::string_view type, const AuditRecord& record,
                        std::chrono::system_clock::time_point at, const AuditFormat& format,
                        const AuditHasher& hasher, const AuditHeaders& headers) {
  to += format.prefix;
  EntryWriter(to, record, format, hasher, headers).write(type, at);
  to.push_back('\n');
}

}  // namespace signet::core
