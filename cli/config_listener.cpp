// SPDX-License-Identifier: Apache-2.0
#include "cli/config_block.hpp"
#include "cli/config_parts.hpp"

#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace signet::cli {
namespace {

Result<int> tls_version(const hcl::Value& value) {
  const std::string text = TRY(as_text(value));
  if (text == "tls12") return 12;
  if (text == "tls13") return 13;
  if (text == "tls10" || text == "tls11")
    return invalid("is too old to be safe; use \"tls12\" or \"tls13\"");
  return invalid("must be \"tls12\" or \"tls13\"");
}

BlockReader::Handler version_into(int& to) {
  return [&to](const hcl::Item& item) -> Result<void> {
    to = TRY(tls_version(item.value));
    return {};
  };
}

struct Draft {
  api::Listener listener;
  api::TlsOptions tls;
  bool is_tls_off = false;
};

void add_limits(BlockReader& reader, api::Limits& limits) {
  reader
      .on("max_request_size",
          [&limits](const hcl::Item& item) -> Result<void> {
            const std::int64_t size = TRY(as_integer(item.value));
            limits.body_bytes = size <= 0 ? 0 : static_cast<std::uint64_t>(size);
            return {};
          })
      .duration("max_request_duration", limits.request_duration)
      .number("max_request_json_strings", limits.json_strings, 1)
      .number("max_request_json_depth", limits.json_depth, 1)
      .number("max_header_size", limits.header_bytes, 1024)
      .duration("http_read_header_timeout", limits.header_timeout)
      .duration("http_read_timeout", limits.body_timeout)
      .duration("http_idle_timeout", limits.idle_timeout)
      .duration("http_write_timeout", limits.write_timeout);
}

void add_tls(BlockReader& reader, Draft& draft) {
  api::TlsOptions& tls = draft.tls;
  reader.flag("tls_disable", draft.is_tls_off)
      .text("tls_cert_file", tls.cert_file)
      .text("tls_key_file", tls.key_file)
      .text("tls_client_ca_file", tls.client_ca_file)
      .on("tls_min_version", version_into(tls.min_version))
      .on("tls_max_version", version_into(tls.max_version))
      .flag("tls_require_and_verify_client_cert", tls.requires_client_cert)
      .flag("tls_disable_client_certs", tls.disables_client_certs);
}

void add_forwarding(BlockReader& reader, api::ForwardedOptions& forwarded) {
  reader.texts("x_forwarded_for_authorized_addrs", forwarded.authorized)
      .number("x_forwarded_for_hop_skips", forwarded.hop_skips, 0)
      .flag("x_forwarded_for_reject_not_authorized", forwarded.rejects_not_authorized)
      .flag("x_forwarded_for_reject_not_present", forwarded.rejects_not_present);
}

void add_ignored_of_listener(BlockReader& reader) {
  reader.ignore({"cluster_address",
                 "tls_cipher_suites",
                 "tls_prefer_server_cipher_suites",
                 "tls_key_exchange_preferences",
                 "tls_auto_reload",
                 "tls_auto_reload_interval",
                 "max_request_json_memory",
                 "max_json_depth",
                 "max_json_string_value_length",
                 "max_json_object_entry_count",
                 "max_json_array_element_count",
                 "proxy_protocol_behavior",
                 "proxy_protocol_authorized_addrs",
                 "x_forwarded_for_client_cert_header",
                 "x_forwarded_for_client_cert_decoders",
                 "x_forwarded_for_client_cert_header_decoders",
                 "x_forwarded_for_keep_not_forwarded",
                 "x_forwarded_for_keep_unauthorized",
                 "custom_response_headers",
                 "telemetry",
                 "profiling",
                 "inflight_requests_logging",
                 "disable_unauthed_rekey_endpoints",
                 "disable_unauthed_generate_root_endpoints",
                 "require_request_header",
                 "agent_api",
                 "proxy_api",
                 "role",
                 "redact_addresses",
                 "redact_cluster_name",
                 "redact_version",
                 "chroot_namespace",
                 "disable_replication_status_endpoints",
                 "disable_request_limiter",
                 "enable_unauthenticated_access"});
}

Result<void> finish(const BlockReader& reader, Draft& draft, int line, Config& config) {
  if (!draft.is_tls_off) {
    if (draft.tls.cert_file.empty() || draft.tls.key_file.empty())
      return reader.error(line,
                          "listener \"tcp\" needs tls_cert_file and tls_key_file, or "
                          "tls_disable = true for plain HTTP");
    draft.listener.tls = std::move(draft.tls);
  }
  config.listeners.push_back(std::move(draft.listener));
  return {};
}

}  // namespace

Result<void> read_listener(std::string_view file, const hcl::Item& item, Config& config) {
  const auto blocks = TRY(blocks_of(item, 1));
  for (const Block& block : blocks) {
    const std::string& type = block.labels.front();
    BlockReader reader(file, fmt::format("listener \"{}\"", type));
    if (type != "tcp")
      return reader.error(
          block.line, fmt::format("listener \"{}\" is not available; use listener \"tcp\"", type));
    Draft draft;
    reader.text("address", draft.listener.address);
    add_limits(reader, draft.listener.limits);
    add_tls(reader, draft);
    add_forwarding(reader, draft.listener.forwarded);
    add_ignored_of_listener(reader);
    TRY(reader.read(*block.items, config.warnings));
    TRY(finish(reader, draft, block.line, config));
  }
  return {};
}

}  // namespace signet::cli
