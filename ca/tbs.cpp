// SPDX-License-Identifier: Apache-2.0
#include "ca/tbs.hpp"

#include "ca/der.hpp"
#include "ca/issuer.hpp"
#include "ca/lint.hpp"
#include "crypto/signature_algorithms.hpp"

#include <algorithm>
#include <array>

namespace signet::ca {
namespace {

constexpr std::array<std::uint8_t, 5> version_3{0xa0, 0x03, 0x02, 0x01, 0x02};

template <class Write>
Bytes written(Write&& write) {
  DerWriter out;
  write(out);
  return out.take();
}

void note(std::vector<BytesView>& oids, const KnownOid& oid, bool is_written) {
  if (is_written) oids.emplace_back(BytesView(oid));
}

/// Fields up to the subject's key, then what `extensions` writes.
template <class Extensions>
Bytes write_tbs(const Serial& serial, BytesView algorithm, BytesView issuer, UnixTime not_before,
                UnixTime not_after, BytesView subject, BytesView spki, std::size_t expected,
                Extensions&& extensions) {
  DerWriter out(expected);
  out.sequence([&] {
    out.raw(version_3);
    out.integer(serial);
    out.raw(algorithm);
    out.raw(issuer);
    out.sequence([&] {
      out.time(not_before);
      out.time(not_after);
    });
    out.raw(subject);
    out.raw(spki);
    out.element(tag::context_constructed(3), [&] { out.sequence([&] { extensions(out); }); });
  });
  return out.take();
}

/// A SAN copied from a request stands for the list; so do usages.
struct Copied {
  std::optional<SubjectAltNames> sans;
  KeyUsage key_usage;
};
Result<Copied> read_copied(const std::vector<Extension>& extra) {
  Copied copied;
  for (const Extension& extension : extra) {
    if (extension.oid == oid::subject_alt_name) {
      copied.sans = TRY(parse_general_names(extension.value));
    } else if (extension.oid == oid::key_usage) {
      copied.key_usage = TRY(parse_key_usage(extension.value));
    }
  }
  return copied;
}

std::size_t octets_of(const SubjectAltNames& sans) {
  std::size_t octets = 32;
  for (const auto* list : {&sans.dns, &sans.email, &sans.uri}) {
    for (const std::string& name : *list) octets += name.size() + 4;
  }
  for (const OtherName& name : sans.other) octets += name.value.size() + 40;
  return octets + 18 * sans.ip.size();
}

std::size_t octets_of(const std::vector<Extension>& extensions) {
  std::size_t octets = 0;
  for (const Extension& extension : extensions) octets += extension.value.size() + 32;
  return octets;
}

const SubjectAltNames no_names;

}  // namespace

LeafTemplate::LeafTemplate(const Issuer& issuer, const LeafProfile& profile)
    : strict_(profile.strict),
      key_usage_(profile.key_usage),
      issuer_not_after_(issuer.certificate().not_after),
      constraints_(issuer.name_constraints()),
      scheme_(effective_scheme(issuer.key().spec(), profile.scheme)),
      signer_key_id_(issuer.key().public_key().key_id()) {
  const Certificate& certificate = issuer.certificate();
  algorithm_ = to_bytes(crypto::signature_algorithm(issuer.key().spec().type, scheme_));
  issuer_name_ = to_bytes(certificate.subject.der());
  const bool has_qualifiers = ca::has_qualifiers(profile.policies);
  before_ski_ = written([&](DerWriter& out) {
    write_key_usage(out, profile.key_usage);
    write_ext_key_usage(out, profile.ext_key_usage);
    if (profile.basic_constraints_for_non_ca) write_basic_constraints(out, {});
  });
  before_san_ = written([&](DerWriter& out) {
    write_authority_key_identifier(out, certificate.subject_key_id);
    write_authority_info_access(out, profile.urls.authority_info);
  });
  after_san_ = written([&](DerWriter& out) {
    if (!has_qualifiers) write_certificate_policies(out, profile.policies);
    write_crl_distribution_points(out, profile.urls.crl_distribution_points);
  });
  after_other_ = written([&](DerWriter& out) {
    if (has_qualifiers) write_certificate_policies(out, profile.policies);
    write_freshest_crl(out, profile.urls.delta_crl_distribution_points);
  });
  note(oids_, oid::key_usage, !profile.key_usage.empty());
  note(oids_, oid::ext_key_usage, !profile.ext_key_usage.empty());
  note(oids_, oid::basic_constraints, profile.basic_constraints_for_non_ca);
  note(oids_, oid::subject_key_identifier, true);
  note(oids_, oid::authority_key_identifier, !certificate.subject_key_id.empty());
  note(oids_, oid::authority_info_access, !profile.urls.authority_info.empty());
  note(oids_, oid::certificate_policies, !profile.policies.empty());
  note(oids_, oid::crl_distribution_points, !profile.urls.crl_distribution_points.empty());
  note(oids_, oid::freshest_crl, !profile.urls.delta_crl_distribution_points.empty());
}

/// The one maker of LintedTbs.
struct TbsMaker {
  static LintedTbs make(Bytes tbs, const Serial& serial, UnixTime not_before, UnixTime not_after,
                        const crypto::SignatureScheme& scheme, BytesView algorithm,
                        const crypto::Sha1& signer) {
    LintedTbs linted;
    linted.tbs_ = std::move(tbs);
    linted.serial_ = serial;
    linted.not_before_ = not_before;
    linted.not_after_ = not_after;
    linted.scheme_ = scheme;
    linted.algorithm_ = to_bytes(algorithm);
    linted.signer_key_id_ = signer;
    return linted;
  }

  static Result<LintedTbs> leaf(const LeafTemplate& leaf, const LeafRequest& request) {
    CHECK(request.subject != nullptr && request.key != nullptr);
    const Copied copied = TRY(read_copied(request.extra));
    const SubjectAltNames& given = request.sans != nullptr ? *request.sans : no_names;
    const SubjectAltNames& sans = copied.sans ? *copied.sans : given;
    const LintSubject subject{request.serial,
                              request.not_before,
                              request.not_after,
                              leaf.issuer_not_after_,
                              request.may_outlive_issuer,
                              false,
                              leaf.strict_,
                              *request.subject,
                              sans,
                              leaf.key_usage_ | copied.key_usage,
                              leaf.constraints_,
                              request.extra,
                              leaf.oids_};
    TRY(lint(subject));
    const bool writes_sans = !copied.sans;
    const std::size_t expected =
        256 + leaf.issuer_name_.size() + leaf.before_ski_.size() + leaf.before_san_.size() +
        leaf.after_san_.size() + leaf.after_other_.size() + request.subject->der().size() +
        request.key->spki().size() + octets_of(sans) + octets_of(request.extra);
    // RFC 5280, 4.2.1.6: critical when the subject is empty. Vault leaves that out where
    // otherNames are present.
    const auto write_sans = [&](DerWriter& out, bool with_other_names) {
      if (writes_sans && with_other_names == !sans.other.empty()) {
        write_subject_alt_name(out, sans, request.subject->empty());
      }
    };
    Bytes tbs = write_tbs(request.serial, leaf.algorithm_, leaf.issuer_name_, request.not_before,
                          request.not_after, request.subject->der(), request.key->spki(), expected,
                          [&](DerWriter& out) {
                            out.raw(leaf.before_ski_);
                            write_subject_key_identifier(out, request.key->key_id());
                            out.raw(leaf.before_san_);
                            write_sans(out, false);
                            out.raw(leaf.after_san_);
                            write_sans(out, true);
                            out.raw(leaf.after_other_);
                            for (const Extension& one : request.extra) write_extension(out, one);
                          });
    return make(std::move(tbs), request.serial, request.not_before, request.not_after, leaf.scheme_,
                leaf.algorithm_, leaf.signer_key_id_);
  }

  /// Who signs a CA certificate: an issuer above, or the certificate's own key.
  struct Signer {
    BytesView name;
    BytesView authority_key_id;
    UnixTime not_after;
    crypto::KeySpec key;
    crypto::Sha1 key_id;
    std::span<const NameConstraints> constraints;
  };

  static Result<LintedTbs> ca(const Signer& signer, const CaProfile& profile,
                              const CaRequest& request, std::optional<int> path_length,
                              BytesView subject_key_id) {
    const Copied copied = TRY(read_copied(request.extra));
    const SubjectAltNames& sans = copied.sans ? *copied.sans : request.sans;
    std::vector<BytesView> oids;
    const bool writes_usage = copied.key_usage.empty();
    const bool writes_ext_usage = find_extension(request.extra, oid::ext_key_usage) == nullptr;
    note(oids, oid::key_usage, writes_usage && !profile.key_usage.empty());
    note(oids, oid::ext_key_usage, writes_ext_usage && !profile.ext_key_usage.empty());
    note(oids, oid::basic_constraints, true);
    note(oids, oid::subject_key_identifier, true);
    note(oids, oid::authority_key_identifier, !signer.authority_key_id.empty());
    note(oids, oid::authority_info_access, !profile.urls.authority_info.empty());
    note(oids, oid::name_constraints, !profile.name_constraints.empty());
    note(oids, oid::crl_distribution_points, !profile.urls.crl_distribution_points.empty());
    note(oids, oid::freshest_crl, !profile.urls.delta_crl_distribution_points.empty());
    const LintSubject subject{request.serial,
                              request.not_before,
                              request.not_after,
                              signer.not_after,
                              request.may_outlive_issuer,
                              true,
                              profile.strict,
                              *request.subject,
                              sans,
                              writes_usage ? profile.key_usage : copied.key_usage,
                              signer.constraints,
                              request.extra,
                              oids};
    TRY(lint(subject));
    const crypto::SignatureScheme scheme = effective_scheme(signer.key, profile.scheme);
    const BytesView algorithm = crypto::signature_algorithm(signer.key.type, scheme);
    const auto write_sans = [&](DerWriter& out, bool with_other_names) {
      if (!copied.sans && with_other_names == !sans.other.empty()) {
        write_subject_alt_name(out, sans, request.subject->empty());
      }
    };
    Bytes tbs =
        write_tbs(request.serial, algorithm, signer.name, request.not_before, request.not_after,
                  request.subject->der(), request.key->spki(), 1024, [&](DerWriter& out) {
                    if (writes_usage) write_key_usage(out, profile.key_usage);
                    if (writes_ext_usage) write_ext_key_usage(out, profile.ext_key_usage);
                    write_basic_constraints(out, {true, path_length});
                    write_subject_key_identifier(out, subject_key_id);
                    write_authority_key_identifier(out, signer.authority_key_id);
                    write_authority_info_access(out, profile.urls.authority_info);
                    write_sans(out, false);
                    write_name_constraints_extension(out, profile.name_constraints);
                    write_crl_distribution_points(out, profile.urls.crl_distribution_points);
                    write_sans(out, true);
                    write_freshest_crl(out, profile.urls.delta_crl_distribution_points);
                    for (const Extension& one : request.extra) write_extension(out, one);
                  });
    return make(std::move(tbs), request.serial, request.not_before, request.not_after, scheme,
                algorithm, signer.key_id);
  }
};

namespace {

Bytes subject_key_id_of(const CaRequest& request) {
  if (!request.subject_key_id.empty()) return request.subject_key_id;
  const crypto::Sha1 digest = request.key->key_id();
  return to_bytes(BytesView(digest));
}

/// How many CA certificates may stand below the issuer, by its own limit and its ancestors' (RFC
/// 5280, 6.1.4 (l) and (m)); self-issued ones take up no level.
std::optional<int> path_limit(const Issuer& issuer) {
  std::optional<int> limit;
  int levels = 0;
  const auto consider = [&](const Certificate& certificate) {
    if (certificate.basic_constraints && certificate.basic_constraints->path_length) {
      const int left = *certificate.basic_constraints->path_length - levels;
      limit = limit ? std::min(*limit, left) : left;
    }
    if (certificate.issuer != certificate.subject) ++levels;
  };
  consider(issuer.certificate());
  for (const Certificate& above : issuer.chain()) consider(above);
  return limit;
}

Result<std::optional<int>> path_length(const Issuer& issuer, const CaProfile& profile) {
  const std::optional<int> limit = path_limit(issuer);
  const bool is_given = profile.max_path_length && *profile.max_path_length >= 0;
  if (limit && *limit <= 0) {
    return invalid(
        "signing certificate has a max path length of zero, and cannot issue further CA "
        "certificates");
  }
  if (!is_given) return limit ? std::optional<int>(*limit - 1) : std::nullopt;
  if (limit && *profile.max_path_length >= *limit) {
    return invalid("max_path_length " + std::to_string(*profile.max_path_length) +
                   " is not below the path length of the signing certificate, " +
                   std::to_string(*limit));
  }
  return profile.max_path_length;
}

}  // namespace

Result<LintedTbs> prepare(const LeafTemplate& leaf, const LeafRequest& request) {
  return TbsMaker::leaf(leaf, request);
}

Result<LintedTbs> prepare_root(const CaProfile& profile, const CaRequest& request) {
  CHECK(request.subject != nullptr && request.key != nullptr);
  const Bytes key_id = subject_key_id_of(request);
  const TbsMaker::Signer self{request.subject->der(), key_id,
                              request.not_after,      request.key->spec(),
                              request.key->key_id(),  {}};
  std::optional<int> length = profile.max_path_length;
  if (length && *length < 0) length.reset();
  return TbsMaker::ca(self, profile, request, length, key_id);
}

Result<LintedTbs> prepare_intermediate(const Issuer& issuer, const CaProfile& profile,
                                       const CaRequest& request) {
  CHECK(request.subject != nullptr && request.key != nullptr);
  const std::optional<int> length = TRY(path_length(issuer, profile));
  const Bytes key_id = subject_key_id_of(request);
  const std::vector<NameConstraints> constraints = issuer.name_constraints();
  const TbsMaker::Signer signer{
      issuer.certificate().subject.der(), issuer.certificate().subject_key_id,
      issuer.certificate().not_after,     issuer.key().spec(),
      issuer.key().public_key().key_id(), constraints};
  return TbsMaker::ca(signer, profile, request, length, key_id);
}

Der sign(const crypto::PrivateKey& key, LintedTbs&& tbs) {
  const LintedTbs taken = std::move(tbs);
  CHECK(key.public_key().key_id() == taken.signer_key_id_);
  const Bytes signature = key.sign(taken.scheme_, taken.tbs_);
  DerWriter out(taken.tbs_.size() + taken.algorithm_.size() + signature.size() + 16);
  out.sequence([&] {
    out.raw(taken.tbs_);
    out.raw(taken.algorithm_);
    out.bit_string(signature);
  });
  return {out.take()};
}

}  // namespace signet::ca
