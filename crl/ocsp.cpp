// SPDX-License-Identifier: Apache-2.0
#include "crl/ocsp.hpp"

#include "base/text.hpp"
#include "ca/der_reader.hpp"
#include "ca/der_writer.hpp"
#include "ca/extensions.hpp"
#include "ca/oid.hpp"
#include "ca/tag.hpp"
#include "crypto/signature_algorithms.hpp"

#include <algorithm>

namespace signet::crl {
namespace {

namespace tag = ca::tag;

constexpr ca::KnownOid basic_response = ca::known_oid("1.3.6.1.5.5.7.48.1.1");
constexpr ca::KnownOid nonce_extension = ca::known_oid("1.3.6.1.5.5.7.48.1.2");
constexpr ca::KnownOid acceptable_responses = ca::known_oid("1.3.6.1.5.5.7.48.1.4");
constexpr ca::KnownOid service_locator = ca::known_oid("1.3.6.1.5.5.7.48.1.7");
constexpr ca::KnownOid preferred_algorithms = ca::known_oid("1.3.6.1.5.5.7.48.1.8");
constexpr std::size_t most_certificates = 100;

std::size_t size_of(crypto::Hash hash) {
  switch (hash) {
    case crypto::Hash::sha1:
      return 20;
    case crypto::Hash::sha224:
      return 28;
    case crypto::Hash::sha256:
      return 32;
    case crypto::Hash::sha384:
      return 48;
    case crypto::Hash::sha512:
      return 64;
  }
  return 0;
}

/// Refused for its hash algorithm rather than its form: told apart by the error's code.
Error unknown_hash() { return {ErrorCode::denied, "CertID of an unknown hash algorithm", {}}; }

Result<CertId> read_cert_id(ca::DerReader& single) {
  const ca::Element whole = TRY(single.any());
  if (whole.tag != tag::sequence) return invalid("CertID is no SEQUENCE");
  ca::DerReader reader(whole.content, 4);
  CertId id;
  id.der = to_bytes(whole.whole);
  const ca::Element algorithm = TRY(reader.any());
  const auto hash = crypto::parse_hash_algorithm(algorithm.whole);
  const BytesView name_hash = TRY(reader.octet_string());
  const BytesView key_hash = TRY(reader.octet_string());
  const BytesView serial = TRY(reader.integer_content());
  TRY(reader.finish());
  if (serial.size() > 21 || (serial.size() == 21 && serial[0] != 0))
    return invalid("serial of more than 20 octets");
  if (!hash || *hash == crypto::Hash::sha224) return unknown_hash();
  id.hash = *hash;
  if (name_hash.size() != size_of(id.hash) || key_hash.size() != size_of(id.hash))
    return invalid("CertID hash of a wrong length");
  id.issuer_name_hash = to_bytes(name_hash);
  id.issuer_key_hash = to_bytes(key_hash);
  id.serial = to_bytes(serial);
  return id;
}

Result<CertId> read_single_request(ca::DerReader& list) {
  ca::DerReader single = TRY(list.sequence());
  CertId id = TRY(read_cert_id(single));
  if (!single.at_end()) {
    ca::DerReader wrapper = TRY(single.enter(tag::context_constructed(0)));
    const auto parsed = TRY(ca::parse_extensions(wrapper));
    TRY(wrapper.finish());
    for (const auto& extension : parsed)
      if (extension.critical && !(extension.oid == service_locator))
        return invalid("unknown critical extension of a request");
  }
  TRY(single.finish());
  return id;
}

/// The nonce within extnValue (RFC 9654, 2.1): an OCTET STRING of 1 to 128 octets. Clients of RFC
/// 2560 put raw octets there: then it is as if there were none.
Result<std::optional<Bytes>> read_nonce(BytesView value) {
  ca::DerReader reader(value);
  const auto content = reader.octet_string();
  if (!content || !reader.at_end()) return std::optional<Bytes>();
  if (content->empty() || content->size() > 128) return invalid("nonce of a wrong length");
  return std::optional<Bytes>(to_bytes(*content));
}

Result<void> read_request_extensions(ca::DerReader& tbs, OcspRequest& request) {
  ca::DerReader wrapper = TRY(tbs.enter(tag::context_constructed(2)));
  const auto extensions = TRY(ca::parse_extensions(wrapper));
  TRY(wrapper.finish());
  for (const auto& extension : extensions) {
    if (extension.oid == nonce_extension) {
      request.nonce = TRY(read_nonce(extension.value));
    } else if (extension.critical && !(extension.oid == acceptable_responses) &&
               !(extension.oid == preferred_algorithms)) {
      return invalid("unknown critical extension of a request");
    }
  }
  return {};
}

Result<OcspRequest> parse(BytesView der) {
  if (der.empty() || der.size() > ocsp_request_limit) return invalid("request of a wrong size");
  TRY(ca::check_structure(der));
  OcspRequest request;
  ca::DerReader top(der);
  ca::DerReader outer = TRY(top.sequence());
  TRY(top.finish());
  ca::DerReader tbs = TRY(outer.sequence());
  if (!outer.at_end()) {  // optionalSignature: a signed request is treated as unsigned (RFC
                          // 9919, 3.1.2)
    TRY(outer.enter(tag::context_constructed(0)));
  }
  TRY(outer.finish());
  if (tbs.next_is(tag::context_constructed(0))) {
    ca::DerReader version = TRY(tbs.enter(tag::context_constructed(0)));
    const auto number = TRY(version.integer());
    TRY(version.finish());
    if (number != 0) return invalid("request of an unknown version");
  }
  if (tbs.next_is(tag::context_constructed(1))) {
    TRY(tbs.any());  // requestorName
  }
  ca::DerReader list = TRY(tbs.sequence());
  while (!list.at_end()) {
    if (request.certificates.size() == most_certificates)
      return invalid("too many certificates in one request");
    auto id = TRY(read_single_request(list));
    request.certificates.push_back(std::move(id));
  }
  if (request.certificates.empty()) return invalid("request about no certificate");
  if (!tbs.at_end()) {
    TRY(read_request_extensions(tbs, request));
  }
  TRY(tbs.finish());
  return request;
}

void write_single(ca::DerWriter& out, const CertId& id, const SingleStatus& status) {
  out.sequence([&] {
    out.raw(id.der);
    switch (status.status) {
      case CertStatus::good:
        out.primitive(tag::context(0), {});
        break;
      case CertStatus::unknown:
        out.primitive(tag::context(2), {});
        break;
      case CertStatus::revoked:
        out.element(tag::context_constructed(1), [&] {
          out.generalized_time(status.revoked_at);
          if (status.reason != 0)
            out.element(tag::context_constructed(0),
                        [&] { out.enumerated(static_cast<std::uint8_t>(status.reason)); });
        });
        break;
    }
    out.generalized_time(status.this_update);
    if (status.next_update)
      out.element(tag::context_constructed(0), [&] { out.generalized_time(*status.next_update); });
  });
}

}  // namespace

Bytes ocsp_error(OcspError error) {
  return {0x30, 0x03, 0x0a, 0x01, static_cast<std::uint8_t>(error)};
}

BytesView CertId::magnitude() const {
  if (serial.empty() || (serial[0] & 0x80U) != 0) return {};
  return serial[0] == 0 ? BytesView(serial).subspan(1) : BytesView(serial);
}

tl::expected<OcspRequest, OcspError> parse_ocsp_request(BytesView der) {
  auto request = parse(der);
  if (request) return std::move(*request);
  return tl::unexpected(request.error().code == ErrorCode::denied ? OcspError::unauthorized
                                                                  : OcspError::malformed_request);
}

std::optional<Bytes> decode_ocsp_path(std::string_view path) {
  path = path.substr(0, path.find('?'));
  path = path.substr(0, path.find('#'));
  while (path.starts_with('/')) path.remove_prefix(1);
  std::string text(path);
  if (text.find('%') != std::string::npos) {
    auto decoded = percent_decode(text, false);
    if (!decoded) return std::nullopt;
    text = std::move(*decoded);
  }
  if (text.size() > ocsp_request_limit * 4 / 3 + 4) return std::nullopt;
  for (char& c : text) {
    if (c == '+' || c == ' ') c = '-';
    if (c == '/') c = '_';
  }
  while (text.ends_with('=')) text.pop_back();
  return from_base64url(text);
}

IssuerHashes::IssuerHashes(const ca::Certificate& issuer) {
  const auto key = issuer.public_key();
  if (!key) return;
  for (const auto hash :
       {crypto::Hash::sha1, crypto::Hash::sha256, crypto::Hash::sha384, crypto::Hash::sha512})
    pairs_.push_back({hash, crypto::digest(hash, issuer.subject.der()),
                      crypto::digest(hash, key->bit_string())});
}

bool IssuerHashes::matches(const CertId& id) const {
  return std::ranges::any_of(pairs_, [&](const Pair& pair) {
    return pair.hash == id.hash && pair.name == id.issuer_name_hash &&
           pair.key == id.issuer_key_hash;
  });
}

Bytes sign_ocsp_response(const std::vector<CertId>& ids, const std::vector<SingleStatus>& statuses,
                         UnixTime produced_at, const std::optional<Bytes>& nonce,
                         const crypto::PrivateKey& key, const crypto::SignatureScheme& scheme) {
  CHECK(ids.size() == statuses.size() && !ids.empty());
  ca::DerWriter data(256 + 160 * ids.size());
  data.sequence([&] {
    // responderID byKey: SHA-1 of the key's BIT STRING content whatever the CertIDs use (RFC
    // 6960, 4.2.1).
    data.element(tag::context_constructed(2),
                 [&] { data.octet_string(key.public_key().key_id()); });
    data.generalized_time(produced_at);
    data.sequence([&] {
      for (std::size_t i = 0; i < ids.size(); ++i) write_single(data, ids[i], statuses[i]);
    });
    if (nonce)
      data.element(tag::context_constructed(1), [&] {
        data.sequence([&] {
          ca::write_extension(data, nonce_extension, false, [&] { data.octet_string(*nonce); });
        });
      });
  });
  const Bytes signature = key.sign(scheme, data.view());
  ca::DerWriter out(data.size() + signature.size() + 96);
  out.sequence([&] {
    out.enumerated(0);  // successful
    out.element(tag::context_constructed(0), [&] {
      out.sequence([&] {
        out.oid(basic_response);
        out.element(tag::octet_string, [&] {
          out.sequence([&] {
            out.raw(data.view());
            out.raw(crypto::signature_algorithm(key.spec().type, scheme));
            out.bit_string(signature);
          });
        });
      });
    });
  });
  return out.take();
}

}  // namespace signet::crl
