// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/serial.hpp"
#include "ca/oid.hpp"
#include "ca/tag.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace signet::ca {

/// One element: views into the input.
struct Element {
  std::uint8_t tag = 0;
  BytesView content;
  BytesView whole;  ///< with tag and length
};

/// Strict DER: definite, minimal lengths; single-octet tags; nothing behind the last element once
/// finish() is called; at most max_depth levels. All errors are `invalid` with a text for the
/// caller. Views stay valid as long as the input.
class DerReader {
 public:
  static constexpr int max_depth = 16;
  explicit DerReader(BytesView input, int depth = 0) : rest_(input), depth_(depth) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool next_is(std::uint8_t tag) const { return !rest_.empty() && rest_[0] == tag; }
  [[nodiscard]] BytesView rest() const { return rest_; }

  Result<Element> any();
  Result<BytesView> content(std::uint8_t tag);  ///< an element of this tag: its content
  Result<DerReader> enter(std::uint8_t tag);    ///< a constructed element: a reader of its content
  Result<DerReader> sequence() { return enter(tag::sequence); }
  Result<void> finish() const;  ///< error when octets are left

  Result<bool> boolean();  ///< 00 or ff only
  Result<void> null();
  Result<BytesView> integer_content();  ///< minimal two's complement, at least one octet
  Result<std::int64_t> integer();       ///< fits 64 bits
  Result<Serial> serial();              ///< positive, at most 20 octets
  Result<Oid> oid();
  Result<BytesView> octet_string() { return content(tag::octet_string); }
  Result<BytesView> bit_string();      ///< whole octets only (keys, signatures)
  Result<std::uint16_t> named_bits();  ///< at most 16 bits, trailing zeros refused
  Result<UnixTime> time();             ///< UTCTime or GeneralizedTime, as RFC 5280, 4.1.2.5 demands
  Result<UnixTime> generalized_time();  ///< YYYYMMDDHHMMSSZ only

 private:
  BytesView rest_;
  int depth_;
};

/// The whole input as one element of this tag.
Result<BytesView> only_element(BytesView input, std::uint8_t tag);

/// Walks every constructed element once: well-formed lengths, depth at most DerReader::max_depth,
/// at most `max_elements`, exactly one top-level element. Cheap first gate for hostile input.
Result<void> check_structure(BytesView der, std::size_t max_elements = 4096);

/// Text of a string element as UTF-8, its characters checked against its type (PrintableString,
/// IA5String, NumericString, VisibleString, UTF8String, BMPString, UniversalString,
/// TeletexString read as Latin-1). Control characters are refused.
Result<std::string> string_value(std::uint8_t tag, BytesView content);

bool is_printable_string(std::string_view text);  ///< the characters of X.680, 41.4

}  // namespace signet::ca
