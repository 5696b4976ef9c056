// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/new_key.hpp"

#include "engines/pki/pki.hpp"
#include "engines/pki/role.hpp"

namespace signet::pki {

const core::Schema<NewKeyFields>& new_key_fields() {
  using F = NewKeyFields;
  static const core::Schema<NewKeyFields> schema{
      {"exported", &F::exported,
       "internal: the key stays here; exported: it is answered once; existing: one that is here."},
      {"key_type", &F::key_type, "rsa (the default), ec or ed25519; not with `existing`."},
      {"key_bits", &F::key_bits, "Size of the key; 0: the default. Not with `existing`."},
      {"key_name", &F::key_name, "Name of the new key."},
      {"key_ref", &F::key_ref, "With `existing`: the key's id or name, or `default`."},
      {"external_key_ref", &F::external_key_ref, "A key outside; none are supported."},
  };
  return schema;
}

Result<KeySource> key_source(const NewKeyFields& fields) {
  KeySource source = KeySource::internal;
  if (fields.exported == "exported")
    source = KeySource::exported;
  else if (fields.exported == "existing")
    source = KeySource::existing;
  else if (fields.exported == "kms")
    return invalid("keys outside of this server (kms) are not supported");
  else if (fields.exported != "internal")
    return invalid(
        R"(the "exported" path parameter must be "internal", "existing", exported" or "kms")");
  if (!fields.external_key_ref.empty())
    return invalid("external_key_ref can be given with the path parameter kms only");
  if (source == KeySource::existing && (fields.key_type || fields.key_bits))
    return invalid(
        "invalid parameter for the kms/existing path parameter, key_type nor key_bits arguments "
        "can be set in this mode");
  return source;
}

Result<crypto::KeySpec> new_key_spec(const std::string& key_type, std::int64_t key_bits) {
  if (key_type == "any") return invalid("unknown key type: any");
  const std::int64_t bits = TRY(resolved_key_bits(key_type, key_bits));
  const auto type = crypto::key_type_named(key_type);
  if (!type) return invalid("unknown key type " + key_type);
  if (*type == crypto::KeyType::rsa && bits > 4096)
    return invalid("RSA keys of more than 4096 bits are not generated; they can be imported");
  return crypto::KeySpec{*type, static_cast<int>(bits)};
}

Result<ChosenKey> choose_key(PkiEngine& engine, const Issuers& issuers, KeySource source,
                             const NewKeyFields& fields) {
  if (source == KeySource::existing) {
    const auto found = issuers.resolve_key(fields.key_ref);
    if (!found)
      return invalid("failed to lookup public key from existing key: " + found.error().message);
    ChosenKey chosen;
    chosen.entry = **found;
    chosen.key = issuers.private_key(**found);
    return chosen;
  }
  std::string name;
  if (fields.key_name) name = TRY(checked_key_name(issuers, *fields.key_name));
  const crypto::KeySpec spec =
      TRY(new_key_spec(fields.key_type.value_or("rsa"), fields.key_bits.value_or(0)));
  ChosenKey chosen = new_key_entry(engine, engine.new_key(spec), std::move(name));
  chosen.entry.is_internal = source == KeySource::internal;
  return chosen;
}

}  // namespace signet::pki
