// SPDX-License-Identifier: Apache-2.0
#include "api/tls.hpp"

#include <memory>
#include <string>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace signet::api {
namespace {

std::string last_openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unreadable" : reason;
}

// Clients offer h2 first; HTTP/1.1 is what we speak (core.md section 1.2).
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* in, unsigned int in_length, void*) {
  static constexpr unsigned char ours[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, ours, sizeof ours, in, in_length) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// An encrypted key is refused: a server that starts by itself has nobody to ask.
int no_passphrase(char*, int, int, void*) { return 0; }

// Whoever needs the client's certificate verifies it later (auth/cert).
int accept_any(int, X509_STORE_CTX*) { return 1; }

Result<int> version_number(int version) {
  if (version == 12) return TLS1_2_VERSION;
  if (version == 13) return TLS1_3_VERSION;
  return invalid("tls_min_version and tls_max_version take tls12 or tls13");
}

Result<void> load_key_pair(SSL_CTX* context, const TlsOptions& options) {
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1)
    return invalid(
        fmt::format("tls_cert_file \"{}\" cannot be used: {} (a PEM certificate "
                    "followed by its chain is expected)",
                    options.cert_file, last_openssl_error()));
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return invalid(
        fmt::format("tls_key_file \"{}\" cannot be used: {} (an unencrypted PEM key "
                    "that belongs to tls_cert_file is expected)",
                    options.key_file, last_openssl_error()));
  if (SSL_CTX_check_private_key(context) != 1)
    return invalid(fmt::format("tls_key_file \"{}\" does not belong to tls_cert_file \"{}\"",
                               options.key_file, options.cert_file));
  return {};
}

Result<void> set_client_verification(SSL_CTX* context, const TlsOptions& options) {
  if (options.disables_client_certs) {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    return {};
  }
  if (!options.client_ca_file.empty()) {
    if (SSL_CTX_load_verify_locations(context, options.client_ca_file.c_str(), nullptr) != 1)
      return invalid(fmt::format("tls_client_ca_file \"{}\" cannot be used: {}",
                                 options.client_ca_file, last_openssl_error()));
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options.client_ca_file.c_str()));
  }
  if (options.requires_client_cert && options.client_ca_file.empty())
    return invalid("tls_require_and_verify_client_cert needs tls_client_ca_file");
  if (options.requires_client_cert)
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  else
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
  return {};
}

Result<void> set_protocol(SSL_CTX* context, const TlsOptions& options) {
  const int least = TRY(version_number(options.min_version));
  const int most = TRY(version_number(options.max_version));
  if (least > most) return invalid("tls_min_version is above tls_max_version");
  SSL_CTX_set_min_proto_version(context, least);
  SSL_CTX_set_max_proto_version(context, most);
  // RFC 7525, 4.2: forward secrecy and authenticated encryption only.
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  static constexpr unsigned char session_context[] = "signet";
  SSL_CTX_set_session_id_context(context, session_context, sizeof session_context - 1);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
  return {};
}

}  // namespace

Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const TlsOptions& options) {
  auto context = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
  SSL_CTX* const handle = context->native_handle();
  ERR_clear_error();
  TRY(set_protocol(handle, options));
  TRY(load_key_pair(handle, options));
  TRY(set_client_verification(handle, options));
  return context;
}

}  // namespace signet::api
