// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/serial.hpp"
#include "ca/oid.hpp"
#include "ca/tag.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace signet::ca {

/// Appends DER to one growing buffer. A constructed element's length is fixed when it closes: one
/// octet is kept for it, longer contents move up by the few octets missing. No allocation an
/// element.
class DerWriter {
 public:
  explicit DerWriter(std::size_t expected_size = 256) { out_.reserve(expected_size); }

  /// Opens an element; give the returned mark to close(). Innermost first.
  std::size_t open(std::uint8_t tag);
  void close(std::size_t mark);
  /// `writer.sequence([&] { ... })` writes the element whose content the body writes.
  template <class Body>
  void element(std::uint8_t tag, Body&& body) {
    const std::size_t mark = open(tag);
    std::forward<Body>(body)();
    close(mark);
  }
  template <class Body>
  void sequence(Body&& body) {
    element(tag::sequence, std::forward<Body>(body));
  }

  void raw(BytesView der) { out_.insert(out_.end(), der.begin(), der.end()); }
  void octet(std::uint8_t value) { out_.push_back(value); }
  void primitive(std::uint8_t tag, BytesView content);
  void boolean(bool value);
  void null() { primitive(tag::null, {}); }
  void integer(std::int64_t value);
  /// A non-negative INTEGER from big-endian magnitude octets; leading zeros are dropped.
  void integer(BytesView magnitude);
  void integer(const Serial& serial) { integer(serial.magnitude()); }
  void enumerated(std::uint8_t value) { primitive(tag::enumerated, {&value, 1}); }
  void oid(BytesView content) { primitive(tag::oid, content); }
  void oid(const KnownOid& known) { oid(BytesView(known)); }
  void oid(const Oid& value) { primitive(tag::oid, value.content()); }
  void octet_string(BytesView content) { primitive(tag::octet_string, content); }
  void bit_string(BytesView content);  ///< whole octets: unused bits 0
  /// Named bits (X.690, 11.2.2): bit i of the value is bit i of the type; trailing zeros go.
  void named_bits(std::uint16_t bits);
  void text(std::uint8_t tag, std::string_view value) { primitive(tag, as_bytes(value)); }
  /// UTCTime for 1950 to 2049, else GeneralizedTime (RFC 5280, 4.1.2.5). Years 0 to 9999.
  void time(UnixTime at);
  void generalized_time(UnixTime at);  ///< whatever the year (OCSP, invalidityDate)

  [[nodiscard]] BytesView view() const { return out_; }
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] Bytes take() { return std::move(out_); }

 private:
  void length(std::size_t value);
  Bytes out_;
};

}  // namespace signet::ca
