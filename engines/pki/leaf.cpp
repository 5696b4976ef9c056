// SPDX-License-Identifier: Apache-2.0
// The last steps of every leaf: sign, stage, answer.
#include "engines/pki/leaf.hpp"

#include "ca/serial.hpp"
#include "crypto/digest.hpp"
#include "engines/pki/pki.hpp"
#include "storage/certificates.hpp"

namespace signet::pki {
namespace {

using core::Json;
using core::Request;
using core::Response;

void stage(Request& request, const Uuid& mount, const LeafOrder& order, const Serial& serial,
           const Der& der) {
  const crypto::Sha256 spki_hash = crypto::sha256(order.key.spki());
  storage::CertificateRow row;
  row.issuer = order.from.issuing.entry->authority;
  row.serial = to_bytes(serial.magnitude());
  row.mount = mount;
  row.role = order.role_name;
  row.source = "rest";
  row.not_before = order.validity.not_before;
  row.not_after = order.validity.not_after;
  row.der = der.bytes;
  row.spki_hash = to_bytes(BytesView(spki_hash));
  if (request.token != nullptr) row.entity = Uuid::parse(request.token->entity_id);
  storage::CertificateStore::stage(request.unit(), std::move(row));
}

/// The first certificate that is not stored: from then on OCSP cannot know a serial as never
/// issued, and must know so before the certificate leaves.
void note_unstored(Request& request, const IssuerRecords& records, const IssuerEntry& issuer) {
  if (!issuer.knows_all_serials) return;
  IssuerEntry changed = issuer;
  changed.knows_all_serials = false;
  records.update(request.unit(), changed);
}

/// The chain in the order's form: the ready one where it can be.
Json chain_of(const LeafOrder& order) {
  const bool without_roots = order.fields.remove_roots_from_chain;
  if (order.format != Format::der && !without_roots) return order.from.ca_chain;
  Json chain = Json::array();
  for (const IssuerEntry* link :
       shown_chain(*order.from.issuers, *order.from.issuing.entry, without_roots))
    chain.push_back(order.format == Format::der ? base64(link->certificate.der.view()) : link->pem);
  return chain;
}

Response answer(const LeafOrder& order, const Serial& serial, const Der& der) {
  const IssuerEntry& issuer = *order.from.issuing.entry;
  Json data{{"serial_number", serial.colons()},
            {"expiration", order.validity.not_after.seconds},
            {"not_before", order.validity.not_before.seconds},
            {"issuing_ca",
             order.format == Format::der ? base64(issuer.certificate.der.view()) : issuer.pem}};
  Json chain = chain_of(order);
  std::string certificate = certificate_text(order.format, der.view());
  SecretBytes bundle;
  if (order.format == Format::pem_bundle) {
    // The whole chain, roots too: remove_roots_from_chain is about ca_chain alone.
    std::vector<std::string> pems{std::move(certificate)};
    for (const Json& link : order.from.ca_chain) pems.push_back(link.get<std::string>());
    bundle = pem_bundle(order.private_key, pems);
  } else {
    data["certificate"] = std::move(certificate);
  }
  if (!chain.empty()) data["ca_chain"] = std::move(chain);
  Response response;
  if (!bundle.empty()) response.secrets.emplace_back("certificate", std::move(bundle));
  if (order.private_key != nullptr) {
    data["private_key_type"] = name(order.private_key->spec().type);
    response.secrets.emplace_back(
        "private_key", private_key_text(order.format, order.wants_pkcs8, *order.private_key));
  }
  response.data = std::move(data);
  return response;
}

core::LeaseTerms lease_for(const LeafOrder& order, const Serial& serial, UnixTime now) {
  core::LeaseTerms terms;
  terms.ttl = order.validity.not_after - now;
  terms.data =
      leased_certificate(order.from.issuing.entry->authority, serial, order.validity.not_after);
  return terms;
}

}  // namespace

const core::Schema<LeafFields>& leaf_fields() {
  using F = LeafFields;
  static const core::Schema<LeafFields> schema{
      {"role", &F::role, "Role that limits what may be issued."},
      {"issuer_ref", &F::issuer_ref, "Issuer that signs: an id, a name or `default`."},
      {"common_name", &F::common_name,
       "Common name of the subject; also a subject alternative name."},
      {"alt_names", &F::alt_names, "Further DNS names and mail addresses, comma-separated."},
      {"ip_sans", &F::ip_sans, "IP addresses."},
      {"uri_sans", &F::uri_sans, "URIs."},
      {"other_sans", &F::other_sans, "Other names: `<oid>;UTF8:<value>`."},
      {"serial_number", &F::serial_number, "The subject's attribute serialNumber."},
      {"user_ids", &F::user_ids, "The subject's user ids."},
      {"ttl", &F::ttl, "Validity; 0 takes the role's ttl. Never above its max_ttl."},
      {"not_before", &F::not_before, "Start of validity (RFC 3339)."},
      {"not_after", &F::not_after, "End of validity (RFC 3339), instead of ttl."},
      {"format", &F::format, "pem, der or pem_bundle."},
      {"private_key_format", &F::private_key_format, "der (the traditional form) or pkcs8."},
      {"exclude_cn_from_sans", &F::exclude_cn_from_sans,
       "The common name does not become a subject alternative name."},
      {"remove_roots_from_chain", &F::remove_roots_from_chain,
       "Self-signed certificates are left out of ca_chain."},
  };
  return schema;
}

Result<Response> PkiEngine::finish_leaf(Request& request, LeafOrder order) {
  const LeafIssuer& from = order.from;
  ca::LeafRequest leaf;
  leaf.serial = ca::serial_by_expiry(order.validity.not_after, context_.random);
  leaf.not_before = order.validity.not_before;
  leaf.not_after = order.validity.not_after;
  leaf.subject = &order.subject;
  leaf.key = &order.key;
  leaf.sans = order.sans;
  leaf.extra = std::move(order.extra);
  leaf.may_outlive_issuer = from.issuing.entry->leaf_not_after_behavior == LeafNotAfter::permit;
  ca::LintedTbs tbs = TRY(ca::prepare(from.leaf, leaf));
  const Der der = from.issuing.signer.issuer->sign(std::move(tbs));

  if (from.role->fields.no_store)
    note_unstored(request, records_, *from.issuing.entry);
  else
    stage(request, context_.mount_id, order, leaf.serial, der);
  request.unit().decided_on(Issuers::kind, context_.mount_id, from.issuers->number());
  request.unit().decided_on(Roles::kind, context_.mount_id, from.role_number);

  Response response = answer(order, leaf.serial, der);
  if (from.role->fields.generate_lease) response.lease = lease_for(order, leaf.serial, request.now);
  return response;
}

}  // namespace signet::pki
