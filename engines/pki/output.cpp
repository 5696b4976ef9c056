// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/output.hpp"

namespace signet::pki {
namespace {

/// PEM without a final newline; the intermediate text is wiped.
SecretBytes secret_pem(std::string_view label, BytesView der) {
  std::string text = pem(label, der, false);
  SecretBytes secret{std::string_view(text)};
  wipe(text);
  return secret;
}

std::string_view label_of(const crypto::PrivateKey& key, bool wants_pkcs8) {
  return wants_pkcs8 ? "PRIVATE KEY" : key.traditional_label();
}

}  // namespace

Result<Format> format_named(std::string_view text) {
  if (text == "pem" || text.empty()) return Format::pem;
  if (text == "der") return Format::der;
  if (text == "pem_bundle") return Format::pem_bundle;
  return invalid(R"(the "format" path parameter must be "pem", "der", or "pem_bundle")");
}

std::string certificate_text(Format format, BytesView der) {
  return object_text(format, "CERTIFICATE", der);
}

std::string object_text(Format format, std::string_view label, BytesView der) {
  return format == Format::der ? base64(der) : pem(label, der, false);
}

SecretBytes private_key_text(Format format, bool wants_pkcs8, const crypto::PrivateKey& key) {
  const SecretBytes der = wants_pkcs8 ? key.pkcs8() : key.traditional();
  if (format != Format::der) return secret_pem(label_of(key, wants_pkcs8), der.reveal());
  std::string text = base64(der.reveal());
  SecretBytes secret{std::string_view(text)};
  wipe(text);
  return secret;
}

Result<bool> wants_pkcs8(std::string_view private_key_format) {
  if (private_key_format == "pkcs8") return true;
  if (private_key_format.empty() || private_key_format == "der" || private_key_format == "pem")
    return false;
  return invalid(R"(the "private_key_format" path parameter must be "der", "pem", or "pkcs8")");
}

SecretBytes pem_bundle(const crypto::PrivateKey* key, const std::vector<std::string>& pems) {
  const SecretBytes first =
      key == nullptr ? SecretBytes() : private_key_text(Format::pem, false, *key);
  std::size_t size = first.size() + 1;
  for (const std::string& text : pems) size += text.size() + 1;
  Bytes bundle;
  bundle.reserve(size);  // so that no copy of the key is left behind by growing
  append(bundle, first.reveal());
  for (const std::string& text : pems) {
    if (!bundle.empty()) bundle.push_back('\n');
    append(bundle, as_bytes(text));
  }
  return SecretBytes(std::move(bundle));
}

std::vector<const IssuerEntry*> shown_chain(const Issuers& issuers, const IssuerEntry& issuer,
                                            bool without_roots) {
  std::vector<const IssuerEntry*> chain = issuers.chain_of(issuer);
  if (without_roots)
    std::erase_if(chain,
                  [](const IssuerEntry* link) { return link->certificate.is_self_signed(); });
  return chain;
}

}  // namespace signet::pki
