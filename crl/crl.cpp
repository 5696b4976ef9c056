// SPDX-License-Identifier: Apache-2.0
#include "crl/crl.hpp"

#include "ca/der_reader.hpp"
#include "ca/der_writer.hpp"
#include "ca/extensions.hpp"
#include "ca/tag.hpp"
#include "crypto/signature_algorithms.hpp"

#include <algorithm>
#include <array>

namespace signet::crl {
namespace {

namespace tag = ca::tag;

/// Room before the first entry for everything that stands in front of it; its size is known only
/// afterwards. The issuer's name is the only part without a bound of its own: names up to this size
/// fit.
constexpr std::uint64_t front_room = 64 * 1024;
constexpr std::size_t buffer_limit = 256 * 1024;

/// Identifier and length octets of an element whose content has this size.
Bytes header_of(std::uint8_t identifier, std::uint64_t size) {
  Bytes out{identifier};
  if (size < 0x80) {
    out.push_back(static_cast<std::uint8_t>(size));
    return out;
  }
  Bytes length;
  for (std::uint64_t rest = size; rest != 0; rest >>= 8)
    length.insert(length.begin(), static_cast<std::uint8_t>(rest));
  out.push_back(static_cast<std::uint8_t>(0x80 | length.size()));
  append(out, length);
  return out;
}

void write_extensions(ca::DerWriter& out, const CrlHeader& header) {
  out.element(tag::context_constructed(0), [&] {
    out.sequence([&] {
      ca::write_authority_key_identifier(out, header.authority_key_id);
      ca::write_extension(out, ca::oid::crl_number, false, [&] { out.integer(header.number); });
      if (header.base_number)
        ca::write_extension(out, ca::oid::delta_crl_indicator, true,
                            [&] { out.integer(*header.base_number); });
      else if (!header.freshest_crl.empty())
        ca::write_freshest_crl(out, header.freshest_crl);
    });
  });
}

}  // namespace

CrlBuilder::CrlBuilder(const std::string& folder)
    : file_(std::make_shared<TemporaryFile>(folder)), end_(front_room) {
  buffer_.reserve(buffer_limit + 128);
}

CrlBuilder::~CrlBuilder() = default;

void CrlBuilder::add(const CrlEntry& entry) {
  // A repeated serial would be two answers to one question.
  CHECK(entries_ == 0 || !std::ranges::equal(last_serial_, entry.serial));
  ca::DerWriter out(96);
  out.sequence([&] {
    out.integer(entry.serial);
    out.time(entry.revoked_at);
    if (entry.reason != 0)
      out.sequence([&] {
        ca::write_extension(out, ca::oid::reason_code, false,
                            [&] { out.enumerated(static_cast<std::uint8_t>(entry.reason)); });
      });
  });
  append(buffer_, out.view());
  last_serial_.assign(entry.serial.begin(), entry.serial.end());
  ++entries_;
  if (buffer_.size() >= buffer_limit) flush();
}

void CrlBuilder::flush() {
  file_->write_at(end_, buffer_);
  end_ += buffer_.size();
  buffer_.clear();
}

std::shared_ptr<const StoredObject> CrlBuilder::finish(const CrlHeader& header,
                                                       const crypto::PrivateKey& key,
                                                       const crypto::SignatureScheme& scheme) {
  CHECK(header.next_update > header.this_update);
  const BytesView algorithm = crypto::signature_algorithm(key.spec().type, scheme);
  flush();
  const std::uint64_t entries_size = end_ - front_room;
  ca::DerWriter back(512);
  write_extensions(back, header);
  file_->write_at(end_, back.view());
  end_ += back.size();

  ca::DerWriter front(1024);
  front.integer(1);  // v2
  front.raw(algorithm);
  front.raw(header.issuer);
  front.time(header.this_update);
  front.time(header.next_update);
  // revokedCertificates is absent, not empty, when nothing is revoked (RFC 5280, 5.1.2.6).
  if (entries_ != 0) front.raw(header_of(tag::sequence, entries_size));
  Bytes head = header_of(tag::sequence, front.size() + entries_size + back.size());
  append(head, front.view());
  if (head.size() + 16 > front_room) throw Fault("the issuer's name is too long for a CRL");
  const std::uint64_t tbs_at = front_room - head.size();
  file_->write_at(tbs_at, head);

  Bytes signature;
  {
    const TemporaryFile::Mapping tbs(*file_, tbs_at, static_cast<std::size_t>(end_ - tbs_at));
    signature = key.sign(scheme, tbs.view());
  }
  const std::uint64_t tbs_size = end_ - tbs_at;
  ca::DerWriter tail(512);
  tail.raw(algorithm);
  tail.bit_string(signature);
  file_->write_at(end_, tail.view());
  end_ += tail.size();
  const Bytes outer = header_of(tag::sequence, tbs_size + tail.size());
  const std::uint64_t begin = tbs_at - outer.size();
  file_->write_at(begin, outer);
  return std::make_shared<const StoredObject>(std::move(file_), begin, end_ - begin);
}

std::optional<crypto::SignatureScheme> scheme_named(std::string_view name, crypto::KeyType key) {
  struct Named {
    std::string_view name;
    crypto::KeyType key;
    crypto::SignatureScheme scheme;
  };
  using crypto::Hash;
  using crypto::KeyType;
  static constexpr std::array<Named, 10> schemes{
      {{"SHA256WithRSA", KeyType::rsa, {Hash::sha256, false}},
       {"SHA384WithRSA", KeyType::rsa, {Hash::sha384, false}},
       {"SHA512WithRSA", KeyType::rsa, {Hash::sha512, false}},
       {"SHA256WithRSAPSS", KeyType::rsa, {Hash::sha256, true}},
       {"SHA384WithRSAPSS", KeyType::rsa, {Hash::sha384, true}},
       {"SHA512WithRSAPSS", KeyType::rsa, {Hash::sha512, true}},
       {"ECDSAWithSHA256", KeyType::ec, {Hash::sha256, false}},
       {"ECDSAWithSHA384", KeyType::ec, {Hash::sha384, false}},
       {"ECDSAWithSHA512", KeyType::ec, {Hash::sha512, false}},
       {"PureEd25519", KeyType::ed25519, {}}}};
  for (const Named& known : schemes)
    if (known.key == key && name == known.name) return known.scheme;
  if (key == KeyType::ed25519 && name == "Ed25519") return crypto::SignatureScheme{};
  return std::nullopt;
}

namespace {

Result<void> read_crl_extensions(ca::DerReader& tbs, CrlHeader& header) {
  if (tbs.at_end()) return {};
  ca::DerReader wrapper = TRY(tbs.enter(tag::context_constructed(0)));
  const auto extensions = TRY(ca::parse_extensions(wrapper));
  TRY(wrapper.finish());
  for (const auto& extension : extensions) {
    ca::DerReader value(extension.value);
    if (extension.oid == ca::oid::authority_key_identifier) {
      header.authority_key_id = TRY(ca::parse_authority_key_identifier(extension.value));
    } else if (extension.oid == ca::oid::crl_number) {
      header.number = TRY(value.integer());
    } else if (extension.oid == ca::oid::delta_crl_indicator) {
      header.base_number = TRY(value.integer());
    } else if (extension.critical) {
      return invalid("CRL with an unknown critical extension " + extension.oid.text());
    }
  }
  return {};
}

Result<ParsedCrl::Entry> read_entry(ca::DerReader& list) {
  ca::DerReader item = TRY(list.sequence());
  ParsedCrl::Entry entry;
  const Serial serial = TRY(item.serial());
  entry.serial = to_bytes(serial.magnitude());
  entry.revoked_at = TRY(item.time());
  if (!item.at_end()) {
    const auto parsed = TRY(ca::parse_extensions(item));
    for (const auto& extension : parsed) {
      if (!(extension.oid == ca::oid::reason_code)) continue;
      ca::DerReader value(extension.value);
      const BytesView reason = TRY(value.content(tag::enumerated));
      if (reason.size() != 1 || reason[0] > 10 || reason[0] == 7)
        return invalid("CRL entry with an unknown reason");
      entry.reason = reason[0];
    }
  }
  TRY(item.finish());
  return entry;
}

}  // namespace

Result<ParsedCrl> parse_crl(BytesView der) {
  ParsedCrl crl;
  ca::DerReader top(der);
  ca::DerReader outer = TRY(top.sequence());
  TRY(top.finish());
  const ca::Element tbs_element = TRY(outer.any());
  if (tbs_element.tag != tag::sequence) return invalid("CRL without a tbsCertList");
  crl.tbs = to_bytes(tbs_element.whole);
  const ca::Element algorithm = TRY(outer.any());
  crl.signature_algorithm = to_bytes(algorithm.whole);
  const BytesView signature = TRY(outer.bit_string());
  crl.signature = to_bytes(signature);
  TRY(outer.finish());

  ca::DerReader tbs(tbs_element.content, 1);
  if (tbs.next_is(tag::integer)) {
    const auto version = TRY(tbs.integer());
    if (version != 1) return invalid("CRL of an unknown version");
  }
  const ca::Element inner_algorithm = TRY(tbs.any());
  if (!std::ranges::equal(inner_algorithm.whole, crl.signature_algorithm))
    return invalid("CRL whose inner and outer signature algorithms differ");
  const ca::Element issuer = TRY(tbs.any());
  crl.header.issuer = to_bytes(issuer.whole);
  crl.header.this_update = TRY(tbs.time());
  if (tbs.next_is(tag::utc_time) || tbs.next_is(tag::generalized_time)) {
    crl.header.next_update = TRY(tbs.time());
  }
  if (tbs.next_is(tag::sequence)) {
    ca::DerReader list = TRY(tbs.sequence());
    while (!list.at_end()) {
      auto entry = TRY(read_entry(list));
      crl.entries.push_back(std::move(entry));
    }
  }
  TRY(read_crl_extensions(tbs, crl.header));
  TRY(tbs.finish());
  return crl;
}

}  // namespace signet::crl
