// SPDX-License-Identifier: Apache-2.0
// What an operator sets of the HTTP edge; cli/config fills these from the configuration file.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace signet::api {

struct TlsOptions {
  std::string cert_file;       ///< PEM: the certificate, then its chain
  std::string key_file;        ///< PEM
  std::string client_ca_file;  ///< PEM; empty: client certificates are asked for, not verified
  int min_version = 12;        ///< 12 or 13
  int max_version = 13;
  bool requires_client_cert =
      false;  ///< refuse a handshake without a certificate of client_ca_file
  bool disables_client_certs = false;  ///< do not even ask
};

/// Whose X-Forwarded-For is believed (core.md section 13.2).
struct ForwardedOptions {
  std::vector<std::string>
      authorized;             ///< addresses or CIDR blocks of proxies; empty: header ignored
  std::size_t hop_skips = 0;  ///< hops from the right that are proxies of ours
  bool rejects_not_authorized = true;
  bool rejects_not_present = true;
};

struct Limits {
  std::size_t header_bytes = std::size_t{64} << 10;
  std::uint64_t body_bytes = std::uint64_t{32} << 20;  ///< 0: no limit
  int json_depth = 64;
  std::size_t json_strings = 10'000;  ///< names and string values in one body
  /// Members and elements in one body: each takes many times the memory of its text.
  std::size_t json_values = 100'000;
  Seconds header_timeout{10};  ///< TLS handshake; request line and header
  Seconds body_timeout{30};    ///< the whole body
  Seconds idle_timeout{300};   ///< between requests
  Seconds write_timeout{60};   ///< without any progress of the reader
  Seconds request_duration{90};
};

struct Listener {
  std::string address = "127.0.0.1:8200";  ///< host:port, [v6]:port, :port; port 0: any free one
  std::optional<TlsOptions> tls;
  Limits limits;
  ForwardedOptions forwarded;
};

struct ServerOptions {
  int io_threads = 0;  ///< sockets and TLS; 0: half the cores, at least 1
  int workers = 128;
  std::size_t queue = 1024;  ///< requests waiting for a worker; beyond it 503
  std::size_t connections = 10'000;
};

}  // namespace signet::api
