// SPDX-License-Identifier: Apache-2.0
#include "engines/kv/kv.hpp"

#include "base/duration.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <memory>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace signet::kv {
namespace {

using core::Captures;
using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;
using core::Schema;

// What was written with duplicate members or odd numbers is kept as text: clients get back what
// they wrote, not our rounding of it.
SecretBytes text_of(const Request& request) {
  if (!request.raw_body.empty()) return SecretBytes(Bytes(request.raw_body));
  std::string text = request.data.dump();
  SecretBytes secret{std::string_view(text)};
  wipe(text);
  return secret;
}

// A member `ttl` (or `lease`) is a hint to clients when to read again; nothing expires.
Seconds hinted_duration(std::string_view json, Seconds otherwise) {
  const Json data = Json::parse(json, nullptr, false);
  for (const char* name : {"ttl", "lease"}) {
    const auto found = data.find(name);
    if (found == data.end()) continue;
    if (!found->is_string() && !found->is_number_integer()) return otherwise;
    const std::string text = found->is_string() ? found->get<std::string>() : found->dump();
    return text.empty() ? otherwise : parse_duration(text).value_or(otherwise);
  }
  return otherwise;
}

std::string folder(const std::string& path) {
  return path.empty() || path.ends_with('/') ? path : path + '/';
}

const std::string& path_in(const Captures& captures) { return captures.front().second; }

// Version 2 is another store; until it exists a mount of it must not be mistaken for one.
Result<void> prepare(core::Mount& mount) {
  if (mount.type == "kv-v2") mount.options.emplace()["version"] = "2";
  if (mount.type == "kv-v1") mount.options.emplace()["version"] = "1";
  if (!mount.options) return {};
  const auto version = mount.options->find("version");
  if (version == mount.options->end() || version->second == "1" || version->second.empty())
    return {};
  if (version->second == "2")
    return invalid("version 2 of the kv engine is not available yet: use version 1");
  return invalid("unknown kv version \"" + version->second + "\"");
}

}  // namespace

core::ModuleType module_type() {
  core::ModuleType type;
  type.type = "kv";
  type.default_description = "key/value secret storage";
  type.make = [](const core::EngineContext& context) {
    return std::make_unique<KvEngine>(context);
  };
  type.aliases = {"kv-v1", "kv-v2", "generic"};
  type.prepare = prepare;
  return type;
}

const core::RouteTable& KvEngine::routes() const {
  static const Schema<PathField> path_field{{"path", &PathField::path, "Where the secret is."}};
  static const Schema<ListFields> list_fields{
      {"path", &ListFields::path, "The folder."},
      {"after", &ListFields::after, "List names above this one."},
      {"limit", &ListFields::limit, "At most so many names; 0 or less: all."},
  };
  static const core::RouteTable table{
      Route("{path...}", Operation::read, path_field, &KvEngine::read, "Read a secret.")
          .also(Operation::update, path_field, &KvEngine::write, "Store a secret, whole.")
          .also(Operation::remove, path_field, &KvEngine::remove, "Delete a secret.")
          .also(Operation::list, list_fields, &KvEngine::list, "List a folder.")
          .also(Operation::scan, list_fields, &KvEngine::scan, "List all below a folder.")
          .exists(&KvEngine::exists)
          .help("Stores any object under any path."),
      Route("", Operation::list, list_fields, &KvEngine::list, "List the mount.")
          .also(Operation::scan, list_fields, &KvEngine::scan, "List all of the mount.")
          .also(Operation::read, path_field, &KvEngine::read, "Nothing: the mount is a folder.")
          .also(Operation::update, path_field, &KvEngine::write, "Refused: no path.")
          .also(Operation::remove, path_field, &KvEngine::remove, "Nothing to delete."),
  };
  return table;
}

void KvEngine::unmounted(storage::CommitUnit& unit) { secrets_.remove_all(unit, ""); }

Result<Response> KvEngine::read(Request& request, const PathField& fields) {
  std::optional<storage::Secrets::Found> found = secrets_.get(fields.path);
  if (!found) return absent();
  Response response;
  response.lease_duration =
      hinted_duration(found->value.reveal_text(), request.mount->default_ttl());
  response.data_json = std::move(found->value);
  return response;
}

Result<Response> KvEngine::write(Request& request, const PathField& fields) {
  if (fields.path.empty()) return invalid("missing path");
  if (request.data.empty()) return invalid("missing data fields");
  const SecretBytes text = text_of(request);
  secrets_.put(request.unit(), fields.path, text.reveal());
  return Response::no_content();
}

Result<Response> KvEngine::remove(Request& request, const PathField& fields) {
  secrets_.remove(request.unit(), fields.path);
  return Response::no_content();
}

Result<Response> KvEngine::list(Request&, const ListFields& fields) {
  return Response::of({{"keys", secrets_.list(folder(fields.path), fields.after, fields.limit)}});
}

Result<Response> KvEngine::scan(Request&, const ListFields& fields) {
  return Response::of({{"keys", secrets_.scan(folder(fields.path), fields.after, fields.limit)}});
}

Result<bool> KvEngine::exists(Request&, const Captures& captures) {
  return secrets_.exists(path_in(captures));
}

}  // namespace signet::kv
