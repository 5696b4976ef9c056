// SPDX-License-Identifier: Apache-2.0
// Audit devices and the request headers that they show (core.md section 3.9).
#include "core/audit/audit.hpp"

#include "base/text.hpp"
#include "engines/sys/sys.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct AuditFields {
  std::string path;
  std::string type;
  std::string description;
  std::map<std::string, std::string> options;
  bool local = false;
};
struct HashInput {
  std::string path;
  std::string input;
};
struct HeaderFields {
  std::string header;
  bool hmac = false;
};

namespace {

const Schema<AuditFields>& audit_fields() {
  using F = AuditFields;
  static const Schema<AuditFields> schema{
      {"path", &F::path, "The device's name."},
      {"type", &F::type, "The type: file."},
      {"description", &F::description, "For people."},
      {"options", &F::options, "The device's options: file_path, mode, log_raw ..."},
      {"local", &F::local, "Kept as said; there is no replication."},
  };
  return schema;
}
const Schema<HashInput>& hash_input() {
  static const Schema<HashInput> schema{
      {"path", &HashInput::path, "The device's name."},
      {"input", &HashInput::input, "What to look for in its entries."},
  };
  return schema;
}
const Schema<HeaderFields>& header_fields() {
  static const Schema<HeaderFields> schema{
      {"header", &HeaderFields::header, "The header's name."},
      {"hmac", &HeaderFields::hmac, "Whether its value is hashed."},
  };
  return schema;
}

}  // namespace

std::vector<Route> audit_routes() {
  using E = SysEngine;
  return {
      Route("audit", Operation::read, core::no_fields(), &E::list_audit, "All audit devices.")
          .sudo(),
      Route("audit/{path...}", Operation::update, audit_fields(), &E::enable_audit,
            "Enable an audit device.")
          .also(Operation::remove, path_field(), &E::disable_audit, "Disable an audit device.")
          .sudo(),
      Route("audit-hash/{path...}", Operation::update, hash_input(), &E::audit_hash,
            "What a value looks like in a device's entries."),
      Route("config/auditing/request-headers", Operation::read, core::no_fields(),
            &E::list_audit_headers, "Request headers that audit entries show.")
          .sudo(),
      Route("config/auditing/request-headers/{header:any}", Operation::read, header_fields(),
            &E::read_audit_header, "How a header is shown.")
          .also(Operation::update, header_fields(), &E::write_audit_header, "Show a header.")
          .also(Operation::remove, header_fields(), &E::delete_audit_header,
                "Show a header no longer.")
          .sudo(),
  };
}

Result<core::Response> SysEngine::list_audit(Request&, const NoFields&) {
  Json devices = Json::object();
  for (const core::AuditDeviceInput& device : services_.audit.list())
    devices[device.path] = {{"path", device.path},
                            {"type", device.type},
                            {"description", device.description},
                            {"options", device.options},
                            {"local", device.local}};
  Response response = Response::of(std::move(devices));
  response.copies_data_to_top = true;
  return response;
}

Result<core::Response> SysEngine::enable_audit(Request& request, const AuditFields& fields) {
  if (fields.type.empty()) return invalid("audit device type must be specified as a string");
  const core::AuditDeviceInput device{mount_path(fields.path), fields.type, fields.description,
                                      fields.options, fields.local};
  TRY(services_.audit.enable(device, request.unit()));
  return Response::no_content();
}

Result<core::Response> SysEngine::disable_audit(Request& request, const PathField& fields) {
  TRY(services_.audit.disable(mount_path(fields.path), request.unit()));
  return Response::no_content();
}

Result<core::Response> SysEngine::audit_hash(Request&, const HashInput& fields) {
  std::string hash = TRY(services_.audit.hash(mount_path(fields.path), fields.input));
  Response response = Response::of(Json{{"hash", std::move(hash)}});
  response.copies_data_to_top = true;
  return response;
}

Result<core::Response> SysEngine::list_audit_headers(Request&, const NoFields&) {
  Json headers = Json::object();
  for (const auto& [name, is_hashed] : services_.audit.headers())
    headers[name] = {{"hmac", is_hashed}};
  Response response = Response::of(Json{{"headers", std::move(headers)}});
  response.copies_data_to_top = true;
  return response;
}

Result<core::Response> SysEngine::read_audit_header(Request&, const HeaderFields& fields) {
  const core::AuditHeaders headers = services_.audit.headers();
  const auto found = headers.find(lower(fields.header));
  if (found == headers.end()) return invalid("Could not find header in config");
  Response response = Response::of(Json{{fields.header, {{"hmac", found->second}}}});
  response.copies_data_to_top = true;
  return response;
}

Result<core::Response> SysEngine::write_audit_header(Request& request, const HeaderFields& fields) {
  services_.audit.set_header(fields.header, fields.hmac, request.unit());
  return Response::no_content();
}

Result<core::Response> SysEngine::delete_audit_header(Request& request,
                                                      const HeaderFields& fields) {
  services_.audit.remove_header(fields.header, request.unit());
  return Response::no_content();
}

}  // namespace signet::sys
