// SPDX-License-Identifier: Apache-2.0
#include "engines/kv/v2.hpp"

#include "storage/secrets.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::kv {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

bool is_version_2(const std::map<std::string, std::string>& options) {
  const auto version = options.find("version");
  return version != options.end() && version->second == "2";
}

storage::KvTime time_of(const Clock& clock) {
  return std::chrono::floor<std::chrono::microseconds>(clock.wall());
}

namespace {

const core::Schema<PathField>& any_field() {
  static const core::Schema<PathField> schema =
      core::Schema<PathField>{{"path", &PathField::path, "Any path."}}.taking_any();
  return schema;
}

}  // namespace

std::vector<Route> wrong_routes() {
  std::vector<Route> routes;
  // Literals first: what is below them has routes of its own.
  for (const char* root : {"data", "metadata", "delete", "undelete", "destroy"}) {
    Route route(root, Operation::read, any_field(), &KvV2::refuse_root, "Refused: a folder.");
    route.also(Operation::update, any_field(), &KvV2::refuse_root, "Refused: a folder.")
        .also(Operation::patch, any_field(), &KvV2::refuse_root, "Refused: a folder.")
        .also(Operation::remove, any_field(), &KvV2::refuse_root, "Refused: a folder.");
    if (std::string_view(root) == "metadata")
      route.also(Operation::list, list_fields(), &KvV2::list, "List the mount.")
          .also(Operation::scan, list_fields(), &KvV2::scan, "List all of the mount.");
    routes.push_back(std::move(route));
  }
  for (const char* pattern : {"", "{path...}"}) {
    Route route(pattern, Operation::read, any_field(), &KvV2::refuse_path,
                "Refused: no such path.");
    for (const Operation operation :
         {Operation::update, Operation::patch, Operation::remove, Operation::list, Operation::scan})
      route.also(operation, any_field(), &KvV2::refuse_path, "Refused: no such path.");
    routes.push_back(std::move(route));
  }
  return routes;
}

const core::RouteTable& KvV2::routes() const {
  static const core::RouteTable table([] {
    std::vector<Route> all;
    for (const auto& part :
         {config_routes, data_routes, patch_routes, version_routes, metadata_routes, list_routes,
          transaction_routes, search_routes, wrong_routes}) {
      std::vector<Route> routes = part();
      all.insert(all.end(), std::make_move_iterator(routes.begin()),
                 std::make_move_iterator(routes.end()));
    }
    return all;
  }());
  return table;
}

void KvV2::unmounted(storage::CommitUnit& unit) {
  store_.stage_remove_all(unit);
  storage::Secrets(context_.database, context_.sealer, context_.mount_id).remove_all(unit, "");
}

Result<void> KvV2::retuned(const core::Mount& mount, storage::CommitUnit&) {
  if (is_version_2(mount.options.value_or(std::map<std::string, std::string>()))) return {};
  return invalid("cannot downgrade mount from version 2");
}

void KvV2::tick() { store_.move_stragglers(time_of(context_.clock)); }

Result<Response> KvV2::refuse_root(Request&, const PathField&) {
  Response response = gone(nullptr);
  response.warnings.emplace_back(
      "Non-listing operations on the root of a K/V v2 mount are not supported.");
  return response;
}

Result<Response> KvV2::refuse_path(Request& request, const PathField&) {
  static constexpr std::array<std::string_view, 10> roots{
      "config",   "data",    "metadata", "detailed-metadata", "delete",
      "undelete", "destroy", "subkeys",  "transaction",       "search"};
  const std::string_view path = request.relative_path;
  const std::string_view root = path.substr(0, path.find('/'));
  if (std::find(roots.begin(), roots.end(), root) != roots.end())
    return Error{ErrorCode::unsupported_operation, "unsupported operation", {}};
  const std::string_view command = request.operation == Operation::read     ? "get"
                                   : request.operation == Operation::list   ? "list"
                                   : request.operation == Operation::scan   ? "list"
                                   : request.operation == Operation::remove ? "delete"
                                                                            : "put";
  Response response = gone(nullptr);
  response.warnings.push_back(
      "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API "
      "endpoints to use. If using the command line, use 'signet kv " +
      std::string(command) + "' for this operation.");
  return response;
}

Response gone(Json data) {
  Response response = Response::of(std::move(data));
  response.status = 404;
  return response;
}

std::string to_text(storage::KvTime at) {
  // Not by way of nanoseconds: those end in the year 2262, and a time to live may reach beyond.
  const auto whole = std::chrono::floor<std::chrono::seconds>(at);
  const auto fraction = (at - whole).count();
  std::string text = rfc3339(UnixTime{whole.time_since_epoch().count()});
  if (fraction == 0) return text;
  text.pop_back();
  text += fmt::format(".{:06}", fraction);
  text.erase(text.find_last_not_of('0') + 1);
  return text + 'Z';
}

Json to_json(const storage::KvVersion& version) {
  return {{"created_time", to_text(version.created_at)},
          {"deletion_time", version.deleted_at ? to_text(*version.deleted_at) : ""},
          {"destroyed", version.is_destroyed}};
}

Json to_json(const storage::KvVersion& version, const std::string& custom_metadata) {
  Json json = to_json(version);
  json["version"] = version.version;
  json["custom_metadata"] = custom_metadata.empty() ? Json() : Json::parse(custom_metadata);
  return json;
}

}  // namespace signet::kv
