// SPDX-License-Identifier: Apache-2.0
#include "cli/config_block.hpp"
#include "cli/config_parts.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace signet::cli {
namespace {

Result<void> read_sqlite(BlockReader& reader, const Block& block, Config& config) {
  storage::Options options;
  reader.text("path", options.url).ignore({"performance_multiplier", "node_id"});
  TRY(reader.read(*block.items, config.warnings));
  config.storage = std::move(options);
  return {};
}

Result<void> read_postgresql(BlockReader& reader, const Block& block, Config& config) {
  storage::Options options;
  Seconds statement_timeout{15};
  reader.text("connection_url", options.url)
      .number("max_parallel", options.connections, 1)
      .number("max_connections", options.connections, 1)
      .duration("statement_timeout", statement_timeout)
      .ignore({"table", "ha_enabled", "ha_table", "max_idle_connections", "max_connect_retries",
               "skip_create_table", "auth_mode", "aws_db_region", "max_open_connections"});
  TRY(reader.read(*block.items, config.warnings));
  if (statement_timeout.count() > 0) options.statement_timeout = statement_timeout;
  // Vault's default is 128; more connections than cores can use only make the server slower.
  options.connections = std::min(options.connections, 128);
  config.storage = std::move(options);
  return {};
}

// A device's options may stand in the block itself or below `options`.
Result<void> take_option(const hcl::Item& item, core::AuditDeviceInput& device) {
  device.options[item.key] = TRY(as_text(item.value));
  return {};
}

}  // namespace

Result<void> read_storage(std::string_view file, const hcl::Item& item, Config& config) {
  const auto blocks = TRY(blocks_of(item, 1));
  for (const Block& block : blocks) {
    const std::string& type = block.labels.front();
    BlockReader reader(file, fmt::format("storage \"{}\"", type));
    if (type == "sqlite") {
      TRY(read_sqlite(reader, block, config));
    } else if (type == "postgresql") {
      TRY(read_postgresql(reader, block, config));
    } else {
      const bool is_shared = type == "raft" || type == "consul" || type == "etcd";
      const std::string_view instead =
          is_shared ? "use storage \"postgresql\" { connection_url = \"...\" }, which several "
                      "servers can share"
                    : "use storage \"sqlite\" { path = \"...\" }, or \"postgresql\" for several "
                      "servers";
      return reader.error(block.line,
                          fmt::format("storage \"{}\" is not available; {}", type, instead));
    }
    config.storage_type = type;
  }
  return {};
}

Result<void> read_audit(std::string_view file, const hcl::Item& item, Config& config) {
  const auto blocks = TRY(blocks_of(item, 2));
  for (const Block& block : blocks) {
    core::AuditDeviceInput device;
    device.type = block.labels[0];
    device.path = block.labels[1];
    BlockReader reader(file, fmt::format("audit \"{}\" \"{}\"", device.type, device.path));
    reader.text("description", device.description)
        .flag("local", device.local)
        .on("options", [&device](const hcl::Item& options) -> Result<void> {
          const auto inner = TRY(blocks_of(options, 0));
          for (const Block& one : inner)
            for (const hcl::Item& option : *one.items) TRY(take_option(option, device));
          return {};
        });
    for (const std::string_view key : {"file_path", "path", "mode", "format", "log_raw", "prefix",
                                       "hmac_accessor", "elide_list_responses", "skip_test"})
      reader.on(key, [&device](const hcl::Item& option) { return take_option(option, device); });
    TRY(reader.read(*block.items, config.warnings));
    config.audit.devices.push_back(std::move(device));
  }
  return {};
}

Result<void> read_seal(std::string_view file, const hcl::Item& item, Config& config) {
  const auto blocks = TRY(blocks_of(item, 1));
  for (const Block& block : blocks) {
    const std::string& type = block.labels.front();
    const BlockReader reader(file, fmt::format("seal \"{}\"", type));
    if (type != "shamir")
      return reader.error(block.line, fmt::format("seal \"{}\" is not available; leave the block "
                                                  "out to use Shamir shares",
                                                  type));
    TRY(reader.read(*block.items, config.warnings));
  }
  return {};
}

}  // namespace signet::cli
