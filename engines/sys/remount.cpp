// SPDX-License-Identifier: Apache-2.0
// Moving a mount (core.md section 3.5). A move is one row, so it is over when it is answered.
#include "core/mounts.hpp"
#include "engines/sys/sys.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct RemountFields {
  std::string from;
  std::string to;
};

namespace {

constexpr std::size_t remembered_moves = 100;

const Schema<RemountFields>& remount_fields() {
  static const Schema<RemountFields> schema{
      {"from", &RemountFields::from, "The mount; auth methods with auth/ before."},
      {"to", &RemountFields::to, "Where it shall be."},
  };
  return schema;
}

}  // namespace

std::vector<Route> remount_routes() {
  using E = SysEngine;
  return {
      Route("remount", Operation::update, remount_fields(), &E::remount, "Move a mount.").sudo(),
      Route("remount/status/{name:any}", Operation::read, name_field(), &E::read_remount,
            "How a move went."),
  };
}

Result<core::Response> SysEngine::remount(Request& request, const RemountFields& fields) {
  const std::string from = mount_path(fields.from);
  const std::string to = mount_path(fields.to);
  if (from.empty() || to.empty())
    return invalid("both 'from' and 'to' path must be specified as a string");
  TRY(services_.mounts.remount(*table(), from, to, request.unit()));

  const std::string id = services_.random.uuid().text();
  request.unit().after_commit([this, id, from, to] {
    const std::lock_guard lock(moves_mutex_);
    if (moves_.size() >= remembered_moves) moves_.erase(moves_.begin());
    moves_[id] = Json{
        {"migration_id", id},
        {"migration_info", {{"source_mount", from}, {"target_mount", to}, {"status", "success"}}}};
  });
  Response response = Response::of(Json{{"migration_id", id}});
  response.copies_data_to_top = true;
  response.warnings.emplace_back(
      "Mount move has been queued. Progress will be reported in the server's log, tagged with the "
      "returned migration_id");
  return response;
}

Result<core::Response> SysEngine::read_remount(Request&, const NameField& fields) {
  const std::lock_guard lock(moves_mutex_);
  const auto found = moves_.find(fields.name);
  if (found == moves_.end()) return absent();
  return Response::of(found->second);
}

}  // namespace signet::sys
