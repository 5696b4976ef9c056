// SPDX-License-Identifier: Apache-2.0
#include "ca/der_reader.hpp"

namespace signet::ca {
namespace {

bool is_constructed(std::uint8_t tag) { return (tag & 0x20) != 0; }

struct Header {
  std::size_t size = 0;     ///< octets of tag and length
  std::size_t content = 0;  ///< octets of content, all present
};

Result<Header> header(BytesView input) {
  if (input.size() < 2) return invalid("DER: truncated element");
  if ((input[0] & 0x1f) == 0x1f) return invalid("DER: multi-octet tag");
  if (input[0] == 0) return invalid("DER: reserved tag");
  Header result{2, input[1]};
  if (input[1] >= 0x80) {
    const std::size_t octets = input[1] & 0x7fU;
    if (octets == 0) return invalid("DER: indefinite length");
    if (octets > 4) return invalid("DER: length too large");
    if (input.size() < 2 + octets) return invalid("DER: truncated length");
    result = {2 + octets, 0};
    for (std::size_t i = 0; i < octets; ++i) {
      result.content = result.content << 8 | input[2 + i];
    }
    if (result.content < 0x80 || input[2] == 0) return invalid("DER: length is not minimal");
  }
  if (input.size() - result.size < result.content) return invalid("DER: truncated content");
  return result;
}

Result<void> walk(BytesView content, int depth, std::size_t& left) {
  if (depth > DerReader::max_depth) return invalid("DER: nested too deeply");
  DerReader reader(content, depth);
  while (!reader.at_end()) {
    if (left-- == 0) return invalid("DER: too many elements");
    const Element element = TRY(reader.any());
    if (is_constructed(element.tag)) TRY(walk(element.content, depth + 1, left));
  }
  return {};
}

}  // namespace

Result<Element> DerReader::any() {
  const Header head = TRY(header(rest_));
  const Element element{rest_[0], rest_.subspan(head.size, head.content),
                        rest_.first(head.size + head.content)};
  rest_ = rest_.subspan(element.whole.size());
  return element;
}

Result<BytesView> DerReader::content(std::uint8_t tag) {
  if (rest_.empty()) return invalid("DER: an element is missing");
  if (rest_[0] != tag) return invalid("DER: unexpected tag " + hex(rest_.first(1)));
  const Element element = TRY(any());
  return element.content;
}

Result<DerReader> DerReader::enter(std::uint8_t tag) {
  if (depth_ + 1 > max_depth) return invalid("DER: nested too deeply");
  const BytesView inner = TRY(content(tag));
  return DerReader(inner, depth_ + 1);
}

Result<void> DerReader::finish() const {
  if (!rest_.empty()) return invalid("DER: trailing octets");
  return {};
}

Result<bool> DerReader::boolean() {
  const BytesView value = TRY(content(tag::boolean));
  if (value.size() != 1 || (value[0] != 0x00 && value[0] != 0xff)) {
    return invalid("DER: malformed BOOLEAN");
  }
  return value[0] == 0xff;
}

Result<void> DerReader::null() {
  const BytesView value = TRY(content(tag::null));
  if (!value.empty()) return invalid("DER: malformed NULL");
  return {};
}

Result<BytesView> DerReader::integer_content() {
  const BytesView value = TRY(content(tag::integer));
  if (value.empty()) return invalid("DER: empty INTEGER");
  // X.690, 8.3.2
  if (value.size() > 1 &&
      ((value[0] == 0x00 && value[1] < 0x80) || (value[0] == 0xff && value[1] >= 0x80))) {
    return invalid("DER: INTEGER is not minimal");
  }
  return value;
}

Result<std::int64_t> DerReader::integer() {
  const BytesView value = TRY(integer_content());
  if (value.size() > 8) return invalid("DER: INTEGER too large");
  std::uint64_t result = value[0] >= 0x80 ? ~std::uint64_t{0} : 0;
  for (const std::uint8_t octet : value) result = result << 8 | octet;
  return static_cast<std::int64_t>(result);
}

Result<Serial> DerReader::serial() {
  const BytesView value = TRY(integer_content());
  if (value[0] >= 0x80) return invalid("serial number is negative");
  const auto serial = Serial::from_bytes(value);
  if (!serial) return invalid("serial number is zero or longer than 20 octets");
  return *serial;
}

Result<Oid> DerReader::oid() {
  const BytesView value = TRY(content(tag::oid));
  auto oid = Oid::from_content(value);
  if (!oid) return invalid("DER: malformed OBJECT IDENTIFIER");
  return *std::move(oid);
}

Result<BytesView> DerReader::bit_string() {
  const BytesView value = TRY(content(tag::bit_string));
  if (value.empty() || value[0] != 0) return invalid("DER: BIT STRING of incomplete octets");
  return value.subspan(1);
}

Result<std::uint16_t> DerReader::named_bits() {
  const BytesView value = TRY(content(tag::bit_string));
  if (value.empty() || value.size() > 3 || value[0] > 7 || (value.size() == 1 && value[0] != 0)) {
    return invalid("DER: malformed named bits");
  }
  // X.690, 11.2.2: the last bit present is a one, unused ones are zero.
  if (value.size() > 1) {
    const auto last = static_cast<unsigned>(value.back());
    if ((last & ((1U << value[0]) - 1)) != 0 || (last >> value[0] & 1U) == 0) {
      return invalid("DER: named bits with trailing zeros");
    }
  }
  std::uint16_t bits = 0;
  for (std::size_t bit = 0; bit < 8 * (value.size() - 1); ++bit) {
    if ((value[1 + bit / 8] & 0x80U >> (bit % 8)) != 0) {
      bits = static_cast<std::uint16_t>(bits | 1U << bit);
    }
  }
  return bits;
}

Result<BytesView> only_element(BytesView input, std::uint8_t tag) {
  DerReader reader(input);
  const BytesView content = TRY(reader.content(tag));
  TRY(reader.finish());
  return content;
}

Result<void> check_structure(BytesView der, std::size_t max_elements) {
  DerReader reader(der);
  const Element outer = TRY(reader.any());
  TRY(reader.finish());
  std::size_t left = max_elements;
  if (is_constructed(outer.tag)) TRY(walk(outer.content, 1, left));
  return {};
}

}  // namespace signet::ca
