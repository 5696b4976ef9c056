// SPDX-License-Identifier: Apache-2.0
#include "engines/cubbyhole/cubbyhole.hpp"

#include "base/secret.hpp"
#include "core/wrapping.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::cubbyhole {
namespace {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;
using core::Schema;

/// Longer paths do not fit into an index of either database.
constexpr std::size_t longest_path = 2000;

const Schema<PathField>& path_field() {
  static const Schema<PathField> schema =
      Schema<PathField>{{"path", &PathField::path, "Where the value is."}}.taking_any();
  return schema;
}

const Schema<ListFields>& list_fields() {
  static const Schema<ListFields> schema{
      {"path", &ListFields::path, "The folder."},
      {"after", &ListFields::after, "List names above this one."},
      {"limit", &ListFields::limit, "At most so many names; 0 or less: all."},
  };
  return schema;
}

// Whose cubbyhole it is. Tokens without a row (batch tokens) have none.
Result<Bytes> owner(const Request& request) {
  if (!request.token || request.token->id_hash.empty())
    return invalid("cubbyhole operations are only supported by 'service' type tokens");
  return request.token->id_hash;
}

std::string folder(const std::string& path) {
  return path.empty() || path.ends_with('/') ? path : path + '/';
}

// What was written with duplicate members or odd numbers is kept as text, so that it comes back as
// it was.
SecretBytes text_of(const Request& request) {
  if (!request.raw_body.empty()) return SecretBytes(Bytes(request.raw_body));
  std::string text = request.data.dump();
  SecretBytes secret{std::string_view(text)};
  wipe(text);
  return secret;
}

Response listing(std::vector<std::string> keys) {
  Json data = Json::object();
  if (!keys.empty()) data["keys"] = std::move(keys);
  return Response::of(std::move(data));
}

bool is_wrapped_answer(const Request& request, const std::string& path) {
  const std::vector<std::string>& policies = request.token->policies;
  return path == core::wrapped_path && policies.size() == 1 &&
         policies.front() == core::wrapping_policy;
}

}  // namespace

core::ModuleType module_type() {
  core::ModuleType type;
  type.type = "cubbyhole";
  type.is_mountable = false;
  type.default_description = "per-token private secret storage";
  type.make = [](const core::EngineContext& context) {
    return std::make_unique<Cubbyhole>(context);
  };
  return type;
}

const core::RouteTable& Cubbyhole::routes() const {
  using C = Cubbyhole;
  static const core::RouteTable table{
      Route("{path...}", Operation::read, path_field(), &C::read, "Read a value of this token's.")
          .also(Operation::update, path_field(), &C::write, "Store a value, whole.")
          .also(Operation::remove, path_field(), &C::remove, "Delete a value.")
          .also(Operation::list, list_fields(), &C::list, "List a folder.")
          .also(Operation::scan, list_fields(), &C::scan, "List all below a folder.")
          .exists(&C::exists)
          .help("Stores any object under any path, for the token that is presented alone."),
      Route("", Operation::list, list_fields(), &C::list, "List all folders.")
          .also(Operation::scan, list_fields(), &C::scan, "List all.")
          .also(Operation::read, path_field(), &C::read, "Nothing: this is a folder.")
          .also(Operation::update, path_field(), &C::write, "Refused: no path.")
          .also(Operation::remove, path_field(), &C::remove, "Nothing to delete."),
  };
  return table;
}

Result<Response> Cubbyhole::read(Request& request, const PathField& fields) {
  const Bytes token = TRY(owner(request));
  std::optional<SecretBytes> found = store_.get(token, fields.path);
  if (!found) return absent();
  Response response;
  if (is_wrapped_answer(request, fields.path))
    response.warnings.emplace_back(
        "Reading from 'cubbyhole/response' is deprecated. Please use sys/wrapping/unwrap to unwrap "
        "responses, as it provides additional security checks and other benefits.");
  response.data_json = std::move(found);
  return response;
}

Result<Response> Cubbyhole::write(Request& request, const PathField& fields) {
  const Bytes token = TRY(owner(request));
  if (fields.path.empty()) return invalid("missing path");
  if (fields.path.size() > longest_path)
    return invalid(fmt::format("path is longer than {} bytes", longest_path));
  if (request.data.empty()) return invalid("missing data fields");
  const SecretBytes text = text_of(request);
  store_.put(request.unit(), token, fields.path, text.reveal());
  return Response::no_content();
}

Result<Response> Cubbyhole::remove(Request& request, const PathField& fields) {
  const Bytes token = TRY(owner(request));
  store_.remove(request.unit(), token, fields.path);
  return Response::no_content();
}

Result<Response> Cubbyhole::list(Request& request, const ListFields& fields) {
  const Bytes token = TRY(owner(request));
  return listing(store_.list(token, folder(fields.path), fields.after, fields.limit));
}

Result<Response> Cubbyhole::scan(Request& request, const ListFields& fields) {
  const Bytes token = TRY(owner(request));
  return listing(store_.scan(token, folder(fields.path), fields.after, fields.limit));
}

Result<bool> Cubbyhole::exists(Request& request, const core::Captures& captures) {
  const Bytes token = TRY(owner(request));
  return store_.exists(token, captures.front().second);
}

}  // namespace signet::cubbyhole
