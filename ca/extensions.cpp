// SPDX-License-Identifier: Apache-2.0
// Encoders; the decoders are in extensions_parse.cpp.
#include "ca/extensions.hpp"

#include "ca/tag.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace signet::ca {
namespace {

void write_distribution_points(DerWriter& out, const std::vector<std::string>& urls) {
  out.sequence([&] {
    for (const std::string& url : urls) {
      out.sequence([&] {
        out.element(tag::context_constructed(0), [&] {    // distributionPoint
          out.element(tag::context_constructed(0), [&] {  // fullName
            out.text(tag::general_uri, url);
          });
        });
      });
    }
  });
}

void write_policy(DerWriter& out, const Policy& policy) {
  out.sequence([&] {
    out.oid(policy.oid);
    if (policy.cps.empty() && policy.notice.empty()) return;
    out.sequence([&] {
      if (!policy.cps.empty()) {
        out.sequence([&] {
          out.oid(oid::qualifier_cps);
          out.text(tag::ia5_string, policy.cps);
        });
      }
      if (!policy.notice.empty()) {
        out.sequence([&] {
          out.oid(oid::qualifier_user_notice);
          out.sequence([&] { out.text(tag::utf8_string, policy.notice); });
        });
      }
    });
  });
}

Result<Policy> plain_policy(std::string_view oid_text) {
  auto oid = Oid::parse(oid_text);
  if (!oid) {
    return invalid("policy identifier \"" + std::string(oid_text) +
                   "\" is neither a valid OID nor a JSON policy identifier");
  }
  return Policy{*std::move(oid), {}, {}};
}

/// One {"oid","notice","cps"} object.
Result<Policy> policy_of_json(const nlohmann::json& object) {
  const auto text = [&object](const char* key) -> std::string {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (!object.is_object()) return invalid("policy_identifiers: not an object");
  const std::string oid = text("oid");
  Policy policy = TRY(plain_policy(oid));
  policy.notice = text("notice");
  policy.cps = text("cps");
  if (!policy.cps.empty() && !string_value(tag::ia5_string, as_bytes(policy.cps))) {
    return invalid("policy_identifiers: the cps of " + oid + " is not ASCII text");
  }
  if (!string_value(tag::utf8_string, as_bytes(policy.notice))) {
    return invalid("policy_identifiers: the notice of " + oid + " is not valid text");
  }
  return policy;
}

Result<std::vector<Policy>> policies_of_json(std::string_view text) {
  const auto array = nlohmann::json::parse(text, nullptr, false);
  if (!array.is_array()) return invalid("policy_identifiers: not a JSON array of policies");
  std::vector<Policy> policies;
  for (const auto& object : array) {
    Policy policy = TRY(policy_of_json(object));
    policies.push_back(std::move(policy));
  }
  return policies;
}

}  // namespace

Result<std::vector<Policy>> parse_policies(const std::vector<std::string>& identifiers) {
  // A list parameter cuts the JSON form at its commas; together again it is whole.
  if (!identifiers.empty() && identifiers.front().starts_with('[')) {
    std::string text = identifiers.front();
    for (std::size_t i = 1; i < identifiers.size(); ++i) text += ',' + identifiers[i];
    return policies_of_json(text);
  }
  std::vector<Policy> policies;
  for (const std::string& identifier : identifiers) {
    if (identifier.empty()) continue;
    if (identifier.starts_with('{')) {
      const auto object = nlohmann::json::parse(identifier, nullptr, false);
      Policy policy = TRY(policy_of_json(object));
      policies.push_back(std::move(policy));
      continue;
    }
    Policy policy = TRY(plain_policy(identifier));
    policies.push_back(std::move(policy));
  }
  return policies;
}

bool has_qualifiers(const std::vector<Policy>& policies) {
  return std::ranges::any_of(
      policies, [](const Policy& policy) { return !policy.notice.empty() || !policy.cps.empty(); });
}

void write_extension(DerWriter& out, const Extension& extension) {
  write_extension(out, extension.oid.content(), extension.critical,
                  [&] { out.raw(extension.value); });
}

void write_key_usage(DerWriter& out, KeyUsage usage) {
  if (usage.empty()) return;
  write_extension(out, oid::key_usage, true, [&] { out.named_bits(usage.bits); });
}

void write_ext_key_usage(DerWriter& out, const ExtKeyUsages& usages) {
  if (usages.empty()) return;
  write_extension(out, oid::ext_key_usage, false, [&] {
    out.sequence([&] {
      for (unsigned i = 0; i < 16; ++i) {
        if ((usages.named >> i & 1U) != 0) out.oid(oid_of(static_cast<ExtKeyUsage>(i)));
      }
      for (const Oid& oid : usages.oids) out.oid(oid);
    });
  });
}

void write_basic_constraints(DerWriter& out, const BasicConstraints& constraints) {
  write_extension(out, oid::basic_constraints, true, [&] {
    out.sequence([&] {
      if (!constraints.is_ca) return;
      out.boolean(true);
      if (constraints.path_length) out.integer(*constraints.path_length);
    });
  });
}

void write_subject_key_identifier(DerWriter& out, BytesView key_id) {
  write_extension(out, oid::subject_key_identifier, false, [&] { out.octet_string(key_id); });
}

void write_authority_key_identifier(DerWriter& out, BytesView key_id) {
  if (key_id.empty()) return;
  write_extension(out, oid::authority_key_identifier, false,
                  [&] { out.sequence([&] { out.primitive(tag::context(0), key_id); }); });
}

void write_authority_info_access(DerWriter& out, const AuthorityInfo& info) {
  if (info.empty()) return;
  const auto entries = [&out](BytesView method, const std::vector<std::string>& urls) {
    for (const std::string& url : urls) {
      out.sequence([&] {
        out.oid(method);
        out.text(tag::general_uri, url);
      });
    }
  };
  write_extension(out, oid::authority_info_access, false, [&] {
    out.sequence([&] {
      entries(oid::access_ocsp, info.ocsp);
      entries(oid::access_ca_issuers, info.ca_issuers);
    });
  });
}

void write_subject_alt_name(DerWriter& out, const SubjectAltNames& names, bool critical) {
  if (names.empty()) return;
  write_extension(out, oid::subject_alt_name, critical, [&] { write_general_names(out, names); });
}

void write_certificate_policies(DerWriter& out, const std::vector<Policy>& policies) {
  if (policies.empty()) return;
  write_extension(out, oid::certificate_policies, false, [&] {
    out.sequence([&] {
      for (const Policy& policy : policies) write_policy(out, policy);
    });
  });
}

void write_name_constraints_extension(DerWriter& out, const NameConstraints& constraints) {
  if (constraints.empty()) return;
  write_extension(out, oid::name_constraints, constraints.critical,
                  [&] { write_name_constraints(out, constraints); });
}

void write_crl_distribution_points(DerWriter& out, const std::vector<std::string>& urls) {
  if (urls.empty()) return;
  write_extension(out, oid::crl_distribution_points, false,
                  [&] { write_distribution_points(out, urls); });
}

void write_freshest_crl(DerWriter& out, const std::vector<std::string>& urls) {
  if (urls.empty()) return;
  write_extension(out, oid::freshest_crl, false, [&] { write_distribution_points(out, urls); });
}

}  // namespace signet::ca
