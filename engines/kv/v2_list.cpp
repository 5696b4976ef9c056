// SPDX-License-Identifier: Apache-2.0
// Names of keys, with or without what they say of themselves (engines.md section 3.5).
#include "engines/kv/v2.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace signet::kv {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

namespace {

storage::PathPage page_of(const std::string& folder, const ListFields& fields) {
  return {folder, fields.after, fields.limit};
}

// The listing with one member more: what each key says, nothing for folders.
Response detailed(const storage::KvStore& store, const std::string& folder,
                  std::vector<std::string> names) {
  Json info = Json::object();
  for (const std::string& name : names)
    if (name.ends_with('/')) info[name] = Json::object();
  for (const storage::KvStore::Described& described : store.describe_all(folder, names))
    info[described.path.substr(folder.size())] = to_json(described);
  Response response = listing(std::move(names));
  if (!info.empty()) (*response.data)["key_info"] = std::move(info);
  return response;
}

}  // namespace

std::vector<Route> list_routes() {
  std::vector<Route> routes;
  for (const char* pattern : {"detailed-metadata", "detailed-metadata/{path...}"})
    routes.push_back(
        std::move(Route(pattern, Operation::list, list_fields(), &KvV2::list_detailed,
                        "List a folder, with what its keys say of themselves.")
                      .also(Operation::scan, list_fields(), &KvV2::scan_detailed,
                            "List all below a folder, with what the keys say of themselves.")));
  return routes;
}

Result<Response> KvV2::list(Request&, const ListFields& fields) {
  const std::string below = folder(fields.path);
  return listing(store_.tree().list(page_of(below, fields)));
}

Result<Response> KvV2::scan(Request&, const ListFields& fields) {
  const std::string below = folder(fields.path);
  return listing(store_.tree().scan(page_of(below, fields)));
}

Result<Response> KvV2::list_detailed(Request&, const ListFields& fields) {
  const std::string below = folder(fields.path);
  return detailed(store_, below, store_.tree().list(page_of(below, fields)));
}

Result<Response> KvV2::scan_detailed(Request&, const ListFields& fields) {
  const std::string below = folder(fields.path);
  return detailed(store_, below, store_.tree().scan(page_of(below, fields)));
}

}  // namespace signet::kv
