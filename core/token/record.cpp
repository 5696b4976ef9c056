// SPDX-License-Identifier: Apache-2.0
#include "core/token/record.hpp"

#include <nlohmann/json.hpp>

namespace signet::core {

using Json = nlohmann::json;

std::string encode_record(const TokenEntry& token, std::int64_t num_uses) {
  Json record = {{"policies", token.policies},
                 {"path", token.path},
                 {"display_name", token.display_name},
                 {"meta", token.meta},
                 {"role", token.role},
                 {"entity_id", token.entity_id},
                 {"bound_cidrs", token.bound_cidrs},
                 {"num_uses", num_uses},
                 {"creation_ttl", token.creation_ttl.count()},
                 {"explicit_max_ttl", token.explicit_max_ttl.count()},
                 {"period", token.period.count()},
                 {"renewable", token.is_renewable}};
  if (token.last_renewal) record["last_renewal"] = token.last_renewal->seconds;
  return record.dump();
}

std::optional<TokenEntry> decode_record(const storage::TokenRow& row, std::string_view text) {
  const Json record = Json::parse(text);
  TokenEntry token;
  token.id_hash = row.id_hash;
  token.namespace_id = row.name_space;
  token.accessor = row.accessor;
  token.parent = row.parent;
  token.is_orphan = !row.parent;
  token.created_at = row.created_at;
  token.expires_at = row.expires_at;
  token.policies = record.at("policies").get<std::vector<std::string>>();
  token.path = record.at("path").get<std::string>();
  token.display_name = record.at("display_name").get<std::string>();
  token.meta = record.at("meta").get<std::map<std::string, std::string>>();
  token.role = record.at("role").get<std::string>();
  token.entity_id = record.at("entity_id").get<std::string>();
  token.bound_cidrs = record.at("bound_cidrs").get<std::vector<std::string>>();
  token.creation_ttl = Seconds(record.at("creation_ttl").get<std::int64_t>());
  token.explicit_max_ttl = Seconds(record.at("explicit_max_ttl").get<std::int64_t>());
  token.period = Seconds(record.at("period").get<std::int64_t>());
  token.is_renewable = record.at("renewable").get<bool>();
  if (record.contains("last_renewal"))
    token.last_renewal = UnixTime{record.at("last_renewal").get<std::int64_t>()};
  const std::int64_t allowed = record.at("num_uses").get<std::int64_t>();
  if (allowed > 0) {
    if (row.uses <= 0 || row.uses > allowed) return std::nullopt;
    token.uses_left = row.uses;
  }
  return token;
}

std::int64_t uses_allowed(std::string_view record) {
  return Json::parse(record).at("num_uses").get<std::int64_t>();
}

}  // namespace signet::core
