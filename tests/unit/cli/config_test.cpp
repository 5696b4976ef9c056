// SPDX-License-Identifier: Apache-2.0
#include "cli/config.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace signet::cli {
namespace {

Result<Config> read(std::string_view text) {
  Config config;
  auto done = read_config("s.hcl", text, config);
  if (!done) return Error(std::move(done).error());
  return config;
}

constexpr std::string_view whole = R"(
storage "postgresql" {
  connection_url = "postgres://u@h/db"
  max_parallel   = "8"
  table          = "t"
}
listener "tcp" {
  address         = "[::1]:8200"
  cluster_address = "127.0.0.1:8201"
  tls_cert_file   = "c.pem"
  tls_key_file    = "k.pem"
  tls_min_version = "tls13"
  max_request_size = 1024
  max_request_duration = "30s"
  x_forwarded_for_authorized_addrs = "10.0.0.0/8, 127.0.0.1"
  telemetry { unauthenticated_metrics_access = true }
}
listener "tcp" {
  address     = "127.0.0.1:8300"
  tls_disable = 1
}
audit "file" "main" {
  description = "all"
  options { file_path = "/var/log/audit.log" }
}
seal "shamir" {}
api_addr     = "https://h:8200"
log_level    = "debug"
ui           = true
disable_mlock = true
)";

TEST(Configuration, IsReadInHcl) {
  const auto config = read(whole);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->storage_type, "postgresql");
  EXPECT_EQ(config->storage.url, "postgres://u@h/db");
  EXPECT_EQ(config->storage.connections, 8);
  ASSERT_EQ(config->listeners.size(), 2U);
  const api::Listener& first = config->listeners.front();
  EXPECT_EQ(first.address, "[::1]:8200");
  ASSERT_TRUE(first.tls);
  EXPECT_EQ(first.tls->min_version, 13);
  EXPECT_EQ(first.limits.body_bytes, 1024U);
  EXPECT_EQ(first.limits.request_duration, Seconds(30));
  EXPECT_EQ(first.forwarded.authorized.size(), 2U);
  EXPECT_FALSE(config->listeners.back().tls);
  ASSERT_EQ(config->audit.devices.size(), 1U);
  EXPECT_EQ(config->audit.devices.front().path, "main");
  EXPECT_EQ(config->audit.devices.front().options.at("file_path"), "/var/log/audit.log");
  EXPECT_EQ(config->log.level, log::Level::debug);
  EXPECT_TRUE(config->disable_mlock);
  // table, cluster_address, telemetry, ui
  EXPECT_EQ(config->warnings.size(), 4U);
}

TEST(Configuration, IsReadInJson) {
  const auto config = read(R"({"storage": {"sqlite": {"path": "/d/s.db"}},
    "listener": [{"tcp": {"address": "127.0.0.1:1", "tls_disable": true}},
                 {"tcp": {"address": "127.0.0.1:2", "tls_disable": "true"}}],
    "audit": {"file": {"a": {"options": {"file_path": "stdout"}}}}})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->storage.url, "/d/s.db");
  EXPECT_EQ(config->listeners.size(), 2U);
  EXPECT_EQ(config->audit.devices.size(), 1U);
}

struct Bad {
  std::string_view name, text, message;
};
class Mistakes : public testing::TestWithParam<Bad> {};

TEST_P(Mistakes, AreNamedWithPlaceAndRemedy) {
  const auto config = read(GetParam().text);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Configuration, Mistakes,
    testing::Values(
        Bad{"unknown", "\nlog_levle = \"info\"",
            "s.hcl:2: unknown key \"log_levle\"; did you mean \"log_level\"?"},
        Bad{"far_from_all", "zebra = 1", "s.hcl:1: unknown key \"zebra\"; remove it"},
        Bad{"in_a_block", "listener \"tcp\" {\n tls_disable = true\n addres = \"a\"\n}",
            "s.hcl:3: unknown key \"addres\" in listener \"tcp\"; did you mean \"address\"?"},
        Bad{"not_a_bool", "disable_mlock = \"maybe\"",
            "s.hcl:1: \"disable_mlock\" must be true or false"},
        Bad{"not_a_duration", "listener \"tcp\" {\n max_request_duration = \"soon\"\n}",
            "s.hcl:2: \"max_request_duration\" must be a duration such as \"30s\", \"5m\" or "
            "\"72h\""},
        Bad{"raft", "storage \"raft\" {\n path = \"/d\"\n}",
            "s.hcl:1: storage \"raft\" is not available; use storage \"postgresql\" { "
            "connection_url = \"...\" }, which several servers can share"},
        Bad{"inmem", "storage \"inmem\" {}",
            "s.hcl:1: storage \"inmem\" is not available; use storage \"sqlite\" { path = \"...\" "
            "}, or \"postgresql\" for several servers"},
        Bad{"no_certificate", "listener \"tcp\" {}",
            "s.hcl:1: listener \"tcp\" needs tls_cert_file and tls_key_file, or tls_disable = true "
            "for plain HTTP"},
        Bad{"old_tls", "listener \"tcp\" {\n tls_min_version = \"tls10\"\n}",
            "s.hcl:2: \"tls_min_version\" is too old to be safe; use \"tls12\" or \"tls13\""},
        Bad{"unix", "listener \"unix\" {}",
            "s.hcl:1: listener \"unix\" is not available; use listener \"tcp\""},
        Bad{"seal", "seal \"awskms\" {}",
            "s.hcl:1: seal \"awskms\" is not available; leave the block out to use Shamir "
            "shares"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Configuration, SyntaxErrorsNameTheFile) {
  const auto config = read("listener \"tcp\" {");
  ASSERT_FALSE(config);
  EXPECT_TRUE(config.error().message.starts_with("s.hcl: line ")) << config.error().message;
}

TEST(Configuration, NeedsStorageAndListener) {
  Config config;
  EXPECT_FALSE(complete_config(config));
  config.storage_type = "sqlite";
  EXPECT_FALSE(complete_config(config));
  config.storage.url = "/d";
  EXPECT_FALSE(complete_config(config));
  config.listeners.emplace_back();
  EXPECT_TRUE(complete_config(config));
}

}  // namespace
}  // namespace signet::cli
