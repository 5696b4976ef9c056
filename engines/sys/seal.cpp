// SPDX-License-Identifier: Apache-2.0
// Initialising, unsealing, sealing (core.md section 3.1).
#include "base/bytes.hpp"
#include "base/secret.hpp"
#include "engines/sys/sys.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct InitFields {
  core::InitRequest request;
};
struct UnsealFields {
  SecretBytes key;
  bool reset = false;
  bool migrate = false;
};

namespace {

Schema<InitFields>::Field number(std::string name, std::int64_t core::InitRequest::* member,
                                 std::string description) {
  return {
      core::FieldInfo{std::move(name), std::move(description), core::FieldFlag::none, "integer"},
      [member](const Json& from, const core::FieldInfo& field, InitFields& to) {
        return core::decode(from, field, to.request.*member);
      }};
}
Schema<InitFields>::Field keys(std::string name,
                               std::vector<std::string> core::InitRequest::* member,
                               std::string description) {
  return {core::FieldInfo{std::move(name), std::move(description), core::FieldFlag::none, "list"},
          [member](const Json& from, const core::FieldInfo& field, InitFields& to) {
            return core::decode(from, field, to.request.*member);
          }};
}

const Schema<InitFields>& init_fields() {
  using R = core::InitRequest;
  static const Schema<InitFields> schema{
      number("secret_shares", &R::secret_shares, "Into how many shares the unseal key is split."),
      number("secret_threshold", &R::secret_threshold, "How many of them unseal."),
      keys("pgp_keys", &R::pgp_keys, "PGP keys that encrypt the shares."),
      {core::FieldInfo{"root_token_pgp_key", "PGP key that encrypts the root token.",
                       core::FieldFlag::none, "string"},
       [](const Json& from, const core::FieldInfo& field, InitFields& to) {
         return core::decode(from, field, to.request.root_token_pgp_key);
       }},
      number("recovery_shares", &R::recovery_shares, "For seals that unseal by themselves."),
      number("recovery_threshold", &R::recovery_threshold, "For seals that unseal by themselves."),
      keys("recovery_pgp_keys", &R::recovery_pgp_keys, "For seals that unseal by themselves."),
  };
  return schema;
}

const Schema<UnsealFields>& unseal_fields() {
  static const Schema<UnsealFields> schema{
      {"key", &UnsealFields::key, "One share, hex or base64."},
      {"reset", &UnsealFields::reset, "Forgets the shares given so far."},
      {"migrate", &UnsealFields::migrate, "Not available: there is one kind of seal."},
  };
  return schema;
}

void append_text(Bytes& to, std::string_view text) { append(to, as_bytes(text)); }

// Shares are written into bytes that are wiped, not through a JSON document.
void append_shares(Bytes& to, std::string_view name, const std::vector<SecretBytes>& shares,
                   std::string (*encode)(BytesView)) {
  append_text(to, "\"");
  append_text(to, name);
  append_text(to, "\":[");
  for (std::size_t i = 0; i < shares.size(); ++i) {
    append_text(to, i == 0 ? "\"" : ",\"");
    std::string text = encode(shares[i].reveal());
    append_text(to, text);
    wipe(text);
    append_text(to, "\"");
  }
  append_text(to, "],");
}

std::string as_hex(BytesView bytes) { return hex(bytes); }

SecretBytes init_answer(const std::vector<SecretBytes>& shares, const SecretBytes& root_token) {
  Bytes text;
  // Room for all at once: growing would leave copies behind.
  std::size_t size = 128 + root_token.size();
  for (const SecretBytes& share : shares) size += 8 + 4 * share.size();
  text.reserve(size);
  append_text(text, "{");
  append_shares(text, "keys", shares, as_hex);
  append_shares(text, "keys_base64", shares, base64);
  append_text(text, "\"root_token\":\"");
  append(text, root_token.reveal());
  append_text(text, "\"}");
  return SecretBytes(std::move(text));
}

}  // namespace

std::vector<Route> seal_routes() {
  using E = SysEngine;
  return {
      Route("init", Operation::read, core::no_fields(), &E::read_init, "Whether it is initialised.")
          .also(Operation::update, init_fields(), &E::init, "Initialise.")
          .unsealed()
          .unaudited(),
      Route("seal-status", Operation::read, core::no_fields(), &E::read_seal_status,
            "The state of the seal.")
          .unsealed()
          .unaudited()
          .inplace(),
      Route("unseal", Operation::update, unseal_fields(), &E::unseal, "Give one share.")
          .unsealed()
          .unaudited(),
      Route("seal", Operation::update, core::no_fields(), &E::seal, "Seal this node.").sudo(),
      // Asked in another way, the path answers before it looks at a token, as clients expect.
      Route("seal", Operation::read, core::no_fields(), &E::refuse_method, "Refused.")
          .also(Operation::remove, core::no_fields(), &E::refuse_method, "Refused.")
          .unsealed()
          .unaudited(),
  };
}

core::SealStatus SysEngine::seal_status(const Request& request) const {
  return request.may_wait ? services_.seal.status() : services_.seal.known_status();
}

Result<core::Response> SysEngine::read_init(Request&, const NoFields&) {
  return Response::plain(Json{{"initialized", services_.seal.is_initialized()}});
}

Result<core::Response> SysEngine::init(Request& request, const InitFields& fields) {
  SecretBytes root_token;
  const std::vector<SecretBytes> shares = TRY(services_.seal.init(
      fields.request,
      [&](storage::CommitUnit& unit) {
        root_token = core::stage_first_rows(services_, unit, SecretBytes());
      },
      request.deadline));
  Response response;
  response.is_plain_json = true;
  response.data_json = init_answer(shares, root_token);
  return response;
}

Result<core::Response> SysEngine::read_seal_status(Request& request, const NoFields&) {
  const core::SealStatus status = seal_status(request);
  // What is not initialised may have been by another node: that takes a look at the database.
  if (!status.is_initialized && !request.may_wait) return Error{ErrorCode::unavailable, {}, {}};
  return Response::plain(to_json(status));
}

Result<core::Response> SysEngine::unseal(Request&, const UnsealFields& fields) {
  if (fields.migrate) return invalid("seal migration is not available: there is one kind of seal");
  TRY(services_.seal.unseal(fields.key.reveal_text(), fields.reset));
  return Response::plain(to_json(services_.seal.status()));
}

Result<core::Response> SysEngine::seal(Request& request, const NoFields&) {
  // Audit devices close with the seal, so the answer is audited first.
  request.at_end = [&seal = services_.seal] { seal.seal(); };
  return Response::no_content();
}

Result<core::Response> SysEngine::refuse_method(Request&, const NoFields&) {
  return Error{ErrorCode::unsupported_operation, {}, {}};
}

}  // namespace signet::sys
