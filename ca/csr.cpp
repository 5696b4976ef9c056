// SPDX-License-Identifier: Apache-2.0
#include "ca/csr.hpp"

#include "ca/der.hpp"
#include "ca/profile.hpp"
#include "crypto/signature_algorithms.hpp"

#include <algorithm>
#include <bit>

namespace signet::ca {
namespace {

constexpr std::size_t most_csr_octets = 64 * 1024;

/// The views of a CertificationRequest's parts.
struct Parts {
  BytesView info;  ///< what is signed
  BytesView subject, spki;
  std::optional<BytesView> attributes;  ///< content of [0]
  BytesView algorithm, signature;
};

Result<Parts> split(BytesView der) {
  if (der.size() > most_csr_octets) return invalid("larger than 64 KiB");
  TRY(check_structure(der));
  const BytesView content = TRY(only_element(der, tag::sequence));
  Parts parts;
  DerReader outer(content, 1);
  const Element info = TRY(outer.any());
  parts.info = info.whole;
  if (info.tag != tag::sequence) return invalid("DER: unexpected tag");
  DerReader fields(info.content, 2);
  const std::int64_t version = TRY(fields.integer());
  if (version != 0) return invalid("unknown version");
  const Element subject = TRY(fields.any());
  parts.subject = subject.whole;
  const Element spki = TRY(fields.any());
  parts.spki = spki.whole;
  // RFC 2986 wants the attributes even when there are none; old tools leave them out.
  if (!fields.at_end()) {
    parts.attributes = TRY(fields.content(tag::context_constructed(0)));
    TRY(fields.finish());
  }
  const Element algorithm = TRY(outer.any());
  parts.algorithm = algorithm.whole;
  parts.signature = TRY(outer.bit_string());
  TRY(outer.finish());
  return parts;
}

/// Type and size of the key, before anything is computed with it. nullopt: not one of ours.
Result<std::optional<crypto::KeySpec>> outline(BytesView spki) {
  const BytesView content = TRY(only_element(spki, tag::sequence));
  DerReader fields(content, 2);
  const Element algorithm = TRY(fields.any());
  const BytesView bits = TRY(fields.bit_string());
  TRY(fields.finish());
  auto spec = crypto::parse_spki_algorithm(algorithm.whole);
  if (!spec) return std::optional<crypto::KeySpec>();
  if (spec->type == crypto::KeyType::rsa) {
    const BytesView rsa = TRY(only_element(bits, tag::sequence));
    DerReader numbers(rsa, 3);
    BytesView modulus = TRY(numbers.integer_content());
    if (modulus[0] == 0) modulus = modulus.subspan(1);
    spec->bits = modulus.empty()
                     ? 0
                     : static_cast<int>(8 * modulus.size()) - std::countl_zero(modulus.front());
  }
  return spec;
}

bool is_extension_request(const Oid& type) {
  return type == oid::extension_request || type == oid::microsoft_extension_request;
}

/// The requested extensions: at most one extensionRequest with one value (RFC 2985, 5.4.2).
Result<std::vector<Extension>> requested_extensions(BytesView attributes) {
  std::vector<Extension> extensions;
  std::vector<Oid> seen;
  bool has_request = false;
  DerReader reader(attributes, 3);
  while (!reader.at_end()) {
    DerReader attribute = TRY(reader.sequence());
    Oid type = TRY(attribute.oid());
    DerReader values = TRY(attribute.enter(tag::set));
    TRY(attribute.finish());
    if (std::find(seen.begin(), seen.end(), type) != seen.end()) {
      return invalid("attribute " + type.text() + " is repeated");
    }
    const bool is_request = is_extension_request(type);
    seen.push_back(std::move(type));
    if (!is_request) continue;
    if (has_request) return invalid("two extension requests");
    has_request = true;
    extensions = TRY(parse_extensions(values));
    TRY(values.finish());
  }
  return extensions;
}

Result<void> decode_extensions(Csr& csr) {
  for (const Extension& extension : csr.extensions) {
    if (extension.oid == oid::subject_alt_name) {
      csr.sans = TRY(parse_general_names(extension.value));
    } else if (extension.oid == oid::key_usage) {
      csr.key_usage = TRY(parse_key_usage(extension.value));
    } else if (extension.oid == oid::ext_key_usage) {
      csr.ext_key_usage = TRY(parse_ext_key_usage(extension.value));
    } else if (extension.oid == oid::basic_constraints) {
      csr.basic_constraints = TRY(parse_basic_constraints(extension.value));
    }
  }
  return {};
}

/// Everything but the signature.
Result<Csr> parse_parts(BytesView der, const Parts& parts, crypto::PublicKey key) {
  DistinguishedName subject = TRY(DistinguishedName::parse(parts.subject));
  Csr csr{{to_bytes(der)}, std::move(subject), std::move(key), {}, {}, {}, {}, {}};
  if (parts.attributes) csr.extensions = TRY(requested_extensions(*parts.attributes));
  TRY(decode_extensions(csr));
  return csr;
}

Error unparsable(const Error& error) {
  return invalid("certificate request could not be parsed: " + error.message);
}

Result<crypto::PublicKey> key_of(BytesView spki, const KeyCheck& accepts_key) {
  const auto spec = outline(spki);
  if (!spec) return unparsable(spec.error());
  if (!*spec) {
    return invalid(
        "Refusing to sign CSR with empty PublicKey: the public key algorithm is not supported");
  }
  if (accepts_key) TRY(accepts_key(**spec));
  auto key = crypto::PublicKey::from_spki(spki);
  if (key) return key;
  const bool is_final = key.error().message.starts_with("RSA keys < 2048");
  return is_final ? Error(key.error()) : unparsable(key.error());
}

}  // namespace

Result<Csr> parse_csr(BytesView der, const KeyCheck& accepts_key) {
  const auto parts = split(der);
  if (!parts) return unparsable(parts.error());
  const auto algorithm = crypto::parse_signature_algorithm(parts->algorithm);
  crypto::PublicKey key = TRY(key_of(parts->spki, accepts_key));
  // SHA-1, MD5 and DSA are not on the list either (x509-status 1.9: they prove nothing).
  if (!algorithm) return unparsable(invalid("signature algorithm is not supported"));
  auto csr = parse_parts(der, *parts, std::move(key));
  if (!csr) return unparsable(csr.error());
  if (algorithm->key != csr->public_key.spec().type ||
      !csr->public_key.verify(algorithm->scheme, parts->info, parts->signature)) {
    return invalid("request signature invalid");
  }
  return csr;
}

Result<Csr> parse_csr_pem(std::string_view pem, const KeyCheck& accepts_key) {
  if (pem.empty()) return invalid("\"csr\" is empty");
  const auto blocks = parse_pem(pem);
  if (!blocks || blocks->empty()) return invalid("csr contains no data");
  return parse_csr(blocks->front().der, accepts_key);
}

Der build_csr(const DistinguishedName& subject, const SubjectAltNames& sans,
              const std::vector<Extension>& extensions, const crypto::PrivateKey& key,
              const crypto::SignatureScheme& scheme) {
  DerWriter info(1024);
  info.sequence([&] {
    info.integer(std::int64_t{0});
    info.raw(subject.der());
    info.raw(key.public_key().spki());
    info.element(tag::context_constructed(0), [&] {
      if (sans.empty() && extensions.empty()) return;
      info.sequence([&] {
        info.oid(oid::extension_request);
        info.element(tag::set, [&] {
          info.sequence([&] {
            write_subject_alt_name(info, sans, subject.empty());
            for (const Extension& extension : extensions) write_extension(info, extension);
          });
        });
      });
    });
  });
  const crypto::SignatureScheme effective = effective_scheme(key.spec(), scheme);
  const Bytes signature = key.sign(effective, info.view());
  DerWriter out(info.size() + signature.size() + 128);
  out.sequence([&] {
    out.raw(info.view());
    out.raw(crypto::signature_algorithm(key.spec().type, effective));
    out.bit_string(signature);
  });
  return {out.take()};
}

}  // namespace signet::ca
