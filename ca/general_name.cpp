// SPDX-License-Identifier: Apache-2.0
#include "ca/general_name.hpp"

#include "ca/der_reader.hpp"
#include "ca/tag.hpp"

#include <algorithm>

namespace signet::ca {
namespace {

constexpr std::size_t most_names = 10'000;

Result<void> parse_other_name(BytesView content, SubjectAltNames& names) {
  DerReader fields(content, 2);
  Oid type = TRY(fields.oid());
  DerReader wrapped = TRY(fields.enter(tag::context_constructed(0)));
  TRY(fields.finish());
  const Element value = TRY(wrapped.any());
  TRY(wrapped.finish());
  if (value.tag != tag::utf8_string) {
    names.has_foreign_other_name = true;
    return {};
  }
  std::string text = TRY(string_value(value.tag, value.content));
  names.other.push_back({std::move(type), std::move(text)});
  return {};
}

Result<void> parse_text_name(const Element& name, std::vector<std::string>& to) {
  if (name.content.empty()) return invalid("subject alternative name: empty name");
  std::string text = TRY(string_value(tag::ia5_string, name.content));
  to.push_back(std::move(text));
  return {};
}

Result<void> parse_general_name(const Element& name, SubjectAltNames& names) {
  switch (name.tag) {
    case tag::general_other:
      return parse_other_name(name.content, names);
    case tag::general_email:
      return parse_text_name(name, names.email);
    case tag::general_dns:
      return parse_text_name(name, names.dns);
    case tag::general_uri:
      return parse_text_name(name, names.uri);
    case tag::general_ip: {
      const auto address = IpAddress::from_octets(name.content);
      if (!address) return invalid("subject alternative name: malformed IP address");
      names.ip.push_back(*address);
      return {};
    }
    case tag::context(8):
    case tag::context_constructed(3):
    case tag::context_constructed(4):
    case tag::context_constructed(5):
      names.has_foreign_name = true;
      return {};
    default:
      return invalid("subject alternative name: unknown kind of name");
  }
}

void write_other_names(DerWriter& out, std::vector<OtherName> others) {
  std::ranges::sort(others);
  for (const OtherName& other : others) {
    out.element(tag::general_other, [&] {
      out.oid(other.type);
      out.element(tag::context_constructed(0), [&] { out.text(tag::utf8_string, other.value); });
    });
  }
}

}  // namespace

void write_general_names(DerWriter& out, const SubjectAltNames& names) {
  out.sequence([&] {
    if (!names.other.empty()) write_other_names(out, names.other);
    for (const std::string& name : names.dns) out.text(tag::general_dns, name);
    for (const std::string& name : names.email) out.text(tag::general_email, name);
    for (const IpAddress& address : names.ip) out.primitive(tag::general_ip, address.octets());
    for (const std::string& name : names.uri) out.text(tag::general_uri, name);
  });
}

Result<SubjectAltNames> parse_general_names(BytesView value) {
  const BytesView content = TRY(only_element(value, tag::sequence));
  if (content.empty()) return invalid("subject alternative name: no names");
  SubjectAltNames names;
  DerReader reader(content, 1);
  for (std::size_t count = 0; !reader.at_end(); ++count) {
    if (count == most_names) return invalid("subject alternative name: too many names");
    const Element name = TRY(reader.any());
    TRY(parse_general_name(name, names));
  }
  return names;
}

}  // namespace signet::ca
