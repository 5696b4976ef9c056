// SPDX-License-Identifier: Apache-2.0
#include "ca/name.hpp"

#include "base/text.hpp"
#include "ca/der.hpp"
#include "ca/utf8.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace signet::ca {
namespace {

constexpr std::size_t most_attributes = 256;

bool is_string_tag(std::uint8_t tag) {
  switch (tag) {
    case tag::utf8_string:
    case tag::printable_string:
    case tag::numeric_string:
    case tag::ia5_string:
    case tag::visible_string:
    case tag::teletex_string:
    case tag::bmp_string:
    case tag::universal_string:
      return true;
    default:
      return false;
  }
}

Result<NameAttribute> parse_attribute(DerReader& set) {
  DerReader fields = TRY(set.sequence());
  NameAttribute attribute{};
  attribute.type = TRY(fields.oid());
  const Element value = TRY(fields.any());
  TRY(fields.finish());
  attribute.string_type = value.tag;
  if (is_string_tag(value.tag)) {
    attribute.value = TRY(string_value(value.tag, value.content));
  } else {
    attribute.value = "#" + hex(value.whole);
  }
  return attribute;
}

std::string_view short_name(const Oid& type) {
  static constexpr std::array<std::pair<KnownOid, std::string_view>, 14> names{{
      {oid::common_name, "CN"},
      {oid::surname, "SN"},
      {oid::serial_number, "serialNumber"},
      {oid::country, "C"},
      {oid::locality, "L"},
      {oid::province, "ST"},
      {oid::street_address, "STREET"},
      {oid::organization, "O"},
      {oid::organizational_unit, "OU"},
      {oid::postal_code, "postalCode"},
      {oid::given_name, "GN"},
      {oid::user_id, "UID"},
      {oid::domain_component, "DC"},
      {oid::email_address, "emailAddress"},
  }};
  for (const auto& [known, name] : names) {
    if (type == known) return name;
  }
  return {};
}

/// RFC 4514, 2.4.
std::string escaped(std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool at_edge = (i == 0 && (c == ' ' || c == '#')) || (i + 1 == value.size() && c == ' ');
    if (at_edge || std::string_view("\"+,;<>\\").find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

void write_attribute(DerWriter& out, const NameAttribute& attribute) {
  out.sequence([&] {
    out.oid(attribute.type);
    if (is_string_tag(attribute.string_type)) {
      out.text(attribute.string_type, attribute.value);
    } else {
      out.raw(from_hex(std::string_view(attribute.value).substr(1)).value_or(Bytes{}));
    }
  });
}

void write_relative_name(DerWriter& out, const RelativeName& rdn) {
  if (rdn.size() == 1) {
    out.element(tag::set, [&] { write_attribute(out, rdn.front()); });
    return;
  }
  std::vector<Bytes> values;
  for (const NameAttribute& attribute : rdn) {
    DerWriter value(64);
    write_attribute(value, attribute);
    values.push_back(value.take());
  }
  std::ranges::sort(values);  // X.690, 11.6
  out.element(tag::set, [&] {
    for (const Bytes& value : values) out.raw(value);
  });
}

/// Lower case, without white space at the ends, runs of it as one.
std::string folded(std::string_view value) {
  std::string text;
  for (const char c : trim(value)) {
    if (c == ' ' && !text.empty() && text.back() == ' ') continue;
    text += c;
  }
  return lower(text);
}

/// Adds one attribute list of a Subject as one RDN.
class SubjectBuilder {
 public:
  Result<void> add(std::string_view label, const KnownOid& type, std::size_t bound,
                   const std::vector<std::string>& values) {
    RelativeName rdn;
    for (const std::string& value : values) {
      if (value.empty()) continue;
      NameAttribute attribute = TRY(checked(label, type, bound, value));
      if (std::find(rdn.begin(), rdn.end(), attribute) == rdn.end())
        rdn.push_back(std::move(attribute));
    }
    if (!rdn.empty()) rdns_.push_back(std::move(rdn));
    return {};
  }
  Result<void> add(std::string_view label, const KnownOid& type, std::size_t bound,
                   const std::string& value) {
    if (value.empty()) return {};
    NameAttribute attribute = TRY(checked(label, type, bound, value));
    rdns_.push_back({std::move(attribute)});
    return {};
  }
  std::vector<RelativeName> take() { return std::move(rdns_); }

 private:
  static Result<NameAttribute> checked(std::string_view label, const KnownOid& type,
                                       std::size_t bound, const std::string& value) {
    const auto points = code_points(value);
    if (!points) return invalid(std::string(label) + " is not valid UTF-8");
    if (std::ranges::any_of(*points, is_control)) {
      return invalid(std::string(label) + " holds a control character");
    }
    if (points->size() > bound) {
      return invalid(std::string(label) + " is longer than " + std::to_string(bound) +
                     " characters");
    }
    return NameAttribute{type, value,
                         is_printable_string(value) ? tag::printable_string : tag::utf8_string};
  }

  std::vector<RelativeName> rdns_;
};

}  // namespace

DistinguishedName::DistinguishedName() : der_{tag::sequence, 0x00} {}

Result<DistinguishedName> DistinguishedName::parse(BytesView der) {
  const BytesView content = TRY(only_element(der, tag::sequence));
  DistinguishedName name;
  name.der_ = to_bytes(der);
  std::size_t attributes = 0;
  DerReader sets(content, 1);
  while (!sets.at_end()) {
    DerReader set = TRY(sets.enter(tag::set));
    if (set.at_end()) return invalid("name: empty relative name");
    RelativeName rdn;
    while (!set.at_end()) {
      if (++attributes > most_attributes) return invalid("name: too many attributes");
      NameAttribute attribute = TRY(parse_attribute(set));
      rdn.push_back(std::move(attribute));
    }
    name.rdns_.push_back(std::move(rdn));
  }
  return name;
}

DistinguishedName DistinguishedName::from(std::vector<RelativeName> rdns) {
  DerWriter out(128);
  out.sequence([&] {
    for (const RelativeName& rdn : rdns) write_relative_name(out, rdn);
  });
  DistinguishedName name;
  name.der_ = out.take();
  name.rdns_ = std::move(rdns);
  return name;
}

std::string DistinguishedName::text() const {
  std::string text;
  for (auto rdn = rdns_.rbegin(); rdn != rdns_.rend(); ++rdn) {
    if (!text.empty()) text += ',';
    for (std::size_t i = 0; i < rdn->size(); ++i) {
      const NameAttribute& attribute = (*rdn)[i];
      const std::string_view label = short_name(attribute.type);
      if (i != 0) text += '+';
      text += label.empty() ? attribute.type.text() : std::string(label);
      text += '=';
      text += is_string_tag(attribute.string_type) ? escaped(attribute.value) : attribute.value;
    }
  }
  return text;
}

std::optional<std::string> DistinguishedName::last(const KnownOid& type) const {
  for (auto rdn = rdns_.rbegin(); rdn != rdns_.rend(); ++rdn) {
    for (const NameAttribute& attribute : *rdn) {
      if (attribute.type == type) return attribute.value;
    }
  }
  return std::nullopt;
}

std::vector<std::string> DistinguishedName::all(const KnownOid& type) const {
  std::vector<std::string> values;
  for (const RelativeName& rdn : rdns_) {
    for (const NameAttribute& attribute : rdn) {
      if (attribute.type == type) values.push_back(attribute.value);
    }
  }
  return values;
}

bool equal_folded(const NameAttribute& a, const NameAttribute& b) {
  return a.type == b.type && (a.value == b.value || folded(a.value) == folded(b.value));
}

bool begins_with(const DistinguishedName& name, const DistinguishedName& prefix) {
  if (prefix.rdns().size() > name.rdns().size()) return false;
  for (std::size_t i = 0; i < prefix.rdns().size(); ++i) {
    const RelativeName& wanted = prefix.rdns()[i];
    const RelativeName& given = name.rdns()[i];
    const bool fits = std::ranges::is_permutation(wanted, given, equal_folded);
    if (!fits) return false;
  }
  return true;
}

Result<DistinguishedName> Subject::name() const {
  // Upper bounds: RFC 5280, appendix A.1. Deviates from it: a country is not held to two letters,
  // since Vault never did so.
  SubjectBuilder builder;
  TRY(builder.add("country", oid::country, 64, country));
  TRY(builder.add("province", oid::province, 128, province));
  TRY(builder.add("locality", oid::locality, 128, locality));
  TRY(builder.add("street_address", oid::street_address, 128, street_address));
  TRY(builder.add("postal_code", oid::postal_code, 40, postal_code));
  TRY(builder.add("organization", oid::organization, 64, organization));
  TRY(builder.add("ou", oid::organizational_unit, 64, organizational_unit));
  TRY(builder.add("common_name", oid::common_name, 64, common_name));
  TRY(builder.add("serial_number", oid::serial_number, 64, serial_number));
  for (const std::string& id : user_ids) {
    TRY(builder.add("user_ids", oid::user_id, 256, id));
  }
  return DistinguishedName::from(builder.take());
}

}  // namespace signet::ca
