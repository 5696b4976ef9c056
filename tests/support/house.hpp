// SPDX-License-Identifier: Apache-2.0
// The whole core without HTTP: a database in a temporary folder, a clock and chance under the
// test's control, unsealed, root token "root".
//
//   test::House house;  // tests/support/full_house.hpp: every module (unit_engines, unit_auth)
//   house.write("sys/mounts/kv", {{"type", "kv"}});      // expects success
//   auto outcome = house.call(Operation::read, "kv/a", {}, token);
#pragma once

#include "base/log.hpp"
#include "core/audit/audit.hpp"
#include "core/engine.hpp"
#include "core/lease/leases.hpp"
#include "core/mounts.hpp"
#include "core/pipeline.hpp"
#include "core/policy/policies.hpp"
#include "core/seal/barrier.hpp"
#include "core/seal/seal.hpp"
#include "core/services.hpp"
#include "core/token/tokens.hpp"
#include "core/wrapping_key.hpp"
#include "tests/support/databases.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/offset_database.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace signet::test {

using core::Json;
using core::Operation;

class CoreHouse {
 public:
  using AddModules = std::function<void(core::Registry&, core::Services&)>;

  explicit CoreHouse(const AddModules& add_modules, const std::string& database_kind = "sqlite",
                     core::AuditOptions audit_options = {}, bool is_unsealed = true)
      : opened_(open_test_database(database_kind)),
        offset_database(*opened_.database),
        database(offset_database),
        barrier(database, clock, random),
        seal(database, barrier, clock, random,
             {"1.20.0", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"}),
        audit(std::move(audit_options), database, barrier, clock, random),
        policies(database, database.changes(), barrier, clock),
        tokens(database, database.changes(), barrier, clock, random),
        mounts(database, database.changes(), barrier, clock, random, registry),
        leases(database, database.changes(), barrier, seal, clock, random, mounts),
        wrapping_key(database, barrier),
        services{database, database.changes(),
                 clock,    random,
                 barrier,  seal,
                 audit,    policies,
                 tokens,   mounts,
                 leases,   wrapping_key,
                 registry, info} {
    log::set_level(log::Level::error);
    info.build = {"1.20.0", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"};
    info.api_address = "http://127.0.0.1:8200";
    info.cluster_address = "https://127.0.0.1:8201";
    info.started_at = clock.now();
    add_modules(registry, services);
    core::connect(services);
    if (!is_unsealed) return;
    const auto key = seal.start_dev(
        [this](storage::CommitUnit& unit) {
          core::stage_first_rows(services, unit, SecretBytes(std::string_view("root")));
        },
        deadline());
    if (!key) throw Fault(key.error().message);
    unseal_key = std::string(hex(key->reveal()));
  }

  /// A request as api/ would make it.
  core::Request request(Operation operation, std::string path, Json data = Json::object(),
                        std::string_view token = "root") {
    core::Request request;
    request.id = random.uuid();
    request.operation = operation;
    request.path = std::move(path);
    request.data = std::move(data);
    request.client_token = SecretBytes(token);
    request.remote_address = "127.0.0.1";
    request.deadline = deadline();
    request.now = clock.now();
    return request;
  }
  core::Outcome call(Operation operation, std::string path, Json data = Json::object(),
                     std::string_view token = "root") {
    core::Request made = request(operation, std::move(path), std::move(data), token);
    return pipeline().run(made);
  }
  /// The answer's `data` with its secrets; fails the test when the call fails.
  Json read(std::string path, std::string_view token = "root") {
    return data_of(call(Operation::read, std::move(path), Json::object(), token));
  }
  Json list(std::string path, Json data = Json::object(), std::string_view token = "root") {
    return data_of(call(Operation::list, std::move(path), std::move(data), token));
  }
  Json write(std::string path, Json data = Json::object(), std::string_view token = "root") {
    return data_of(call(Operation::update, std::move(path), std::move(data), token));
  }
  Json remove(std::string path, std::string_view token = "root") {
    return data_of(call(Operation::remove, std::move(path), Json::object(), token));
  }
  /// The message that a call is refused with; fails the test when it is not.
  std::string refusal(Operation operation, std::string path, Json data = Json::object(),
                      std::string_view token = "root") {
    core::Outcome outcome = call(operation, path, std::move(data), token);
    if (outcome.error) return outcome.error->message;
    ADD_FAILURE() << path << " was not refused";
    return {};
  }
  /// A token with these policies, made at the store.
  std::string token_with(const std::string& policy_name, const std::string& policy_text) {
    write("sys/policies/acl/" + policy_name, {{"policy", policy_text}});
    storage::CommitUnit unit;
    core::NewToken fresh;
    fresh.entry.policies = {"default", policy_name};
    fresh.entry.path = "auth/token/create";
    fresh.entry.display_name = "token";
    fresh.entry.is_orphan = true;
    const core::Auth auth = tokens.stage_create(unit, std::move(fresh));
    const storage::CommitOutcome stored = database.commit(unit, deadline());
    EXPECT_EQ(stored.kind, storage::CommitOutcome::Kind::stored) << stored.error.message;
    return std::string(auth.client_token.reveal_text());
  }

  static Json data_of(core::Outcome outcome) {
    if (outcome.error) {
      ADD_FAILURE() << outcome.error->message << " (" << outcome.error->detail << ")";
      return {};
    }
    const core::Response& response = outcome.response;
    if (response.data_json) return Json::parse(response.data_json->reveal_text());
    Json data = response.data.value_or(Json());
    for (const auto& [name, secret] : response.secrets)
      data[name] = std::string(secret.reveal_text());
    return data;
  }
  [[nodiscard]] static storage::Deadline deadline() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(30);
  }
  core::Pipeline& pipeline() {
    if (!pipeline_) pipeline_ = std::make_unique<core::Pipeline>(services);
    return *pipeline_;
  }

  FakeClock clock;
  FakeRandom random;

 private:
  TestDatabase opened_;

 public:
  OffsetDatabase offset_database;
  storage::Database& database;
  core::Registry registry;
  core::ServerInfo info;
  core::Barrier barrier;
  core::Seal seal;
  core::Audit audit;
  core::Policies policies;
  core::Tokens tokens;
  core::Mounts mounts;
  core::Leases leases;
  core::WrappingKey wrapping_key;
  core::Services services;
  std::string unseal_key;  ///< hex

 private:
  std::unique_ptr<core::Pipeline> pipeline_;
};

}  // namespace signet::test
