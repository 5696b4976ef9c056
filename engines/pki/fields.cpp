// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/fields.hpp"

namespace signet::pki {

const core::Schema<ListFields>& list_fields() {
  static const core::Schema<ListFields> schema{
      {"after", &ListFields::after, "Entries after this one, in byte order."},
      {"limit", &ListFields::limit, "Most entries to list; 0 lists all."},
  };
  return schema;
}

const core::Schema<NameField>& name_field() {
  static const core::Schema<NameField> schema{
      {"name", &NameField::name, "Name of the object."},
  };
  return schema;
}

const core::Schema<IssuerRef>& issuer_ref_field() {
  static const core::Schema<IssuerRef> schema{
      {"issuer_ref", &IssuerRef::issuer_ref, "Issuer: an id, a name or `default`."},
  };
  return schema;
}

}  // namespace signet::pki
