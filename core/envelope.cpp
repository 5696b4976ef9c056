// SPDX-License-Identifier: Apache-2.0
#include "core/envelope.hpp"

#include "base/json_text.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace signet::core {
namespace {

using Secrets = std::vector<std::pair<std::string, SecretBytes>>;

void write_list(WipedText& out, const std::vector<std::string>& items) {
  char separator = '[';
  for (const std::string& item : items) {
    out += separator;
    write_string(out, item);
    separator = ',';
  }
  out += separator == '[' ? "[]" : "]";
}

// One pass over a document's members and the secrets that belong among them, sorted by name.
template <class EachPlain, class EachSecret>
void merge(const Json* data, const Secrets& secrets, const EachPlain& plain,
           const EachSecret& secret) {
  std::vector<const Secrets::value_type*> sorted;
  sorted.reserve(secrets.size());
  for (const auto& entry : secrets) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  auto next = sorted.begin();
  if (data != nullptr && data->is_object()) {
    for (const auto& [name, member] : data->get_ref<const Json::object_t&>()) {
      for (; next != sorted.end() && (*next)->first <= name; ++next)
        secret((*next)->first, (*next)->second);
      if (next != sorted.begin() && (*std::prev(next))->first == name) continue;  // a secret wins
      plain(name, member);
    }
  }
  for (; next != sorted.end(); ++next) secret((*next)->first, (*next)->second);
}

void write_members(WipedText& out, const Json* data, const Secrets& secrets, char& separator,
                   bool skips_envelope_names) {
  static constexpr std::string_view envelope_names[] = {"request_id",     "lease_id", "renewable",
                                                        "lease_duration", "data",     "wrap_info",
                                                        "warnings",       "auth",     "mount_type"};
  const auto begin_member = [&](const std::string& name) {
    if (skips_envelope_names && std::find(std::begin(envelope_names), std::end(envelope_names),
                                          name) != std::end(envelope_names))
      return false;
    out += separator;
    separator = ',';
    write_string(out, name);
    out += ':';
    return true;
  };
  merge(
      data, secrets,
      [&](const std::string& name, const Json& member) {
        if (begin_member(name)) write_json(out, member);
      },
      [&](const std::string& name, const SecretBytes& secret) {
        if (begin_member(name)) write_string(out, secret.reveal_text());
      });
}

void write_auth(WipedText& out, const Auth& auth) {
  out += "{\"client_token\":";
  write_string(out, auth.client_token.reveal_text());
  out += ",\"accessor\":";
  write_string(out, auth.accessor);
  out += ",\"policies\":";
  write_list(out, auth.policies);
  if (!auth.token_policies.empty()) {
    out += ",\"token_policies\":";
    write_list(out, auth.token_policies);
  }
  if (!auth.identity_policies.empty()) {
    out += ",\"identity_policies\":";
    write_list(out, auth.identity_policies);
  }
  out += ",\"metadata\":";
  if (auth.metadata)
    write_json(out, Json(*auth.metadata));
  else
    out += "null";
  out += ",\"lease_duration\":";
  write_integer(out, auth.lease_duration.count());
  out += auth.renewable ? ",\"renewable\":true" : ",\"renewable\":false";
  out += ",\"entity_id\":";
  write_string(out, auth.entity_id);
  out += ",\"token_type\":";
  write_string(out, auth.token_type);
  out += auth.orphan ? ",\"orphan\":true" : ",\"orphan\":false";
  out += ",\"mfa_requirement\":null,\"num_uses\":";
  write_integer(out, auth.num_uses);
  out += '}';
}

void write_wrap_info(WipedText& out, const WrapInfo& info) {
  out += "{\"token\":";
  write_string(out, (info.jwt.empty() ? info.token : info.jwt).reveal_text());
  out += ",\"accessor\":";
  write_string(out, info.accessor);
  out += ",\"ttl\":";
  write_integer(out, info.ttl.count());
  out += ",\"creation_time\":";
  write_string(out, rfc3339(info.created_at));
  out += ",\"creation_path\":";
  write_string(out, info.creation_path);
  if (!info.wrapped_accessor.empty()) {
    out += ",\"wrapped_accessor\":";
    write_string(out, info.wrapped_accessor);
  }
  out += '}';
}

}  // namespace

void write_data(WipedText& out, const Response& response) {
  if (response.data_json) {
    out += response.data_json->reveal_text();
    return;
  }
  const Json* data = response.data ? &*response.data : nullptr;
  if (response.secrets.empty() && (data == nullptr || !data->is_object())) {
    if (data == nullptr)
      out += "null";
    else
      write_json(out, *data);
    return;
  }
  char separator = '{';
  write_members(out, data, response.secrets, separator, false);
  out += separator == '{' ? "{}" : "}";
}

void write_envelope(WipedText& out, const Response& response, std::string_view request_id,
                    std::string_view mount_type) {
  if (response.envelope_json) {
    out += response.envelope_json->reveal_text();
    return;
  }
  out += "{\"request_id\":\"";
  if (!response.wrap_info) out += request_id;
  out += "\",\"lease_id\":";
  write_string(out, response.lease_id);
  out += response.renewable ? ",\"renewable\":true" : ",\"renewable\":false";
  out += ",\"lease_duration\":";
  write_integer(out, response.lease_duration.count());
  out += ",\"data\":";
  write_data(out, response);
  out += ",\"wrap_info\":";
  if (response.wrap_info)
    write_wrap_info(out, *response.wrap_info);
  else
    out += "null";
  out += ",\"warnings\":";
  if (response.warnings.empty())
    out += "null";
  else
    write_list(out, response.warnings);
  out += ",\"auth\":";
  if (response.auth)
    write_auth(out, *response.auth);
  else
    out += "null";
  out += ",\"mount_type\":";
  write_string(out, mount_type);
  char separator = ',';
  if (response.copies_data_to_top && response.data)
    write_members(out, &*response.data, response.secrets, separator, true);
  out += "}\n";
}

}  // namespace signet::core
