// SPDX-License-Identifier: Apache-2.0
// Plain OpenSSL calls: this certificate secures a developer's own machine and is made once a start.
#include "cli/dev_tls.hpp"

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace signet::cli {
namespace {

template <auto Free>
struct Release {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Release<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<&X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Release<&X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, Release<&std::fclose>>;

constexpr Seconds lifetime{30 * 86400};

void require(bool is_fine) {
  if (!is_fine) throw Fault("the certificate for -dev-tls could not be made");
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  require(key != nullptr);
  return key;
}

void add_extension(X509* certificate, X509V3_CTX& context, int nid, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void set_serial(X509* certificate, Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  bytes[0] &= 0x7f;
  bytes[0] |= 0x40;  // positive, of full length
  const std::unique_ptr<BIGNUM, Release<&BN_free>> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

Certificate draft(const char* common_name, EVP_PKEY* key, Clock& clock, Random& random) {
  Certificate certificate(X509_new());
  require(certificate != nullptr);
  X509* const raw = certificate.get();
  require(X509_set_version(raw, X509_VERSION_3) == 1 && X509_set_pubkey(raw, key) == 1);
  set_serial(raw, random);
  const UnixTime now = clock.now();
  ASN1_TIME_set(X509_getm_notBefore(raw), (now - Seconds(60)).seconds);
  ASN1_TIME_set(X509_getm_notAfter(raw), (now + lifetime).seconds);
  const auto* name = reinterpret_cast<const unsigned char*>(common_name);
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8, name, -1, -1,
                                     0) == 1);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key,
          const std::vector<std::pair<int, std::string>>& extensions) {
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const auto& [nid, value] : extensions) add_extension(certificate, context, nid, value);
  require(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const std::string& name : names) {
    std::array<std::uint8_t, 16> address{};
    const bool is_address = inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
                            inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
    text += fmt::format(",{}:{}", is_address ? "IP" : "DNS", name);
  }
  return text;
}

File open_file(const std::string& path) {
  File file(std::fopen(path.c_str(), "wbx"));
  if (!file) throw Fault(fmt::format("\"{}\" cannot be written", path));
  return file;
}

void write_certificate(const std::string& path, X509* certificate) {
  const File file = open_file(path);
  require(PEM_write_X509(file.get(), certificate) == 1);
}

}  // namespace

DevTls make_dev_tls(const std::string& folder, const std::vector<std::string>& names, Clock& clock,
                    Random& random) {
  const Key ca_key = make_key();
  const Certificate ca = draft("Signet development CA", ca_key.get(), clock, random);
  sign(ca.get(), ca.get(), ca_key.get(),
       {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"}});
  const Key key = make_key();
  const Certificate leaf = draft("localhost", key.get(), clock, random);
  sign(leaf.get(), ca.get(), ca_key.get(),
       {{NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name, alternative_names(names)}});
  DevTls out;
  out.ca_file = folder + "/signet-ca.pem";
  out.listener.cert_file = folder + "/signet-cert.pem";
  out.listener.key_file = folder + "/signet-key.pem";
  write_certificate(out.ca_file, ca.get());
  write_certificate(out.listener.cert_file, leaf.get());
  const File file = open_file(out.listener.key_file);
  require(PEM_write_PKCS8PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
          1);
  return out;
}

}  // namespace signet::cli
