// SPDX-License-Identifier: Apache-2.0
// The extension's encoding; matching is in name_constraints_match.cpp.
#include "ca/name_constraints.hpp"

#include "ca/der.hpp"
#include "ca/tag.hpp"

namespace signet::ca {
namespace {

/// GeneralSubtree of a primitive name; minimum 0 is the default and not written (RFC 5280,
/// 4.2.1.10).
void write_subtree(DerWriter& out, std::uint8_t tag, BytesView base) {
  out.sequence([&] { out.primitive(tag, base); });
}

void write_subtrees(DerWriter& out, unsigned number, const Subtrees& trees) {
  if (trees.empty()) return;
  out.element(tag::context_constructed(number), [&] {
    for (const std::string& base : trees.dns) write_subtree(out, tag::general_dns, as_bytes(base));
    for (const IpNetwork& base : trees.ip) write_subtree(out, tag::general_ip, base.octets());
    for (const std::string& base : trees.email)
      write_subtree(out, tag::general_email, as_bytes(base));
    for (const std::string& base : trees.uri) write_subtree(out, tag::general_uri, as_bytes(base));
    for (const DistinguishedName& base : trees.directory) {
      out.sequence([&] { out.element(tag::general_directory, [&] { out.raw(base.der()); }); });
    }
  });
}

Result<void> parse_base(const Element& base, Subtrees& trees) {
  const auto text = [&base](std::vector<std::string>& to) -> Result<void> {
    std::string value = TRY(string_value(tag::ia5_string, base.content));
    to.push_back(std::move(value));
    return {};
  };
  switch (base.tag) {
    case tag::general_dns:
      return text(trees.dns);
    case tag::general_email:
      return text(trees.email);
    case tag::general_uri:
      return text(trees.uri);
    case tag::general_ip: {
      const auto network = IpNetwork::from_octets(base.content);
      if (!network) return invalid("name constraints: malformed IP range");
      trees.ip.push_back(*network);
      return {};
    }
    case tag::general_directory: {
      DistinguishedName name = TRY(DistinguishedName::parse(base.content));
      trees.directory.push_back(std::move(name));
      return {};
    }
    default:
      trees.has_foreign = true;
      return {};
  }
}

Result<void> parse_subtrees(DerReader list, Subtrees& trees) {
  if (list.at_end()) return invalid("name constraints: empty list");
  while (!list.at_end()) {
    DerReader fields = TRY(list.sequence());
    const Element base = TRY(fields.any());
    if (!fields.at_end()) return invalid("name constraints: minimum or maximum is present");
    TRY(parse_base(base, trees));
  }
  return {};
}

}  // namespace

void write_name_constraints(DerWriter& out, const NameConstraints& constraints) {
  out.sequence([&] {
    write_subtrees(out, 0, constraints.permitted);
    write_subtrees(out, 1, constraints.excluded);
  });
}

Result<NameConstraints> parse_name_constraints(BytesView value) {
  const BytesView content = TRY(only_element(value, tag::sequence));
  NameConstraints constraints;
  DerReader reader(content, 1);
  if (reader.at_end()) return invalid("name constraints: neither permitted nor excluded");
  if (reader.next_is(tag::context_constructed(0))) {
    const DerReader list = TRY(reader.enter(tag::context_constructed(0)));
    TRY(parse_subtrees(list, constraints.permitted));
  }
  if (reader.next_is(tag::context_constructed(1))) {
    const DerReader list = TRY(reader.enter(tag::context_constructed(1)));
    TRY(parse_subtrees(list, constraints.excluded));
  }
  TRY(reader.finish());
  return constraints;
}

}  // namespace signet::ca
