// SPDX-License-Identifier: Apache-2.0
// Request fields that several files of this folder share.
#pragma once

#include "core/schema.hpp"

#include <cstdint>
#include <string>

namespace signet::pki {

/// LIST parameters (pki.md 1.5): entries after `after` in byte order, at most `limit` (<= 0: all).
struct ListFields {
  std::string after;
  std::int64_t limit = 0;
};
const core::Schema<ListFields>& list_fields();

/// One name captured from the path.
struct NameField {
  std::string name;
};
const core::Schema<NameField>& name_field();

struct IssuerRef {
  std::string issuer_ref;
};
const core::Schema<IssuerRef>& issuer_ref_field();

}  // namespace signet::pki
