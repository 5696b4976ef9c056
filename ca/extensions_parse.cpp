// SPDX-License-Identifier: Apache-2.0
#include "ca/extensions.hpp"
#include "ca/tag.hpp"

#include <algorithm>

namespace signet::ca {
namespace {

constexpr std::size_t most_extensions = 64;
constexpr int most_path_length = 1'000'000;

Result<Extension> parse_extension(DerReader& list) {
  DerReader fields = TRY(list.sequence());
  Extension extension;
  extension.oid = TRY(fields.oid());
  if (fields.next_is(tag::boolean)) {
    extension.critical = TRY(fields.boolean());
    // X.690, 11.5: a DEFAULT value is left out.
    if (!extension.critical) return invalid("extension: FALSE is coded");
  }
  const BytesView value = TRY(fields.octet_string());
  TRY(fields.finish());
  extension.value = to_bytes(value);
  return extension;
}

/// URIs of a GeneralNames; other names are passed over.
Result<void> collect_uris(DerReader names, std::vector<std::string>& urls) {
  while (!names.at_end()) {
    const Element name = TRY(names.any());
    if (name.tag != tag::general_uri) continue;
    std::string url = TRY(string_value(tag::ia5_string, name.content));
    urls.push_back(std::move(url));
  }
  return {};
}

Result<void> parse_qualifier(DerReader& list, Policy& policy) {
  DerReader fields = TRY(list.sequence());
  const Oid type = TRY(fields.oid());
  const Element value = TRY(fields.any());
  TRY(fields.finish());
  if (type == oid::qualifier_cps) {
    policy.cps = TRY(string_value(value.tag, value.content));
  } else if (type == oid::qualifier_user_notice && value.tag == tag::sequence) {
    DerReader notice(value.content, 5);
    while (!notice.at_end()) {
      const Element part = TRY(notice.any());
      if (part.tag == tag::sequence) continue;  // noticeRef
      policy.notice = TRY(string_value(part.tag, part.content));
    }
  }
  return {};
}

Result<Policy> parse_policy(DerReader& list) {
  DerReader fields = TRY(list.sequence());
  Policy policy;
  policy.oid = TRY(fields.oid());
  if (!fields.at_end()) {
    DerReader qualifiers = TRY(fields.sequence());
    while (!qualifiers.at_end()) TRY(parse_qualifier(qualifiers, policy));
  }
  TRY(fields.finish());
  return policy;
}

}  // namespace

Result<std::vector<Extension>> parse_extensions(DerReader& sequence) {
  DerReader list = TRY(sequence.sequence());
  if (list.at_end()) return invalid("extensions: empty list");
  std::vector<Extension> extensions;
  while (!list.at_end()) {
    Extension extension = TRY(parse_extension(list));
    // RFC 5280, 4.2: no extension twice.
    const bool is_repeated = std::ranges::any_of(
        extensions, [&](const Extension& other) { return other.oid == extension.oid; });
    if (is_repeated) return invalid("extension " + extension.oid.text() + " is repeated");
    if (extensions.size() == most_extensions) return invalid("extensions: too many");
    extensions.push_back(std::move(extension));
  }
  return extensions;
}

const Extension* find_extension(const std::vector<Extension>& extensions, const KnownOid& oid) {
  const auto found = std::ranges::find_if(
      extensions, [&oid](const Extension& extension) { return extension.oid == oid; });
  return found == extensions.end() ? nullptr : &*found;
}

Result<KeyUsage> parse_key_usage(BytesView value) {
  DerReader reader(value);
  const std::uint16_t bits = TRY(reader.named_bits());
  TRY(reader.finish());
  return KeyUsage{bits};
}

Result<ExtKeyUsages> parse_ext_key_usage(BytesView value) {
  const BytesView content = TRY(only_element(value, tag::sequence));
  if (content.empty()) return invalid("extended key usage: empty list");
  ExtKeyUsages usages;
  DerReader reader(content, 1);
  while (!reader.at_end()) {
    Oid oid = TRY(reader.oid());
    bool is_named = false;
    for (unsigned i = 0; i < 12 && !is_named; ++i) {
      is_named = oid == oid_of(static_cast<ExtKeyUsage>(i));
      if (is_named) usages.add(static_cast<ExtKeyUsage>(i));
    }
    if (!is_named) usages.oids.push_back(std::move(oid));
  }
  return usages;
}

Result<BasicConstraints> parse_basic_constraints(BytesView value) {
  const BytesView content = TRY(only_element(value, tag::sequence));
  DerReader reader(content, 1);
  BasicConstraints constraints;
  if (reader.next_is(tag::boolean)) {
    constraints.is_ca = TRY(reader.boolean());
    if (!constraints.is_ca) return invalid("basic constraints: FALSE is coded");
  }
  if (!reader.at_end()) {
    const std::int64_t length = TRY(reader.integer());
    if (length < 0 || length > most_path_length || !constraints.is_ca) {
      return invalid("basic constraints: path length out of place");
    }
    constraints.path_length = static_cast<int>(length);
  }
  TRY(reader.finish());
  return constraints;
}

Result<Bytes> parse_subject_key_identifier(BytesView value) {
  const BytesView key_id = TRY(only_element(value, tag::octet_string));
  return to_bytes(key_id);
}

Result<Bytes> parse_authority_key_identifier(BytesView value) {
  const BytesView content = TRY(only_element(value, tag::sequence));
  DerReader reader(content, 1);
  if (!reader.next_is(tag::context(0))) return Bytes{};
  const BytesView key_id = TRY(reader.content(tag::context(0)));
  return to_bytes(key_id);
}

Result<AuthorityInfo> parse_authority_info_access(BytesView value) {
  const BytesView content = TRY(only_element(value, tag::sequence));
  AuthorityInfo info;
  DerReader reader(content, 1);
  while (!reader.at_end()) {
    DerReader fields = TRY(reader.sequence());
    const Oid method = TRY(fields.oid());
    const Element location = TRY(fields.any());
    TRY(fields.finish());
    if (location.tag != tag::general_uri) continue;
    std::string url = TRY(string_value(tag::ia5_string, location.content));
    if (method == oid::access_ocsp)
      info.ocsp.push_back(std::move(url));
    else if (method == oid::access_ca_issuers)
      info.ca_issuers.push_back(std::move(url));
  }
  return info;
}

Result<std::vector<std::string>> parse_crl_distribution_points(BytesView value) {
  const BytesView content = TRY(only_element(value, tag::sequence));
  std::vector<std::string> urls;
  DerReader reader(content, 1);
  while (!reader.at_end()) {
    DerReader point = TRY(reader.sequence());
    if (!point.next_is(tag::context_constructed(0))) continue;
    DerReader name = TRY(point.enter(tag::context_constructed(0)));
    if (!name.next_is(tag::context_constructed(0))) continue;
    const DerReader full = TRY(name.enter(tag::context_constructed(0)));
    TRY(collect_uris(full, urls));
  }
  return urls;
}

Result<std::vector<Policy>> parse_certificate_policies(BytesView value) {
  const BytesView content = TRY(only_element(value, tag::sequence));
  if (content.empty()) return invalid("certificate policies: empty list");
  std::vector<Policy> policies;
  DerReader reader(content, 1);
  while (!reader.at_end()) {
    Policy policy = TRY(parse_policy(reader));
    policies.push_back(std::move(policy));
  }
  return policies;
}

}  // namespace signet::ca
