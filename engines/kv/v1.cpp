// SPDX-License-Identifier: Apache-2.0
#include "engines/kv/v1.hpp"

#include "base/duration.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "engines/kv/v2.hpp"
#include "storage/kv.hpp"

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

}  // namespace

const core::RouteTable& KvV1::routes() const {
  static const core::RouteTable table{
      Route("{path...}", Operation::read, path_field(), &KvV1::read, "Read a secret.")
          .also(Operation::update, path_field(), &KvV1::write, "Store a secret, whole.")
          .also(Operation::remove, path_field(), &KvV1::remove, "Delete a secret.")
          .also(Operation::list, list_fields(), &KvV1::list, "List a folder.")
          .also(Operation::scan, list_fields(), &KvV1::scan, "List all below a folder.")
          .exists(&KvV1::exists)
          .help("Stores any object under any path."),
      Route("", Operation::list, list_fields(), &KvV1::list, "List the mount.")
          .also(Operation::scan, list_fields(), &KvV1::scan, "List all of the mount.")
          .also(Operation::read, path_field(), &KvV1::read, "Nothing: the mount is a folder.")
          .also(Operation::update, path_field(), &KvV1::write, "Refused: no path.")
          .also(Operation::remove, path_field(), &KvV1::remove, "Nothing to delete."),
  };
  return table;
}

void KvV1::unmounted(storage::CommitUnit& unit) { secrets_.remove_all(unit, ""); }

Result<void> KvV1::retuned(const core::Mount& mount, storage::CommitUnit& unit) {
  if (!is_version_2(mount.options.value_or(std::map<std::string, std::string>()))) return {};
  const storage::KvStore store(context_.database, context_.sealer, context_.mount_id);
  store.stage_upgrade(unit, time_of(context_.clock));
  return {};
}

Result<Response> KvV1::read(Request& request, const PathField& fields) {
  std::optional<storage::Secrets::Found> found = secrets_.get(fields.path);
  if (!found) return absent();
  Response response;
  response.lease_duration =
      hinted_duration(found->value.reveal_text(), request.mount->default_ttl());
  response.data_json = std::move(found->value);
  return response;
}

Result<Response> KvV1::write(Request& request, const PathField& fields) {
  if (fields.path.empty()) return invalid("missing path");
  TRY(check_path(fields.path));
  if (request.data.empty()) return invalid("missing data fields");
  const SecretBytes text = text_of(request);
  secrets_.put(request.unit(), fields.path, text.reveal());
  return Response::no_content();
}

Result<Response> KvV1::remove(Request& request, const PathField& fields) {
  secrets_.remove(request.unit(), fields.path);
  return Response::no_content();
}

Result<Response> KvV1::list(Request&, const ListFields& fields) {
  return listing(secrets_.list(folder(fields.path), fields.after, fields.limit));
}

Result<Response> KvV1::scan(Request&, const ListFields& fields) {
  return listing(secrets_.scan(folder(fields.path), fields.after, fields.limit));
}

Result<bool> KvV1::exists(Request&, const Captures& captures) {
  return secrets_.exists(captures.front().second);
}

}  // namespace signet::kv
