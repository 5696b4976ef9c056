// SPDX-License-Identifier: Apache-2.0
// Health, leader and nodes (core.md sections 3.2 and 16.2): every node is active.
#include "base/clock.hpp"
#include "engines/sys/sys.hpp"
#include "storage/nodes.hpp"

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct HealthFields {
  bool standbyok = false;
  bool perfstandbyok = false;
  std::int64_t activecode = 200;
  std::int64_t standbycode = 429;
  std::int64_t sealedcode = 503;
  std::int64_t uninitcode = 501;
  std::int64_t drsecondarycode = 472;
  std::int64_t performancestandbycode = 473;
  std::int64_t haunhealthycode = 474;
  std::int64_t removedcode = 530;
};

namespace {

// Nodes that did not show up for so long are gone.
constexpr Seconds alive{30};

const Schema<HealthFields>& health_fields() {
  using F = HealthFields;
  static const Schema<HealthFields> schema{
      {"standbyok", &F::standbyok, "A standby answers like an active node."},
      {"perfstandbyok", &F::perfstandbyok, "Accepted; there are no such nodes."},
      {"activecode", &F::activecode, "Status of an active node."},
      {"standbycode", &F::standbycode, "Status of a standby."},
      {"sealedcode", &F::sealedcode, "Status of a sealed node."},
      {"uninitcode", &F::uninitcode, "Status before initialisation."},
      {"drsecondarycode", &F::drsecondarycode, "Accepted; there are no such nodes."},
      {"performancestandbycode", &F::performancestandbycode, "Accepted; there are no such nodes."},
      {"haunhealthycode", &F::haunhealthycode, "Accepted; there are no such nodes."},
      {"removedcode", &F::removedcode, "Accepted; there are no such nodes."},
  };
  return schema;
}

}  // namespace

std::vector<Route> status_routes() {
  using E = SysEngine;
  return {
      Route("health", Operation::read, health_fields(), &E::health, "The state of this node.")
          .also(Operation::header, health_fields(), &E::health, "The same, status only.")
          .unsealed()
          .unaudited()
          .inplace(),
      Route("leader", Operation::read, core::no_fields(), &E::leader, "Who is active: this node.")
          .unsealed()
          .unaudited(),
      Route("ha-status", Operation::read, core::no_fields(), &E::ha_status, "The living nodes."),
      Route("step-down", Operation::update, core::no_fields(), &E::step_down,
            "Accepted: every node is active.")
          .sudo(),
      Route("replication/status", Operation::read, core::no_fields(), &E::replication_status,
            "Always disabled.")
          .unauthenticated(),
  };
}

Result<core::Response> SysEngine::health(Request& request, const HealthFields& fields) {
  const core::SealStatus status = seal_status(request);
  if (!status.is_initialized && !request.may_wait) return Error{ErrorCode::unavailable, {}, {}};
  std::int64_t code = fields.activecode;
  if (!status.is_initialized)
    code = fields.uninitcode;
  else if (status.is_sealed)
    code = fields.sealedcode;
  else if (!services_.database.is_reachable())
    code = 503;  // load balancers act on the code; the body stays truthful
  if (code < 200 || code > 599) return invalid("a status must be between 200 and 599");

  const char* replication = status.is_sealed ? "unknown" : "disabled";
  Json body{{"initialized", status.is_initialized},
            {"sealed", status.is_sealed},
            {"standby", false},
            {"performance_standby", false},
            {"replication_performance_mode", replication},
            {"replication_dr_mode", replication},
            {"server_time_utc", services_.clock.now().seconds},
            {"version", services_.info.build.version},
            {"enterprise", false},
            {"echo_duration_ms", 0},
            {"clock_skew_ms", services_.database.clock_offset().count()}};
  if (status.cluster_name) body["cluster_name"] = *status.cluster_name;
  if (status.cluster_id) body["cluster_id"] = *status.cluster_id;
  return Response::plain(std::move(body), static_cast<int>(code));
}

Result<core::Response> SysEngine::leader(Request&, const NoFields&) {
  if (services_.seal.is_sealed()) return Error{ErrorCode::sealed, "Vault is sealed", {}};
  const bool has_nodes = services_.database.kind() == "postgresql";
  return Response::plain(
      Json{{"ha_enabled", has_nodes},
           {"is_self", has_nodes},
           {"active_time", rfc3339(services_.info.started_at)},
           {"leader_address", has_nodes ? services_.info.api_address : ""},
           {"leader_cluster_address", has_nodes ? services_.info.cluster_address : ""},
           {"performance_standby", false},
           {"performance_standby_last_remote_wal", 0}});
}

Result<core::Response> SysEngine::ha_status(Request& request, const NoFields&) {
  Json nodes = Json::array();
  bool is_listed = false;
  for (const storage::SeenNode& node :
       storage::NodeStore(services_.database).seen_since(request.now - alive)) {
    const bool is_self = node.node.id == services_.info.node_id;
    is_listed = is_listed || is_self;
    nodes.push_back({{"hostname", node.node.address},
                     {"api_address", node.node.address},
                     {"cluster_address", is_self ? services_.info.cluster_address : ""},
                     {"active_node", true},
                     {"last_echo", is_self ? Json() : Json(rfc3339(node.seen_at))},
                     {"version", node.node.version}});
  }
  if (!is_listed)
    nodes.push_back({{"hostname", services_.info.api_address},
                     {"api_address", services_.info.api_address},
                     {"cluster_address", services_.info.cluster_address},
                     {"active_node", true},
                     {"last_echo", nullptr},
                     {"version", services_.info.build.version}});
  Response response = Response::of(Json{{"nodes", std::move(nodes)}});
  response.copies_data_to_top = true;
  return response;
}

Result<core::Response> SysEngine::step_down(Request&, const NoFields&) {
  return Response::no_content();
}

Result<core::Response> SysEngine::replication_status(Request&, const NoFields&) {
  return Response::of(
      Json{{"dr", {{"mode", "disabled"}}}, {"performance", {{"mode", "disabled"}}}});
}

}  // namespace signet::sys
