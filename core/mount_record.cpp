// SPDX-License-Identifier: Apache-2.0
#include "core/mount_record.hpp"

#include "base/result.hpp"
#include "core/mounts.hpp"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace signet::core {
namespace {

using Json = nlohmann::json;

// Only what was set shows, as in the mount object; the record uses the same names.
void put_list(Json& to, const char* name, const std::optional<std::vector<std::string>>& list) {
  if (list && !list->empty()) to[name] = *list;
}

std::optional<std::vector<std::string>> get_list(const Json& from, const char* name) {
  const auto found = from.find(name);
  if (found == from.end()) return std::nullopt;
  return found->get<std::vector<std::string>>();
}

Json config_json(const MountConfig& config) {
  Json json{{"default_lease_ttl", config.default_lease_ttl.count()},
            {"max_lease_ttl", config.max_lease_ttl.count()},
            {"force_no_cache", config.force_no_cache}};
  put_list(json, "audit_non_hmac_request_keys", config.audit_non_hmac_request_keys);
  put_list(json, "audit_non_hmac_response_keys", config.audit_non_hmac_response_keys);
  put_list(json, "passthrough_request_headers", config.passthrough_request_headers);
  put_list(json, "allowed_response_headers", config.allowed_response_headers);
  if (!config.listing_visibility.empty()) json["listing_visibility"] = config.listing_visibility;
  if (!config.token_type.empty()) json["token_type"] = config.token_type;
  return json;
}

MountConfig config_from(const Json& json) {
  MountConfig config;
  config.default_lease_ttl = Seconds(json.at("default_lease_ttl").get<std::int64_t>());
  config.max_lease_ttl = Seconds(json.at("max_lease_ttl").get<std::int64_t>());
  config.force_no_cache = json.at("force_no_cache").get<bool>();
  config.audit_non_hmac_request_keys = get_list(json, "audit_non_hmac_request_keys");
  config.audit_non_hmac_response_keys = get_list(json, "audit_non_hmac_response_keys");
  config.passthrough_request_headers = get_list(json, "passthrough_request_headers");
  config.allowed_response_headers = get_list(json, "allowed_response_headers");
  config.listing_visibility = json.value("listing_visibility", "");
  config.token_type = json.value("token_type", "");
  return config;
}

Json options_json(const Mount& mount) { return mount.options ? Json(*mount.options) : Json(); }

}  // namespace

std::string write_record(const Mount& mount) {
  return Json{{"type", mount.type},
              {"accessor", mount.accessor},
              {"description", mount.description},
              {"options", options_json(mount)},
              {"local", mount.local},
              {"seal_wrap", mount.seal_wrap},
              {"external_entropy_access", mount.external_entropy_access},
              {"config", config_json(mount.config)}}
      .dump();
}

void read_record(const SecretBytes& record, Mount& mount) {
  const Json json = Json::parse(record.reveal_text(), nullptr, false);
  if (!json.is_object()) throw Fault("a mount's record is not what was written");
  mount.type = json.at("type").get<std::string>();
  mount.accessor = json.at("accessor").get<std::string>();
  mount.description = json.at("description").get<std::string>();
  if (const Json& options = json.at("options"); !options.is_null())
    mount.options = options.get<std::map<std::string, std::string>>();
  mount.local = json.at("local").get<bool>();
  mount.seal_wrap = json.at("seal_wrap").get<bool>();
  mount.external_entropy_access = json.at("external_entropy_access").get<bool>();
  mount.config = config_from(json.at("config"));
}

std::vector<Mount> builtin_mounts() {
  Mount sys;
  sys.path = "sys/";
  sys.type = "system";
  sys.description = "system endpoints used for control, policy and debugging";
  sys.seal_wrap = true;
  sys.config.passthrough_request_headers = {"Accept"};
  Mount identity;
  identity.path = "identity/";
  identity.type = "identity";
  identity.description = "identity store";
  identity.config.passthrough_request_headers = {"Authorization"};
  Mount cubbyhole;
  cubbyhole.path = "cubbyhole/";
  cubbyhole.type = "cubbyhole";
  cubbyhole.description = "per-token private secret storage";
  cubbyhole.local = true;
  Mount token;
  token.mount_class = MountClass::auth;
  token.path = "token/";
  token.type = "token";
  token.description = "token based credentials";
  token.config.token_type = "default-service";
  return {std::move(sys), std::move(identity), std::move(cubbyhole), std::move(token)};
}

bool is_builtin(const Mount& mount) {
  if (mount.mount_class == MountClass::auth) return mount.path == "token/";
  return mount.path == "sys/" || mount.path == "identity/" || mount.path == "cubbyhole/";
}

Json to_json(const Mount& mount) {
  Json json{{"type", mount.type},
            {"accessor", mount.accessor},
            {"description", mount.description},
            {"uuid", mount.id.text()},
            {"options", options_json(mount)},
            {"local", mount.local},
            {"seal_wrap", mount.seal_wrap},
            {"external_entropy_access", mount.external_entropy_access},
            {"plugin_version", ""},
            {"running_plugin_version", "v1.0.0+builtin.signet"},
            {"running_sha256", ""},
            {"config", config_json(mount.config)}};
  if (!is_builtin(mount)) json["deprecation_status"] = "supported";
  return json;
}

}  // namespace signet::core
