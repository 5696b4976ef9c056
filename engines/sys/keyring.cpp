// SPDX-License-Identifier: Apache-2.0
// The terms of the keyring (core.md section 3.3).
#include "base/duration.hpp"
#include "core/seal/barrier.hpp"
#include "engines/sys/sys.hpp"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct RotationFields {
  std::optional<bool> enabled;
  std::optional<std::int64_t> max_operations;
  std::optional<Seconds> interval;
};

namespace {

const Schema<RotationFields>& rotation_fields() {
  using F = RotationFields;
  static const Schema<RotationFields> schema{
      {"enabled", &F::enabled, "Whether the keyring rotates by itself."},
      {"max_operations", &F::max_operations, "After so many encryptions."},
      {"interval", &F::interval, "After so long; 0: never by age."},
  };
  return schema;
}

}  // namespace

std::vector<Route> keyring_routes() {
  using E = SysEngine;
  std::vector<Route> routes;
  for (const char* path : {"rotate", "rotate/keyring"})
    routes.push_back(
        Route(path, Operation::update, core::no_fields(), &E::rotate, "Add a term to the keyring.")
            .sudo());
  for (const char* path : {"rotate/config", "rotate/keyring/config"})
    routes.push_back(Route(path, Operation::read, core::no_fields(), &E::read_rotation,
                           "When the keyring rotates by itself.")
                         .also(Operation::update, rotation_fields(), &E::write_rotation,
                               "Set when the keyring rotates by itself."));
  routes.emplace_back("key-status", Operation::read, core::no_fields(), &E::key_status,
                      "The keyring's newest term.");
  return routes;
}

Result<core::Response> SysEngine::rotate(Request&, const NoFields&) {
  TRY(services_.seal.rotate());
  return Response::no_content();
}

Result<core::Response> SysEngine::key_status(Request&, const NoFields&) {
  const core::KeyStatus status = services_.seal.key_status();
  Response response = Response::of(Json{{"term", status.term},
                                        {"install_time", rfc3339(status.install_time)},
                                        {"encryptions", status.encryptions}});
  response.copies_data_to_top = true;
  return response;
}

Result<core::Response> SysEngine::read_rotation(Request&, const NoFields&) {
  const core::RotationConfig config = services_.seal.rotation_config();
  Json interval = 0;
  if (config.interval.count() > 0) interval = go_duration(config.interval);
  return Response::of(Json{{"enabled", config.is_enabled},
                           {"max_operations", config.max_operations},
                           {"interval", std::move(interval)}});
}

Result<core::Response> SysEngine::write_rotation(Request&, const RotationFields& fields) {
  core::RotationConfig config = services_.seal.rotation_config();
  if (fields.enabled) config.is_enabled = *fields.enabled;
  if (fields.max_operations) config.max_operations = *fields.max_operations;
  if (fields.interval) config.interval = *fields.interval;
  TRY(services_.seal.set_rotation_config(config));
  return Response::no_content();
}

}  // namespace signet::sys
