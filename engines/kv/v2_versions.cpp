// SPDX-License-Identifier: Apache-2.0
// Deleting versions softly, bringing them back, destroying them (engines.md section 3.4).
#include "engines/kv/v2.hpp"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::kv {

using core::Json;
using core::Operation;
using core::Response;
using core::Route;
using core::Schema;

struct VersionsFields {
  std::string path;
  std::vector<std::int64_t> versions;
};

namespace {

const Schema<VersionsFields>& versions_fields() {
  static const Schema<VersionsFields> schema{
      {"path", &VersionsFields::path, "Where the secret is."},
      {core::FieldInfo{"versions", "Numbers of versions.", core::FieldFlag::none, "list"},
       [](const Json& from, const core::FieldInfo& field, VersionsFields& to) -> Result<void> {
         std::vector<std::string> numbers;
         TRY(core::decode(from, field, numbers));
         for (std::size_t i = 0; i < numbers.size(); ++i) {
           const std::string& text = numbers[i];
           if (text.empty()) continue;
           std::int64_t number = 0;
           const auto [end, error] =
               std::from_chars(text.data(), text.data() + text.size(), number);
           if (error != std::errc() || end != text.data() + text.size())
             return invalid(fmt::format("'[{}]' cannot parse value as 'int'", i));
           to.versions.push_back(number);
         }
         return {};
       }},
  };
  return schema;
}

}  // namespace

std::vector<Route> version_routes() {
  return {
      Route("delete/{path...}", Operation::update, versions_fields(), &KvV2::remove_versions,
            "Delete versions; undelete/ brings them back."),
      Route("undelete/{path...}", Operation::update, versions_fields(), &KvV2::undelete,
            "Bring deleted versions back."),
      Route("destroy/{path...}", Operation::update, versions_fields(), &KvV2::destroy,
            "Remove the values of versions for ever."),
  };
}

Result<Response> KvV2::remove_current(Request& request, const PathField& fields) {
  store_.stage_delete_current(request.unit(), fields.path, time_of(context_.clock));
  return Response::no_content();
}

Result<Response> KvV2::remove_versions(Request& request, const VersionsFields& fields) {
  if (fields.versions.empty()) return invalid("No version number provided");
  store_.stage_delete(request.unit(), fields.path, fields.versions, time_of(context_.clock));
  return Response::no_content();
}

Result<Response> KvV2::undelete(Request& request, const VersionsFields& fields) {
  if (fields.versions.empty()) return invalid("No version number provided");
  const storage::KvTime now = time_of(context_.clock);
  store_.stage_undelete(request.unit(), fields.path, fields.versions,
                        deletion_of(store_.state(fields.path), now), now);
  return Response::no_content();
}

Result<Response> KvV2::destroy(Request& request, const VersionsFields& fields) {
  if (fields.versions.empty()) return invalid("no version number provided");
  store_.stage_destroy(request.unit(), fields.path, fields.versions, time_of(context_.clock));
  return Response::no_content();
}

}  // namespace signet::kv
