// SPDX-License-Identifier: Apache-2.0
// Which names a certificate gets and whether its role allows them (pki.md section 4).
#pragma once

#include "base/result.hpp"
#include "ca/csr.hpp"
#include "ca/general_name.hpp"
#include "ca/name.hpp"
#include "engines/pki/role.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace signet::pki {

/// What a request says of names; views of its fields.
struct NameRequest {
  const std::string& common_name;
  const std::string& alt_names;  ///< comma-separated
  const std::vector<std::string>& ip_sans;
  const std::vector<std::string>& uri_sans;
  const std::vector<std::string>& other_sans;
  const std::string& serial_number;  ///< the subject's attribute
  const std::vector<std::string>& user_ids;
  bool exclude_cn_from_sans = false;
};

/// The caller, as far as templates of a role name him.
struct Caller {
  bool has_entity = false;
};

struct CheckedNames {
  ca::Subject subject;
  ca::SubjectAltNames sans;
};

/// Collects and checks everything but user ids, in the order of pki.md 4.3. `csr` is null for
/// `issue`. Adds a warning for entries of alt_names that are no host names.
Result<CheckedNames> checked_names(const Role& role, const Caller& caller,
                                   const NameRequest& request, const ca::Csr* csr,
                                   std::vector<std::string>& warnings);

/// The last check: "user_id X is not allowed by this role".
Result<void> check_user_ids(const Role& role, const std::vector<std::string>& user_ids);

/// pki.md 4.2: may this DNS name or mail address be certified?
bool is_name_allowed(const RoleFields& role, const Caller& caller, std::string_view name);

}  // namespace signet::pki
