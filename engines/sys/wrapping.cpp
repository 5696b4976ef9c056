// SPDX-License-Identifier: Apache-2.0
// Response wrapping by its own endpoints (core.md section 6); that any other answer can be wrapped
// is the pipeline's doing.
#include "core/wrapping.hpp"

#include "base/clock.hpp"
#include "core/wrapping_key.hpp"
#include "engines/sys/sys.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;
using core::Wrapping;

struct WrappingTokenField {
  SecretBytes token;
};

namespace {

const Schema<WrappingTokenField>& token_field() {
  static const Schema<WrappingTokenField> schema{
      {"token", &WrappingTokenField::token, "A wrapping token; default: the one presented."}};
  return schema;
}

const Schema<core::NoFields>& any_fields() {
  static const Schema<core::NoFields> schema = Schema<core::NoFields>({}).taking_any();
  return schema;
}

// The object as the client wrote it, where numbers would not survive being read.
core::Response as_written(const core::Request& request) {
  core::Response response;
  if (request.raw_body.empty())
    response.data = request.data;
  else
    response.data_json = SecretBytes(Bytes(request.raw_body));
  return response;
}

}  // namespace

std::vector<Route> wrapping_routes() {
  using E = SysEngine;
  std::vector<Route> routes;
  routes.emplace_back("wrapping/wrap", Operation::update, any_fields(), &E::wrap,
                      "Wrap the object that is sent.");
  routes.push_back(Route("wrapping/lookup", Operation::update, token_field(), &E::lookup_wrapping,
                         "What a wrapping token was made for, without using it up.")
                       .also(Operation::read, token_field(), &E::lookup_wrapping,
                             "The same for the token presented.")
                       .unauthenticated());
  routes.push_back(Route("wrapping/unwrap", Operation::update, token_field(), &E::unwrap,
                         "Hand out what a wrapping token holds, once.")
                       .unknown_token(core::invalid_wrapping_token()));
  routes.emplace_back("wrapping/rewrap", Operation::update, token_field(), &E::rewrap,
                      "Move what a wrapping token holds to a fresh one.");
  routes.push_back(Route("wrapping/pubkey", Operation::read, core::no_fields(),
                         &E::read_wrapping_key,
                         "What wrapping tokens in the form of a JWT are verified with.")
                       .unauthenticated());
  return routes;
}

Result<core::Response> SysEngine::read_wrapping_key(Request&, const NoFields&) {
  return Response::of({{"public_key", services_.wrapping_key.public_key_pem()}});
}

Result<core::Response> SysEngine::wrap(Request& request, const NoFields&) {
  if (request.wrapping_ttl.count() == 0)
    return invalid("endpoint requires response wrapping to be used");
  return as_written(request);
}

Result<core::Response> SysEngine::lookup_wrapping(Request& request,
                                                  const WrappingTokenField& fields) {
  const SecretBytes& token = fields.token.empty() ? request.client_token : fields.token;
  if (token.empty()) return invalid("missing \"token\" value in input");
  const core::TokenPointer found = TRY(Wrapping(services_).find(token));
  Response response = Response::of({{"creation_path", found->path},
                                    {"creation_time", rfc3339(found->created_at)},
                                    {"creation_ttl", found->creation_ttl.count()}});
  response.is_wrappable = false;
  return response;
}

Result<core::Response> SysEngine::unwrap(Request& request, const WrappingTokenField& fields) {
  Wrapping::Taken taken = TRY(Wrapping(services_).take(request, fields.token));
  Response response;
  response.is_wrappable = false;
  response.status = taken.status;
  response.envelope_json = std::move(taken.envelope);
  return response;
}

Result<core::Response> SysEngine::rewrap(Request& request, const WrappingTokenField& fields) {
  const Wrapping wrapping(services_);
  const Wrapping::Taken taken = TRY(wrapping.take(request, fields.token));
  return wrapping.rewrap(request, taken);
}

}  // namespace signet::sys
