// SPDX-License-Identifier: Apache-2.0
#include "ca/chain.hpp"

#include <algorithm>
#include <array>

namespace signet::ca {
namespace {

constexpr std::size_t most_levels = 32;
constexpr int most_signatures = 100;

/// Everything of is_issued_by that costs nothing.
bool may_be_issued_by(const Certificate& certificate, const Certificate& issuer) {
  if (certificate.issuer != issuer.subject || !issuer.is_ca()) return false;
  if (issuer.key_usage && !issuer.key_usage->has(usage::cert_sign)) return false;
  return certificate.authority_key_id.empty() || issuer.subject_key_id.empty() ||
         certificate.authority_key_id == issuer.subject_key_id;
}

bool has_issuers_signature(const Certificate& certificate, const Certificate& issuer) {
  const auto key = issuer.public_key();
  return key && verify_signature(certificate, *key);
}

/// Depth-first search for a path to a self-signed certificate.
class Climb {
 public:
  explicit Climb(std::span<const Certificate> pool) : pool_(pool) {}

  std::vector<Certificate> from(const Certificate& certificate) {
    start_ = &certificate;
    if (!is_end(certificate)) climb(certificate);
    std::vector<Certificate> chain;
    chain.reserve(best_.size());
    for (const Certificate* one : best_) chain.push_back(*one);
    return chain;
  }

 private:
  static bool is_end(const Certificate& certificate) {
    return certificate.issuer == certificate.subject && certificate.is_self_signed();
  }

  bool climb(const Certificate& certificate) {
    if (path_.size() >= most_levels) return false;
    for (const Certificate* parent : parents(certificate)) {
      if (signatures_ >= most_signatures) return false;
      ++signatures_;
      if (!has_issuers_signature(certificate, *parent)) continue;
      path_.push_back(parent);
      const bool is_done = is_end(*parent);
      if (is_done || path_.size() > best_.size()) best_ = path_;
      if (is_done || climb(*parent)) return true;
      path_.pop_back();
    }
    return false;
  }

  std::vector<const Certificate*> parents(const Certificate& certificate) const {
    std::vector<const Certificate*> found;
    for (const Certificate& candidate : pool_) {
      const auto is_same = [&](const Certificate* one) { return one->der == candidate.der; };
      if (may_be_issued_by(certificate, candidate) && candidate.der != start_->der &&
          std::ranges::none_of(path_, is_same) && std::ranges::none_of(found, is_same)) {
        found.push_back(&candidate);
      }
    }
    std::ranges::stable_sort(found, [](const Certificate* a, const Certificate* b) {
      const bool a_ends = a->issuer == a->subject;
      const bool b_ends = b->issuer == b->subject;
      return a_ends != b_ends ? a_ends : a->not_after > b->not_after;
    });
    return found;
  }

  std::span<const Certificate> pool_;
  const Certificate* start_ = nullptr;
  std::vector<const Certificate*> path_, best_;
  int signatures_ = 0;
};

bool is_understood(const Oid& oid) {
  static constexpr std::array<KnownOid, 9> known{
      oid::basic_constraints,
      oid::key_usage,
      oid::ext_key_usage,
      oid::subject_alt_name,
      oid::name_constraints,
      oid::subject_key_identifier,
      oid::authority_key_identifier,
      oid::authority_info_access,
      oid::crl_distribution_points,
  };
  return std::ranges::any_of(known, [&oid](const KnownOid& one) { return oid == one; });
}

Result<void> check_one(const Certificate& certificate, UnixTime at) {
  if (at < certificate.not_before || at > certificate.not_after) {
    return invalid("certificate " + certificate.subject.text() + " is not valid at this time");
  }
  for (const Extension& extension : certificate.extensions) {
    if (extension.critical && !is_understood(extension.oid)) {
      return invalid("unknown critical extension " + extension.oid.text());
    }
  }
  return {};
}

}  // namespace

bool is_issued_by(const Certificate& certificate, const Certificate& issuer) {
  return may_be_issued_by(certificate, issuer) && has_issuers_signature(certificate, issuer);
}

std::vector<Certificate> build_chain(const Certificate& certificate,
                                     std::span<const Certificate> pool) {
  return Climb(pool).from(certificate);
}

Result<void> verify_path(const Certificate& leaf, std::span<const Certificate> above, UnixTime at) {
  if (above.size() > most_levels) return invalid("certificate path is too long");
  std::vector<NameConstraints> constraints;
  std::optional<int> left;  // RFC 5280, 6.1.2 (k): max_path_length
  for (std::size_t i = above.size(); i-- > 0;) {
    const Certificate& certificate = above[i];
    TRY(check_one(certificate, at));
    if (!certificate.is_ca()) return invalid("an issuer in the path is not a CA");
    const bool is_self_issued = certificate.issuer == certificate.subject;
    if (i + 1 < above.size()) {
      if (!is_issued_by(certificate, above[i + 1])) {
        return invalid("certificate " + certificate.subject.text() + " is not issued by the next");
      }
      // RFC 5280, 6.1.3 (b): self-issued certificates that do not end the path are passed over.
      if (!is_self_issued) {
        TRY(check_name_constraints(constraints, certificate.subject, certificate.sans));
        if (left && *left <= 0) return invalid("path length constraint exceeded");
        if (left) --*left;
      }
    }
    if (certificate.name_constraints) constraints.push_back(*certificate.name_constraints);
    const auto limit = certificate.basic_constraints->path_length;
    if (limit && (!left || *limit < *left)) left = limit;
  }
  TRY(check_one(leaf, at));
  if (above.empty()) return {};
  if (!is_issued_by(leaf, above.front()))
    return invalid("the certificate is not issued by the next");
  return check_name_constraints(constraints, leaf.subject, leaf.sans);
}

}  // namespace signet::ca
