// SPDX-License-Identifier: Apache-2.0
#include "cli/config.hpp"

#include "base/text.hpp"
#include "cli/config_block.hpp"
#include "cli/config_parts.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

namespace signet::cli {
namespace {

namespace fs = std::filesystem;

Result<log::Level> log_level(const hcl::Value& value) {
  const std::string written = TRY(as_text(value));
  const std::string text = lower(written);
  if (text == "trace") return log::Level::trace;
  if (text == "debug") return log::Level::debug;
  if (text == "info" || text == "notice") return log::Level::info;
  if (text == "warn" || text == "warning") return log::Level::warn;
  if (text == "error" || text == "err") return log::Level::error;
  return invalid("must be trace, debug, info, warn or error");
}

void add_log(BlockReader& reader, Config& config) {
  reader
      .on("log_level",
          [&config](const hcl::Item& item) -> Result<void> {
            config.log.level = TRY(log_level(item.value));
            return {};
          })
      .on("log_format",
          [&config](const hcl::Item& item) -> Result<void> {
            const std::string format = TRY(as_text(item.value));
            if (format != "json" && format != "standard")
              return invalid("must be \"json\" or \"standard\"");
            config.log.json = format == "json";
            return {};
          })
      .text("log_file", config.log.file)
      .ignore({"log_rotate_bytes", "log_rotate_duration", "log_rotate_max_files",
               "log_requests_level"});
}

void add_blocks(BlockReader& reader, std::string_view file, Config& config) {
  const std::string name(file);
  reader
      .on("listener",
          [name, &config](const auto& item) { return read_listener(name, item, config); })
      .on("storage", [name, &config](const auto& item) { return read_storage(name, item, config); })
      .on("backend", [name, &config](const auto& item) { return read_storage(name, item, config); })
      .on("audit", [name, &config](const auto& item) { return read_audit(name, item, config); })
      .on("seal", [name, &config](const auto& item) { return read_seal(name, item, config); });
}

void add_audit_rules(BlockReader& reader, Config& config) {
  reader.flag("require_audit", config.audit.require_audit)
      .flag("allow_audit_log_prefixing", config.audit.prefix_allowed)
      .texts("audit_directories", config.audit.directories)
      .on("unsafe_allow_api_audit_creation", [&config](const hcl::Item& item) -> Result<void> {
        const bool is_allowed = TRY(as_bool(item.value));
        config.audit.api_enable_allowed = is_allowed;
        if (is_allowed && config.audit.directories.empty()) config.audit.directories = {"/"};
        return {};
      });
}

void add_ignored(BlockReader& reader) {
  reader.ignore({"ha_storage",
                 "ha_backend",
                 "hsm",
                 "cluster_name",
                 "disable_clustering",
                 "disable_standby_reads",
                 "disable_performance_standby",
                 "disable_sealwrap",
                 "disable_indexing",
                 "disable_printable_check",
                 "disable_sentinel_trace",
                 "default_max_request_duration",
                 "cache_size",
                 "disable_cache",
                 "ui",
                 "raw_storage_endpoint",
                 "introspection_endpoint",
                 "plugin",
                 "plugin_directory",
                 "plugin_tmpdir",
                 "plugin_file_uid",
                 "plugin_file_permissions",
                 "plugin_auto_download",
                 "plugin_auto_register",
                 "plugin_download_behavior",
                 "enable_response_header_hostname",
                 "enable_response_header_raft_node_id",
                 "enable_post_unseal_trace",
                 "post_unseal_trace_directory",
                 "imprecise_lease_role_tracking",
                 "unsafe_cross_namespace_identity",
                 "unsafe_relative_paths",
                 "detect_deadlocks",
                 "telemetry",
                 "user_lockout",
                 "service_registration",
                 "initialize",
                 "license_path",
                 "kms_library",
                 "entropy",
                 "experiments",
                 "administrative_namespace_path",
                 "request_limiter",
                 "adaptive_overload_protection",
                 "censors",
                 "reporting",
                 "replication",
                 "observations",
                 "allow_unauthenticated_rekey"});
}

Result<std::string> read_file(const fs::path& path) {
  const std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in || text.fail())
    return invalid(
        fmt::format("configuration file \"{}\" cannot be read; check its path and "
                    "permissions",
                    path.string()));
  return text.str();
}

Result<std::vector<fs::path>> files_of(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<fs::path>{path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string suffix = entry.path().extension().string();
    if (suffix == ".hcl" || suffix == ".json") files.push_back(entry.path());
  }
  if (error || files.empty())
    return invalid(fmt::format("configuration folder \"{}\" has no *.hcl or *.json file", path));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string server_environment(std::string_view name) {
  for (const std::string_view prefix : {"SIGNET_", "BAO_", "VAULT_"}) {
    const std::string variable = fmt::format("{}{}", prefix, name);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
    const char* const value = std::getenv(variable.c_str());
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

Result<void> read_config(std::string_view file, std::string_view text, Config& config) {
  auto items = hcl::parse(text);
  if (!items) return invalid(fmt::format("{}: {}", file, items.error().message));
  BlockReader reader(file, {});
  reader.text("api_addr", config.api_address)
      .text("cluster_addr", config.cluster_address)
      .text("pid_file", config.pid_file)
      .flag("disable_mlock", config.disable_mlock)
      .duration("default_lease_ttl", config.ttls.default_ttl)
      .duration("max_lease_ttl", config.ttls.max_ttl)
      .number("io_threads", config.server.io_threads, 1)
      .number("worker_threads", config.server.workers, 1)
      .number("worker_queue", config.server.queue, 0)
      .number("max_connections", config.server.connections, 1);
  add_log(reader, config);
  add_blocks(reader, file, config);
  add_audit_rules(reader, config);
  add_ignored(reader);
  return reader.read(*items, config.warnings);
}

Result<Config> load_config(const std::vector<std::string>& paths) {
  Config config;
  for (const std::string& path : paths) {
    const auto files = TRY(files_of(path));
    for (const fs::path& file : files) {
      const std::string text = TRY(read_file(file));
      TRY(read_config(file.string(), text, config));
    }
  }
  return config;
}

Result<void> complete_config(Config& config) {
  if (config.storage_type.empty())
    return invalid(
        "the configuration names no storage; add storage \"sqlite\" { path = \"...\" } or storage "
        "\"postgresql\" { connection_url = \"...\" }");
  if (config.storage_type == "postgresql" && config.storage.url.empty())
    config.storage.url = server_environment("PG_CONNECTION_URL");
  if (config.storage.url.empty())
    return invalid(
        config.storage_type == "sqlite"
            ? "storage \"sqlite\" needs path"
            : "storage \"postgresql\" needs connection_url (or SIGNET_PG_CONNECTION_URL)");
  if (config.ttls.default_ttl.count() <= 0 || config.ttls.default_ttl > config.ttls.max_ttl)
    return invalid(
        "default_lease_ttl must be above 0 and at most max_lease_ttl (768h unless set): raise "
        "max_lease_ttl or lower it");
  if (config.listeners.empty())
    return invalid(
        "the configuration names no listener; add listener \"tcp\" { address = \"127.0.0.1:8200\" "
        "tls_cert_file = \"...\" tls_key_file = \"...\" }");
  if (config.api_address.empty()) config.api_address = server_environment("API_ADDR");
  if (config.cluster_address.empty()) config.cluster_address = server_environment("CLUSTER_ADDR");
  return {};
}

}  // namespace signet::cli
