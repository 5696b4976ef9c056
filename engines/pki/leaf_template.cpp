// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/leaf.hpp"

namespace signet::pki {
namespace {

ca::LeafProfile profile_of(const Role& role, const Signer& signer) {
  ca::LeafProfile profile;
  profile.key_usage = role.key_usage;
  profile.ext_key_usage = role.ext_key_usage;
  profile.policies = role.policies;
  profile.basic_constraints_for_non_ca = role.fields.basic_constraints_valid_for_non_ca;
  profile.urls = signer.urls;
  profile.scheme = role.scheme;
  return profile;
}

}  // namespace

Result<std::shared_ptr<const LeafIssuer>> make_leaf_issuer(std::shared_ptr<const Issuers> issuers,
                                                           std::shared_ptr<const Role> role,
                                                           std::int64_t role_number,
                                                           std::string_view reference) {
  IssuingIssuer issuing = TRY(issuers->issuing(reference));
  ca::LeafTemplate leaf(*issuing.signer.issuer, profile_of(*role, issuing.signer));
  core::Json chain = core::Json::array();
  for (const IssuerEntry* link : issuers->chain_of(*issuing.entry)) chain.push_back(link->pem);
  return std::make_shared<const LeafIssuer>(LeafIssuer{std::move(issuers), std::move(role),
                                                       role_number, std::move(issuing),
                                                       std::move(leaf), std::move(chain)});
}

Result<std::shared_ptr<const LeafIssuer>> LeafTemplates::get(
    const std::shared_ptr<const Issuers>& issuers, std::string_view role_name,
    const std::shared_ptr<const Role>& role, std::int64_t role_number, std::string_view reference) {
  const auto resolved = issuers->resolve(reference);
  // Not resolved: make_leaf_issuer has the words for it.
  if (!resolved) return make_leaf_issuer(issuers, role, role_number, reference);
  const Key key{(*resolved)->id, std::string(role_name)};
  {
    const std::lock_guard lock(mutex_);
    const auto kept = kept_.find(key);
    if (kept != kept_.end() && kept->second->issuers == issuers && kept->second->role == role)
      return kept->second;
  }
  auto made = TRY(make_leaf_issuer(issuers, role, role_number, reference));
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= most_kept) kept_.clear();
  kept_.insert_or_assign(key, made);
  return made;
}

}  // namespace signet::pki
