// SPDX-License-Identifier: Apache-2.0
#include "ca/key_usage.hpp"

#include "base/text.hpp"

#include <array>

namespace signet::ca {
namespace {

struct NamedUsage {
  std::string_view name;
  KeyUsage usage;
};
constexpr std::array<NamedUsage, 9> usages{{
    {"DigitalSignature", usage::digital_signature},
    {"ContentCommitment", usage::content_commitment},
    {"KeyEncipherment", usage::key_encipherment},
    {"DataEncipherment", usage::data_encipherment},
    {"KeyAgreement", usage::key_agreement},
    {"CertSign", usage::cert_sign},
    {"CRLSign", usage::crl_sign},
    {"EncipherOnly", usage::encipher_only},
    {"DecipherOnly", usage::decipher_only},
}};

struct NamedExtUsage {
  std::string_view name;
  KnownOid oid;
};
/// In the order of ExtKeyUsage.
constexpr std::array<NamedExtUsage, 12> ext_usages{{
    {"Any", oid::usage_any},
    {"ServerAuth", oid::usage_server_auth},
    {"ClientAuth", oid::usage_client_auth},
    {"CodeSigning", oid::usage_code_signing},
    {"EmailProtection", oid::usage_email_protection},
    {"IPSECEndSystem", oid::usage_ipsec_end_system},
    {"IPSECTunnel", oid::usage_ipsec_tunnel},
    {"IPSECUser", oid::usage_ipsec_user},
    {"TimeStamping", oid::usage_time_stamping},
    {"OCSPSigning", oid::usage_ocsp_signing},
    {"MicrosoftServerGatedCrypto", oid::usage_microsoft_sgc},
    {"NetscapeServerGatedCrypto", oid::usage_netscape_sgc},
}};

}  // namespace

std::optional<KeyUsage> key_usage_named(std::string_view name) {
  for (const NamedUsage& known : usages) {
    if (equal_ignoring_case(known.name, name)) return known.usage;
  }
  return std::nullopt;
}

std::optional<ExtKeyUsage> ext_key_usage_named(std::string_view name) {
  for (std::size_t i = 0; i < ext_usages.size(); ++i) {
    if (equal_ignoring_case(ext_usages[i].name, name)) return static_cast<ExtKeyUsage>(i);
  }
  return std::nullopt;
}

const KnownOid& oid_of(ExtKeyUsage usage) {
  return ext_usages[static_cast<std::size_t>(usage)].oid;
}

}  // namespace signet::ca
