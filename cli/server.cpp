// SPDX-License-Identifier: Apache-2.0
#include "cli/server.hpp"

#include "api/server.hpp"
#include "base/log.hpp"
#include "cli/config.hpp"
#include "cli/dev_tls.hpp"
#include "cli/flags.hpp"
#include "cli/house.hpp"
#include "cli/private_folder.hpp"
#include "cli/process.hpp"
#include "cli/version.hpp"
#include "core/mounts.hpp"
#include "crypto/digest.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace signet::cli {

const std::string_view server_usage =
    R"(Usage: signet server [options]

  Starts a server that answers until it gets SIGINT or SIGTERM. SIGHUP reads the TLS certificates
  again and opens log and audit files anew.

    $ signet server -config=/etc/signet.hcl
    $ signet server -dev -dev-root-token-id=root

Options:

  -config=PATH               A configuration file (HCL or JSON) or a folder of them; may repeat
  -log-level=LEVEL           trace, debug, info, warn or error
  -log-format=FORMAT         standard or json
  -log-file=PATH             Where the log goes; default: standard error

Development (everything is lost at the end; with -config only its storage is used, and kept):

  -dev                       An unsealed server on a temporary database
  -dev-root-token-id=TOKEN   The root token; default: a random one
  -dev-listen-address=ADDR   Default 127.0.0.1:8200
  -dev-tls                   HTTPS, with a CA made for this run
  -dev-tls-san=NAME          A further name or address in its certificate; may repeat
  -dev-no-store-token        Does not write the root token to ~/.vault-token
  -dev-no-kv                 Mounts no key/value store at secret/
  -dev-kv-v1                 The store at secret/ keeps no versions
)";

namespace {

constexpr Seconds drain_time{30};

const std::vector<FlagSpec>& flag_specs() {
  static const std::vector<FlagSpec> specs{{"config", false, true},
                                           {"log-level"},
                                           {"log-format"},
                                           {"log-file"},
                                           {"dev", true},
                                           {"dev-root-token-id"},
                                           {"dev-listen-address"},
                                           {"dev-tls", true},
                                           {"dev-tls-cert-dir"},
                                           {"dev-tls-san", false, true},
                                           {"dev-no-store-token", true},
                                           {"dev-no-kv", true},
                                           {"dev-kv-v1", true},
                                           {"exit-on-core-shutdown", true},
                                           {"h", true},
                                           {"help", true}};
  return specs;
}

// What only `-dev` has.
struct Dev {
  std::unique_ptr<PrivateFolder> folder;
  std::string root_token;
  std::string ca_file;
  bool stores_token = true;
  std::string kv_version;  ///< of the store at secret/; empty: there is none
};

Result<void> apply_log_flags(const Flags& flags, Config& config) {
  std::string text;
  for (const char* key : {"log-level", "log-format", "log-file"}) {
    const auto value = flags.get(key);
    if (!value) continue;
    std::string name = key;
    for (char& c : name)
      if (c == '-') c = '_';
    std::string quoted;
    for (const char c : *value) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    text += fmt::format("{} = \"{}\"\n", name, quoted);
  }
  auto read = read_config("command line", text, config);
  if (!read) return Error(std::move(read).error());
  return {};
}

// Settings of `-dev`: one listener, a temporary SQLite file unless a configuration names a storage.
Result<Dev> prepare_dev(const Flags& flags, Config& config, Clock& clock, Random& random) {
  Dev dev;
  PrivateFolder::remove_abandoned();
  dev.folder = std::make_unique<PrivateFolder>();
  if (config.storage_type.empty()) {
    config.storage_type = "sqlite";
    config.storage = {};
    config.storage.url = dev.folder->path() + "/signet.db";
  }
  config.storage.unsafe_fsync_allowed = true;
  api::Listener listener;
  std::string address = server_environment("DEV_LISTEN_ADDRESS");
  if (const auto flag = flags.get("dev-listen-address")) address = *flag;
  if (!address.empty()) listener.address = address;
  if (flags.is_set("dev-tls")) {
    const std::string folder = flags.get_or("dev-tls-cert-dir", dev.folder->path());
    DevTls tls = make_dev_tls(folder, flags.all("dev-tls-san"), clock, random);
    dev.ca_file = tls.ca_file;
    listener.tls = std::move(tls.listener);
  }
  config.listeners = {std::move(listener)};
  config.audit.api_enable_allowed = true;
  if (config.audit.directories.empty()) config.audit.directories = {"/"};
  config.disable_mlock = true;
  dev.root_token = flags.get_or("dev-root-token-id", server_environment("DEV_ROOT_TOKEN_ID"));
  dev.stores_token = !flags.is_set("dev-no-store-token");
  if (!flags.is_set("dev-no-kv")) dev.kv_version = flags.is_set("dev-kv-v1") ? "1" : "2";
  return dev;
}

Result<std::unique_ptr<storage::Database>> open_database(const Config& config) {
  return config.storage_type == "sqlite" ? storage::open_sqlite(config.storage)
                                         : storage::open_postgres(config.storage);
}

core::ServerInfo server_info(const Config& config, Clock& clock, Random& random) {
  core::ServerInfo info;
  info.build = build_info();
  info.node_id = random.uuid();
  info.api_address = config.api_address;
  info.cluster_address = config.cluster_address;
  info.started_at = clock.now();
  static constexpr std::string_view levels[] = {"trace", "debug", "info", "warn", "error"};
  info.log_level = levels[static_cast<std::size_t>(config.log.level)];
  info.sanitized_config = core::Json{{"api_addr", config.api_address},
                                     {"cluster_addr", config.cluster_address},
                                     {"disable_mlock", config.disable_mlock},
                                     {"log_level", info.log_level},
                                     {"log_format", config.log.json ? "json" : "standard"},
                                     {"storage", {{"type", config.storage_type}}}};
  core::Json listeners = core::Json::array();
  for (const api::Listener& listener : config.listeners)
    listeners.push_back(
        {{"type", "tcp"},
         {"config", {{"address", listener.address}, {"tls_disable", !listener.tls.has_value()}}}});
  info.sanitized_config["listeners"] = std::move(listeners);
  return info;
}

struct Unsealed {
  std::string root_token;
  std::string unseal_key;
};

// What every first day's example writes to.
void stage_secrets(House& house, storage::CommitUnit& unit, const std::string& version) {
  core::Mount mount;
  mount.path = "secret/";
  mount.type = "kv";
  mount.description = "key/value secret storage";
  mount.options = {{"version", version}};
  const core::MountTable none({}, 0);
  const Result<void> staged = house.services.mounts.enable(none, std::move(mount), unit);
  if (!staged) throw Fault(staged.error().message);
}

// Initialises and unseals; a storage that was initialised before is refused.
Result<Unsealed> start_dev(House& house, const Dev& dev) {
  Unsealed out;
  const auto stage = [&](storage::CommitUnit& unit) {
    const SecretBytes asked{std::string_view(dev.root_token)};
    const SecretBytes token = core::stage_first_rows(house.services, unit, asked);
    out.root_token = token.reveal_text();
    if (!dev.kv_version.empty()) stage_secrets(house, unit, dev.kv_version);
  };
  const auto deadline = house.clock.steady() + std::chrono::seconds(30);
  auto key = house.seal.start_dev(stage, deadline);
  if (!key) return Error(std::move(key).error());
  out.unseal_key = base64(key->reveal());
  return out;
}

void store_token(const std::string& token) {
  const char* const home =
      std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): nobody changes the environment
  if (home == nullptr) return;
  const std::string path = std::string(home) + "/.vault-token";
  std::ofstream out(path, std::ios::trunc);
  out << token;
  out.flush();
  if (!out) log::warn("root token not stored", {{"path", path}});
}

void say_dev(const Dev& dev, const Unsealed& unsealed, const std::string& url) {
  fmt::print(
      "WARNING! dev mode is enabled! Everything is kept in a temporary place, the server starts\n"
      "unsealed, and its root token is shown here. Do not use it for anything that matters.\n\n"
      "For the command line and other clients:\n\n"
      "    $ export SIGNET_ADDR='{0}' VAULT_ADDR='{0}' BAO_ADDR='{0}'\n",
      url);
  if (!dev.ca_file.empty())
    fmt::print("    $ export SIGNET_CACERT='{0}' VAULT_CACERT='{0}' BAO_CACERT='{0}'\n",
               dev.ca_file);
  fmt::print(
      "\nThe unseal key opens the server again after it was sealed:\n\n"
      "Unseal Key: {}\nRoot Token: {}\n\n"
      "Development mode should NOT be used in production installations!\n\n",
      unsealed.unseal_key, unsealed.root_token);
}

void say_configuration(const Config& config, const std::vector<std::string>& urls) {
  fmt::print("==> Signet server configuration:\n\n");
  fmt::print("{:>20}: {}\n", "Api Address", config.api_address);
  for (std::size_t i = 0; i < urls.size(); ++i)
    fmt::print("{:>20}: {} (tls: {})\n", fmt::format("Listener {}", i + 1), urls[i],
               config.listeners[i].tls ? "enabled" : "disabled");
  fmt::print("{:>20}: {}\n", "Storage", config.storage_type);
  fmt::print("{:>20}: Signet v{}\n\n", "Version", signet_version());
}

// Serves until a signal says stop.
void serve(const Signals& signals, House& house, api::HttpServer& server) {
  while (signals.wait() == Signals::Kind::reload) {
    log::info("reloading: certificates, log and audit files");
    log::reopen();
    server.reload();
    house.audit.reopen();
  }
  log::info("stopping: no new connections, requests under way may finish");
  signals.let_next_kill();
  server.stop(drain_time);
  house.stop();
}

// The addresses that depend on which ports were bound.
void settle_addresses(Config& config, House& house, const std::vector<std::string>& urls) {
  if (config.api_address.empty() && !urls.empty()) config.api_address = urls.front();
  if (config.cluster_address.empty()) config.cluster_address = config.api_address;
  house.info.api_address = config.api_address;
  house.info.cluster_address = config.cluster_address;
}

Result<void> run(const Flags& flags) {
  const Signals signals;  // before any thread: all inherit the mask
  Clock& clock = system_clock();
  Random& random = crypto::system_random();

  Config config = TRY(load_config(flags.all("config")));
  std::optional<Dev> dev;
  if (flags.is_set("dev")) {
    config.log.json = false;
    dev = TRY(prepare_dev(flags, config, clock, random));
  }
  TRY(apply_log_flags(flags, config));
  TRY(complete_config(config));
  log::configure(config.log);
  for (const std::string& warning : config.warnings)
    log::warn("configuration", {{"note", warning}});
  core::system_ttls() = config.ttls;
  if (!config.disable_mlock) lock_memory();
  PidFile pid_file;
  if (!config.pid_file.empty()) pid_file = TRY(PidFile::write(config.pid_file));

  auto database = TRY(open_database(config));
  House house(std::move(database), config.audit, server_info(config, clock, random), clock, random);
  std::optional<Unsealed> unsealed;
  if (dev) unsealed = TRY(start_dev(house, *dev));
  api::HttpServer server(api::handlers_of(house.pipeline), clock, random, config.server);
  house.start();
  TRY(server.start(config.listeners));
  const std::vector<std::string> urls = server.addresses();
  settle_addresses(config, house, urls);
  house.services.database.join(
      {house.info.node_id, house.info.api_address, std::string(signet_version())});

  say_configuration(config, urls);
  fmt::print("==> Signet server started! Log data will stream in below:\n\n");
  if (dev) say_dev(*dev, *unsealed, urls.front());
  std::fflush(stdout);
  if (dev && dev->stores_token) store_token(unsealed->root_token);
  serve(signals, house, server);
  return {};
}

}  // namespace

int run_server(const Args& args) {
  auto flags = Flags::parse(flag_specs(), args);
  if (!flags) {
    fmt::print(stderr, "{}\n\n{}", flags.error().message, server_usage);
    return exit_usage;
  }
  if (flags->is_set("h") || flags->is_set("help")) {
    fmt::print("{}", server_usage);
    return exit_ok;
  }
  if (!flags->arguments().empty() || !flags->late().empty()) {
    fmt::print(stderr, "signet server takes options only\n\n{}", server_usage);
    return exit_usage;
  }
  harden_process();
  try {
    auto done = run(*flags);
    if (done) return exit_ok;
    fmt::print(stderr, "signet server: {}\n", done.error().message);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "signet server: {}\n", problem.what());
  }
  return exit_usage;
}

}  // namespace signet::cli
