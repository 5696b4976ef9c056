// SPDX-License-Identifier: Apache-2.0
#include "ca/der_writer.hpp"

#include <array>

namespace signet::ca {
namespace {

void two_digits(Bytes& to, int value) {
  to.push_back(static_cast<std::uint8_t>('0' + value / 10 % 10));
  to.push_back(static_cast<std::uint8_t>('0' + value % 10));
}

void from_month(Bytes& to, const CivilTime& at) {
  for (const int part : {at.month, at.day, at.hour, at.minute, at.second}) two_digits(to, part);
  to.push_back('Z');
}

}  // namespace

std::size_t DerWriter::open(std::uint8_t tag) {
  out_.push_back(tag);
  out_.push_back(0);
  return out_.size();
}

void DerWriter::close(std::size_t mark) {
  const std::size_t size = out_.size() - mark;
  if (size < 0x80) {
    out_[mark - 1] = static_cast<std::uint8_t>(size);
    return;
  }
  std::size_t octets = 1;
  while (size >> (8 * octets) != 0) ++octets;
  out_[mark - 1] = static_cast<std::uint8_t>(0x80 | octets);
  out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(mark), octets, 0);
  for (std::size_t i = 0; i < octets; ++i) {
    out_[mark + i] = static_cast<std::uint8_t>(size >> (8 * (octets - 1 - i)));
  }
}

void DerWriter::length(std::size_t value) {
  if (value < 0x80) {
    out_.push_back(static_cast<std::uint8_t>(value));
    return;
  }
  std::size_t octets = 1;
  while (value >> (8 * octets) != 0) ++octets;
  out_.push_back(static_cast<std::uint8_t>(0x80 | octets));
  while (octets-- > 0) out_.push_back(static_cast<std::uint8_t>(value >> (8 * octets)));
}

void DerWriter::primitive(std::uint8_t tag, BytesView content) {
  out_.push_back(tag);
  length(content.size());
  raw(content);
}

void DerWriter::boolean(bool value) {
  const std::uint8_t octet = value ? 0xff : 0x00;
  primitive(tag::boolean, {&octet, 1});
}

void DerWriter::integer(std::int64_t value) {
  std::array<std::uint8_t, 8> octets{};
  for (std::size_t i = 0; i < 8; ++i) {
    octets[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (56 - 8 * i));
  }
  // X.690, 8.3.2: the first nine bits are not all equal.
  std::size_t skip = 0;
  while (skip < 7 && ((octets[skip] == 0x00 && octets[skip + 1] < 0x80) ||
                      (octets[skip] == 0xff && octets[skip + 1] >= 0x80))) {
    ++skip;
  }
  primitive(tag::integer, BytesView(octets).subspan(skip));
}

void DerWriter::integer(BytesView magnitude) {
  while (!magnitude.empty() && magnitude.front() == 0) magnitude = magnitude.subspan(1);
  const bool needs_zero = magnitude.empty() || magnitude.front() >= 0x80;
  out_.push_back(tag::integer);
  length(magnitude.size() + (needs_zero ? 1 : 0));
  if (needs_zero) out_.push_back(0);
  raw(magnitude);
}

void DerWriter::bit_string(BytesView content) {
  out_.push_back(tag::bit_string);
  length(content.size() + 1);
  out_.push_back(0);
  raw(content);
}

void DerWriter::named_bits(std::uint16_t bits) {
  std::array<std::uint8_t, 3> content{};  // unused bits, then bit 0 as the highest
  std::size_t used = 0;
  for (std::size_t bit = 0; bit < 16; ++bit) {
    if ((bits >> bit & 1U) == 0) continue;
    content[1 + bit / 8] = static_cast<std::uint8_t>(content[1 + bit / 8] | 0x80U >> (bit % 8));
    used = bit + 1;
  }
  content[0] = static_cast<std::uint8_t>((8 - used % 8) % 8);
  primitive(tag::bit_string, BytesView(content).first(1 + (used + 7) / 8));
}

void DerWriter::time(UnixTime at) {
  const CivilTime parts = civil(at);
  if (parts.year < 1950 || parts.year > 2049) {
    generalized_time(at);
    return;
  }
  out_.push_back(tag::utc_time);
  out_.push_back(13);
  two_digits(out_, parts.year % 100);
  from_month(out_, parts);
}

void DerWriter::generalized_time(UnixTime at) {
  const CivilTime parts = civil(at);
  out_.push_back(tag::generalized_time);
  out_.push_back(15);
  two_digits(out_, parts.year / 100);
  two_digits(out_, parts.year % 100);
  from_month(out_, parts);
}

}  // namespace signet::ca
