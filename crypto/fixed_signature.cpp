// SPDX-License-Identifier: Apache-2.0
#include "crypto/fixed_signature.hpp"

#include "crypto/der_piece.hpp"

namespace signet::crypto {
namespace {

BytesView without_leading_zeros(BytesView number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number;
}

/// The content of a non-negative INTEGER.
Bytes number_content(BytesView number) {
  number = without_leading_zeros(number);
  Bytes content;
  content.reserve(number.size() + 1);
  if (number.empty() || (number.front() & 0x80U) != 0) content.push_back(0);
  append(content, number);
  return content;
}

}  // namespace

std::optional<Bytes> fixed_signature(BytesView der, std::size_t coordinate) {
  const auto sequence = take_element(der, tag_sequence);
  if (!sequence || !der.empty()) return std::nullopt;
  BytesView inner = sequence->content;
  Bytes fixed;
  fixed.reserve(2 * coordinate);
  for (int i = 0; i < 2; ++i) {
    const auto integer = take_element(inner, tag_integer);
    if (!integer) return std::nullopt;
    const BytesView number = without_leading_zeros(integer->content);
    if (number.size() > coordinate) return std::nullopt;
    fixed.resize(fixed.size() + coordinate - number.size());
    append(fixed, number);
  }
  if (!inner.empty()) return std::nullopt;
  return fixed;
}

std::optional<Bytes> der_signature(BytesView fixed, std::size_t coordinate) {
  if (fixed.size() != 2 * coordinate) return std::nullopt;
  const Bytes r = number_content(fixed.first(coordinate));
  const Bytes s = number_content(fixed.subspan(coordinate));
  Bytes der;
  append_header(der, tag_sequence, element_size(r.size()) + element_size(s.size()));
  append_header(der, tag_integer, r.size());
  append(der, r);
  append_header(der, tag_integer, s.size());
  append(der, s);
  return der;
}

}  // namespace signet::crypto
