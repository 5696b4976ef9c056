// SPDX-License-Identifier: Apache-2.0
#include "ca/certificate.hpp"

#include "ca/der.hpp"
#include "crypto/signature_algorithms.hpp"

namespace signet::ca {
namespace {

constexpr std::size_t most_certificate_octets = 64 * 1024;

Result<void> decode_extension(const Extension& extension, Certificate& to) {
  const BytesView value = extension.value;
  const Oid& oid = extension.oid;
  if (oid == oid::subject_key_identifier) {
    to.subject_key_id = TRY(parse_subject_key_identifier(value));
  } else if (oid == oid::authority_key_identifier) {
    to.authority_key_id = TRY(parse_authority_key_identifier(value));
  } else if (oid == oid::basic_constraints) {
    to.basic_constraints = TRY(parse_basic_constraints(value));
  } else if (oid == oid::key_usage) {
    to.key_usage = TRY(parse_key_usage(value));
  } else if (oid == oid::ext_key_usage) {
    to.ext_key_usage = TRY(parse_ext_key_usage(value));
  } else if (oid == oid::subject_alt_name) {
    to.sans = TRY(parse_general_names(value));
  } else if (oid == oid::name_constraints) {
    NameConstraints constraints = TRY(parse_name_constraints(value));
    constraints.critical = extension.critical;
    to.name_constraints = std::move(constraints);
  } else if (oid == oid::crl_distribution_points) {
    to.crl_distribution_points = TRY(parse_crl_distribution_points(value));
  } else if (oid == oid::authority_info_access) {
    to.authority_info = TRY(parse_authority_info_access(value));
  }
  return {};
}

/// [1] and [2] unique identifiers, [3] extensions, as far as the version allows them.
Result<void> parse_rest(DerReader& tbs, std::int64_t version, Certificate& to) {
  for (const unsigned number : {1U, 2U}) {
    if (version >= 1 && tbs.next_is(tag::context(number))) {
      TRY(tbs.content(tag::context(number)));
    }
  }
  if (version == 2 && tbs.next_is(tag::context_constructed(3))) {
    DerReader wrapped = TRY(tbs.enter(tag::context_constructed(3)));
    to.extensions = TRY(parse_extensions(wrapped));
    TRY(wrapped.finish());
    for (const Extension& extension : to.extensions) TRY(decode_extension(extension, to));
  }
  return tbs.finish();
}

Result<void> parse_tbs(DerReader& tbs, Certificate& to) {
  std::int64_t version = 0;
  if (tbs.next_is(tag::context_constructed(0))) {
    DerReader wrapped = TRY(tbs.enter(tag::context_constructed(0)));
    version = TRY(wrapped.integer());
    TRY(wrapped.finish());
    if (version < 1 || version > 2) return invalid("certificate: unknown version");
  }
  to.serial = TRY(tbs.serial());
  const Element algorithm = TRY(tbs.any());
  to.signature_algorithm = to_bytes(algorithm.whole);
  const Element issuer = TRY(tbs.any());
  to.issuer = TRY(DistinguishedName::parse(issuer.whole));
  DerReader validity = TRY(tbs.sequence());
  to.not_before = TRY(validity.time());
  to.not_after = TRY(validity.time());
  TRY(validity.finish());
  const Element subject = TRY(tbs.any());
  to.subject = TRY(DistinguishedName::parse(subject.whole));
  const Element spki = TRY(tbs.any());
  TRY(only_element(spki.whole, tag::sequence));
  to.spki = to_bytes(spki.whole);
  return parse_rest(tbs, version, to);
}

/// subjectPublicKey's octets; empty when the SPKI is malformed.
BytesView key_bits(BytesView spki) {
  const auto content = only_element(spki, tag::sequence);
  if (!content) return {};
  DerReader fields(*content, 1);
  if (!fields.content(tag::sequence)) return {};
  const auto bits = fields.bit_string();
  return bits ? *bits : BytesView{};
}

}  // namespace

Result<Certificate> parse_certificate(BytesView der) {
  if (der.size() > most_certificate_octets) return invalid("certificate: larger than 64 KiB");
  TRY(check_structure(der));
  Certificate certificate;
  certificate.der.bytes = to_bytes(der);
  const BytesView content = TRY(only_element(der, tag::sequence));
  DerReader outer(content, 1);
  DerReader tbs = TRY(outer.sequence());
  TRY(parse_tbs(tbs, certificate));
  const Element algorithm = TRY(outer.any());
  // RFC 5280, 4.1.1.2
  if (as_text(algorithm.whole) != as_text(certificate.signature_algorithm)) {
    return invalid("certificate: the two signature algorithms differ");
  }
  const BytesView signature = TRY(outer.bit_string());
  certificate.signature = to_bytes(signature);
  TRY(outer.finish());
  return certificate;
}

BytesView Certificate::tbs() const {
  const auto content = only_element(der.view(), tag::sequence);
  CHECK(content);
  DerReader outer(*content, 1);
  const auto element = outer.any();
  CHECK(element);
  return element->whole;
}

Result<crypto::PublicKey> Certificate::public_key() const {
  return crypto::PublicKey::from_spki(spki);
}

Bytes Certificate::key_id() const {
  if (!subject_key_id.empty()) return subject_key_id;
  return to_bytes(BytesView(crypto::sha1(key_bits(spki))));
}

bool Certificate::is_self_signed() const {
  if (!authority_key_id.empty() && !subject_key_id.empty()) {
    return authority_key_id == subject_key_id;
  }
  if (issuer != subject) return false;
  const auto key = public_key();
  return key && verify_signature(*this, *key);
}

std::string Certificate::pem(bool newline) const {
  return signet::pem("CERTIFICATE", der.view(), newline);
}

bool verify_signature(const Certificate& certificate, const crypto::PublicKey& issuer_key) {
  const auto algorithm = crypto::parse_signature_algorithm(certificate.signature_algorithm);
  if (!algorithm || algorithm->key != issuer_key.spec().type) return false;
  return issuer_key.verify(algorithm->scheme, certificate.tbs(), certificate.signature);
}

}  // namespace signet::ca
