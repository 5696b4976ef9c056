// SPDX-License-Identifier: Apache-2.0
// Who reads which secrets: what a rotation has to wait for, and what nobody needs. The path of a
// question is a secret's own, so that policies can hand out parts of it: of a folder only those
// keys are shown that the caller may ask for one by one.
#include "storage/consumers.hpp"

#include "core/mounts.hpp"
#include "core/policy/acl.hpp"
#include "engines/sys/sys.hpp"
#include "storage/kv.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;
using storage::ConsumerStore;

struct ConsumersFields {
  std::string path;
  std::string show;
  std::string after;
  std::int64_t limit = 1000;
};

namespace {

const Schema<ConsumersFields>& consumers_fields() {
  using F = ConsumersFields;
  static const Schema<ConsumersFields> schema{
      {"path", &F::path, "A secret's path with its mount; with `show` a folder's."},
      {"show", &F::show,
       "last_read: every key below the folder; unread: keys whose current version nobody read; "
       "outdated: consumers that have not read the current version. Empty: all reads of one key."},
      {"after", &F::after, "Only keys above this path below the folder."},
      {"limit", &F::limit, "At most so many rows, but all consumers of a key; 0: all."},
  };
  return schema;
}

Json time_or_null(const std::optional<UnixTime>& at) { return at ? Json(rfc3339(*at)) : Json(); }

Json reads_of_key(const ConsumerStore& store, const Uuid& mount, const std::string& path,
                  std::int64_t current_version) {
  Json consumers = Json::array();
  for (const storage::Consumption& one : store.of_key(mount, path))
    consumers.push_back({{"consumer", one.consumer},
                         {"version", one.version},
                         {"first_read", rfc3339(one.first_read)},
                         {"last_read", rfc3339(one.last_read)},
                         {"reads", one.reads}});
  return {{"current_version", current_version}, {"consumers", std::move(consumers)}};
}

const std::string& path_of(const ConsumerStore::LastRead& row) { return row.path; }
const std::string& path_of(const ConsumerStore::Unread& row) { return row.path; }
const std::string& path_of(const ConsumerStore::Outdated& row) { return row.newest.path; }

// A folder as the caller may see it.
struct Folder {
  const ConsumerStore& store;
  const core::Acl* acl;
  std::string base;  ///< of the paths that policies are asked about: "sys/consumers/secret/"
  ConsumerStore::Page page;

  [[nodiscard]] bool may_see(const std::string& path) const {
    const std::string full_path = base + path;
    core::AccessRequest asked;
    asked.path = full_path;
    asked.operation = Operation::read;
    return acl != nullptr && acl->decide(asked).is_allowed;
  }

  /// Rows of the visible keys, as many as the page takes.
  template <class Row>
  std::vector<Row> rows(std::vector<Row> (ConsumerStore::*of)(const ConsumerStore::Page&)
                            const) const {
    std::vector<Row> visible;
    ConsumerStore::Page part = page;
    std::string after;
    for (;;) {
      std::vector<Row> found = (store.*of)(part);
      const bool is_last = page.limit <= 0 || static_cast<std::int64_t>(found.size()) < page.limit;
      if (!found.empty()) after = path_of(found.back()).substr(page.folder.size());
      for (Row& row : found)
        if (may_see(path_of(row))) visible.push_back(std::move(row));
      if (is_last || static_cast<std::int64_t>(visible.size()) >= page.limit) return visible;
      part.after = after;
    }
  }
};

Json last_reads(const Folder& folder) {
  Json keys = Json::array();
  for (const ConsumerStore::LastRead& one : folder.rows(&ConsumerStore::last_reads))
    keys.push_back({{"path", one.path.substr(folder.page.folder.size())},
                    {"current_version", one.current_version},
                    {"consumers", one.consumers},
                    {"reads", one.reads},
                    {"last_read", time_or_null(one.last_read)}});
  return {{"keys", std::move(keys)}};
}

Json unread(const Folder& folder) {
  Json keys = Json::array();
  for (const ConsumerStore::Unread& one : folder.rows(&ConsumerStore::unread))
    keys.push_back({{"path", one.path.substr(folder.page.folder.size())},
                    {"current_version", one.current_version},
                    {"last_read", time_or_null(one.last_read)}});
  return {{"keys", std::move(keys)}};
}

Json outdated(const Folder& folder) {
  Json consumers = Json::array();
  for (const ConsumerStore::Outdated& one : folder.rows(&ConsumerStore::outdated))
    consumers.push_back({{"path", one.newest.path.substr(folder.page.folder.size())},
                         {"consumer", one.newest.consumer},
                         {"version", one.newest.version},
                         {"current_version", one.current_version},
                         {"last_read", rfc3339(one.newest.last_read)}});
  return {{"consumers", std::move(consumers)}};
}

}  // namespace

std::vector<Route> consumer_routes() {
  return {Route("consumers/{path...}", Operation::read, consumers_fields(),
                &SysEngine::read_consumers, "Who read a secret, or the secrets of a folder.")
              .help("Reads of versioned key/value secrets, by entity or token accessor.")};
}

Result<core::Response> SysEngine::read_consumers(Request& request, const ConsumersFields& fields) {
  const auto mounts = table();
  const core::MountTable::Found found = mounts->find(fields.path);
  const bool keeps_versions = found.mounted != nullptr && found.mounted->mount->type == "kv" &&
                              found.mounted->mount->options.value_or(
                                  std::map<std::string, std::string>())["version"] == "2";
  if (!keeps_versions)
    return invalid(
        fmt::format("\"{}\" is not on a mount of versioned key/value secrets", fields.path));
  const Uuid& mount = found.mounted->mount->id;
  const ConsumerStore store(services_.database);
  std::string below(found.rest);
  if (fields.show.empty()) {
    const storage::KvState state =
        storage::KvStore(services_.database, services_.barrier, mount).state(below);
    if (!state.key) return absent();
    return Response::of(reads_of_key(store, mount, below, state.key->current_version));
  }
  if (!below.empty() && !below.ends_with('/')) below += '/';
  std::string base = request.mount->full_path() + "consumers/" +
                     fields.path.substr(0, fields.path.size() - found.rest.size());
  if (!base.ends_with('/')) base += '/';
  const Folder shown{
      store, request.acl.get(), std::move(base), {mount, below, fields.after, fields.limit}};
  if (fields.show == "last_read") return Response::of(last_reads(shown));
  if (fields.show == "unread") return Response::of(unread(shown));
  if (fields.show == "outdated") return Response::of(outdated(shown));
  return invalid("show must be last_read, unread or outdated");
}

}  // namespace signet::sys
