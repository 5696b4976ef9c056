// SPDX-License-Identifier: Apache-2.0
// What issue, sign and sign-verbatim share: from an order to a signed, staged certificate.
#pragma once

#include "ca/tbs.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "engines/pki/issuers.hpp"
#include "engines/pki/names.hpp"
#include "engines/pki/output.hpp"
#include "engines/pki/role.hpp"
#include "engines/pki/validity.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace signet::pki {

/// Fields of every request for a leaf (pki.md 6.1).
struct LeafFields {
  std::string role;
  std::string issuer_ref = "default";
  std::string common_name;
  std::string alt_names;
  std::vector<std::string> ip_sans, uri_sans, other_sans;
  std::string serial_number;
  std::vector<std::string> user_ids;
  Seconds ttl{0};
  std::string not_before, not_after;
  std::string format = "pem";
  std::string private_key_format = "der";
  bool exclude_cn_from_sans = false;
  bool remove_roots_from_chain = false;
};
const core::Schema<LeafFields>& leaf_fields();

/// All that is constant for (issuer, role): made once, used by many requests at once.
struct LeafIssuer {
  std::shared_ptr<const Issuers> issuers;  // keeps `issuer` alive; shared with requests under way
  std::shared_ptr<const Role> role;        // shared with the role cache
  std::int64_t role_number = 0;
  IssuingIssuer issuing;
  ca::LeafTemplate leaf;
  core::Json ca_chain;  ///< PEMs, ready for answers
};

/// Leaf templates by (issuer, role). One that was made for another snapshot is made anew.
class LeafTemplates {
 public:
  /// @param reference  of the issuer. Errors are those of Issuers::issuing.
  Result<std::shared_ptr<const LeafIssuer>> get(const std::shared_ptr<const Issuers>& issuers,
                                                std::string_view role_name,
                                                const std::shared_ptr<const Role>& role,
                                                std::int64_t role_number,
                                                std::string_view reference);

 private:
  static constexpr std::size_t most_kept = 4096;
  using Key = std::pair<Uuid, std::string>;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const LeafIssuer>> kept_;
};

/// A LeafIssuer that is used once (sign-verbatim, whose role is made up for the request).
Result<std::shared_ptr<const LeafIssuer>> make_leaf_issuer(std::shared_ptr<const Issuers> issuers,
                                                           std::shared_ptr<const Role> role,
                                                           std::int64_t role_number,
                                                           std::string_view reference);

/// A certificate about to be made.
struct LeafOrder {
  const LeafFields& fields;
  const LeafIssuer& from;
  const crypto::PublicKey& key;
  const ca::DistinguishedName& subject;
  const ca::SubjectAltNames* sans = nullptr;
  Validity validity;
  std::vector<ca::Extension> extra;
  const crypto::PrivateKey* private_key = nullptr;  ///< of `issue`
  Format format = Format::pem;
  bool wants_pkcs8 = false;
  std::string role_name;  ///< "" when no role decided
};

/// What the lease of a certificate remembers (lease.cpp).
core::Json leased_certificate(std::int64_t authority, const Serial& serial, UnixTime not_after);

}  // namespace signet::pki
