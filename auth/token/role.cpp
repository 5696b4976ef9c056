// SPDX-License-Identifier: Apache-2.0
#include "auth/token/role.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace signet::auth {
namespace {

using core::Json;
using Names = std::vector<std::string>;
constexpr std::array<std::string_view, 4> token_types{"default-service", "default-batch", "service",
                                                      "batch"};

/// Lower case, sorted, unique.
Names tidy_names(const Names& names) {
  Names out;
  for (const std::string& name : names) {
    std::string tidied = lower(trim(name));
    if (!tidied.empty()) out.push_back(std::move(tidied));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// A value that has a deprecated name too: the new name wins.
template <class T>
void choose(const std::optional<T>& by_name, const std::optional<T>& by_old_name,
            std::string_view name, std::string_view old_name, T& value, T& old_value,
            Names& warnings) {
  if (by_name) {
    if (by_old_name)
      warnings.push_back(
          fmt::format("Both '{}' and deprecated '{}' value supplied, ignoring the deprecated value",
                      name, old_name));
    value = *by_name;
    old_value = T{};
  } else if (by_old_name) {
    value = old_value = *by_old_name;
  }
}

Result<std::optional<Names>> normal_blocks(const std::optional<Names>& blocks) {
  if (!blocks) return std::optional<Names>();
  Names out;
  for (const std::string& block : *blocks) {
    auto normal = normal_block(block);
    if (!normal) return invalid("error parsing role fields: " + normal.error().message);
    out.push_back(*std::move(normal));
  }
  return std::optional<Names>(std::move(out));
}

/// Whether a text that fits `\w[\w.-]+\w` stands anywhere in it: a word character, then at least
/// one of the set, then a word character.
bool has_path_word(std::string_view text) {
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_word(text[at])) continue;
    for (std::size_t end = at + 1; end < text.size(); ++end) {
      if (end >= at + 2 && is_word(text[end])) return true;
      if (!is_word(text[end]) && text[end] != '.' && text[end] != '-') break;
    }
  }
  return false;
}

Result<void> check_path_suffix(const std::string& suffix) {
  if (suffix.empty()) return {};
  if (suffix.size() > 512) return invalid("given role path suffix is longer than 512 characters");
  if (!has_path_word(suffix))
    return invalid("given role path suffix contains invalid characters; must match \\w[\\w-.]+\\w");
  if (suffix.find("..") != suffix.npos)
    return invalid("given role path suffix cannot contain '..'");
  return {};
}

/// What a role for batch tokens must not ask for.
Result<void> check_batch(const StoredRole& role) {
  if (role.token_type != "batch") return {};
  std::string_view problem;
  if (!role.is_orphan) {
    problem = "non-orphan tokens";
  } else if (role.period != Seconds::zero()) {
    problem = "periodic tokens";
  } else if (role.is_renewable) {
    problem = "renewable tokens";
  } else if (role.explicit_max_ttl != Seconds::zero()) {
    problem = "tokens with an explicit max TTL";
  }
  if (problem.empty()) return {};
  return invalid(
      fmt::format("'token_type' cannot be 'batch' when role is set to generate {}", problem));
}

template <class T>
void keep_or_take(const std::optional<T>& from, T& to) {
  if (from) to = *from;
}

Names names_of(const Json& record, const char* key) { return record.at(key).get<Names>(); }

}  // namespace

Result<std::string> normal_block(std::string_view text) {
  const auto refuse = [&] {
    return invalid(
        fmt::format("error parsing address \"{0}\": Unable to convert \"{0}\" to an "
                    "IPv4 or IPv6 address, or a UNIX Socket",
                    text));
  };
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  std::array<std::uint8_t, 16> bytes{};
  const bool is_v4 = inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  if (!is_v4 && inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return refuse();
  if (address.find('\0') != address.npos) return refuse();
  const int longest = is_v4 ? 32 : 128;
  int length = longest;
  if (slash != text.npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size() || length < 0 ||
        length > longest)
      return refuse();
  }
  std::array<char, INET6_ADDRSTRLEN> shown{};
  inet_ntop(is_v4 ? AF_INET : AF_INET6, bytes.data(), shown.data(), shown.size());
  std::string out(shown.data());
  if (length != longest) out += fmt::format("/{}", length);
  return out;
}

Result<Names> apply(const RoleFields& fields, StoredRole& role) {
  Names warnings;
  if (fields.allowed_policies)
    role.allowed_policies = core::sanitize_policies(*fields.allowed_policies, false);
  if (fields.disallowed_policies)
    role.disallowed_policies = tidy_names(*fields.disallowed_policies);
  if (fields.allowed_policies_glob)
    role.allowed_policies_glob = tidy_names(*fields.allowed_policies_glob);
  if (fields.disallowed_policies_glob)
    role.disallowed_policies_glob = tidy_names(*fields.disallowed_policies_glob);
  if (fields.allowed_entity_aliases)
    role.allowed_entity_aliases = tidy_names(*fields.allowed_entity_aliases);
  keep_or_take(fields.orphan, role.is_orphan);
  keep_or_take(fields.renewable, role.is_renewable);
  keep_or_take(fields.token_no_default_policy, role.no_default_policy);
  keep_or_take(fields.token_num_uses, role.num_uses);
  if (role.num_uses < 0)
    return invalid("error parsing role fields: 'token_num_uses' cannot be negative");
  if (fields.path_suffix) {
    TRY(check_path_suffix(*fields.path_suffix));
    role.path_suffix = *fields.path_suffix;
  }
  const auto new_blocks = TRY(normal_blocks(fields.token_bound_cidrs));
  const auto old_blocks = TRY(normal_blocks(fields.bound_cidrs));
  choose(new_blocks, old_blocks, "token_bound_cidrs", "bound_cidrs", role.bound_cidrs,
         role.old_bound_cidrs, warnings);
  choose(fields.token_period, fields.period, "token_period", "period", role.period, role.old_period,
         warnings);
  choose(fields.token_explicit_max_ttl, fields.explicit_max_ttl, "token_explicit_max_ttl",
         "explicit_max_ttl", role.explicit_max_ttl, role.old_explicit_max_ttl, warnings);
  if (fields.token_type) {
    const std::string& type = *fields.token_type;
    if (!type.empty() &&
        std::find(token_types.begin(), token_types.end(), type) == token_types.end())
      return invalid(fmt::format("invalid 'token_type' value \"{}\"", type));
    role.token_type = type.empty() ? std::string(token_types[0]) : type;
  }
  TRY(check_batch(role));
  return warnings;
}

std::string encode_role(const StoredRole& role) {
  return Json{{"allowed_policies", role.allowed_policies},
              {"disallowed_policies", role.disallowed_policies},
              {"allowed_policies_glob", role.allowed_policies_glob},
              {"disallowed_policies_glob", role.disallowed_policies_glob},
              {"allowed_entity_aliases", role.allowed_entity_aliases},
              {"orphan", role.is_orphan},
              {"renewable", role.is_renewable},
              {"path_suffix", role.path_suffix},
              {"token_type", role.token_type},
              {"period", role.period.count()},
              {"old_period", role.old_period.count()},
              {"explicit_max_ttl", role.explicit_max_ttl.count()},
              {"old_explicit_max_ttl", role.old_explicit_max_ttl.count()},
              {"bound_cidrs", role.bound_cidrs},
              {"old_bound_cidrs", role.old_bound_cidrs},
              {"no_default_policy", role.no_default_policy},
              {"num_uses", role.num_uses}}
      .dump();
}

StoredRole decode_role(std::string name, std::string_view text) {
  const Json record = Json::parse(text);
  StoredRole role;
  role.name = std::move(name);
  role.allowed_policies = names_of(record, "allowed_policies");
  role.disallowed_policies = names_of(record, "disallowed_policies");
  role.allowed_policies_glob = names_of(record, "allowed_policies_glob");
  role.disallowed_policies_glob = names_of(record, "disallowed_policies_glob");
  role.allowed_entity_aliases = names_of(record, "allowed_entity_aliases");
  role.is_orphan = record.at("orphan").get<bool>();
  role.is_renewable = record.at("renewable").get<bool>();
  role.path_suffix = record.at("path_suffix").get<std::string>();
  role.token_type = record.at("token_type").get<std::string>();
  role.period = Seconds(record.at("period").get<std::int64_t>());
  role.old_period = Seconds(record.at("old_period").get<std::int64_t>());
  role.explicit_max_ttl = Seconds(record.at("explicit_max_ttl").get<std::int64_t>());
  role.old_explicit_max_ttl = Seconds(record.at("old_explicit_max_ttl").get<std::int64_t>());
  role.bound_cidrs = names_of(record, "bound_cidrs");
  role.old_bound_cidrs = names_of(record, "old_bound_cidrs");
  role.no_default_policy = record.at("no_default_policy").get<bool>();
  role.num_uses = record.at("num_uses").get<std::int64_t>();
  return role;
}

Json role_object(const StoredRole& role) {
  Json object = {{"name", role.name},
                 {"allowed_policies", role.allowed_policies},
                 {"disallowed_policies", role.disallowed_policies},
                 {"allowed_policies_glob", role.allowed_policies_glob},
                 {"disallowed_policies_glob", role.disallowed_policies_glob},
                 {"allowed_entity_aliases",
                  role.allowed_entity_aliases.empty() ? Json() : Json(role.allowed_entity_aliases)},
                 {"orphan", role.is_orphan},
                 {"renewable", role.is_renewable},
                 {"path_suffix", role.path_suffix},
                 {"token_type", role.token_type},
                 {"period", role.old_period.count()},
                 {"token_period", role.period.count()},
                 {"explicit_max_ttl", role.old_explicit_max_ttl.count()},
                 {"token_explicit_max_ttl", role.explicit_max_ttl.count()},
                 {"token_no_default_policy", role.no_default_policy}};
  if (!role.bound_cidrs.empty()) object["token_bound_cidrs"] = role.bound_cidrs;
  if (!role.old_bound_cidrs.empty()) object["bound_cidrs"] = role.old_bound_cidrs;
  if (role.num_uses > 0) object["token_num_uses"] = role.num_uses;
  return object;
}

}  // namespace signet::auth
