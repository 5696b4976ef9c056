// SPDX-License-Identifier: Apache-2.0
#include "engines/totp/totp.hpp"

#include "base/duration.hpp"
#include "engines/totp/barcode.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>

namespace signet::totp {
namespace {

using core::Json;
using core::Operation;
using core::Response;
using core::Route;
using core::Schema;

/// Of the 10^6 codes three are right at a time: at five guesses a period a guesser needs weeks.
constexpr std::int64_t most_attempts = 5;

const Schema<NameField>& name_field() {
  static const Schema<NameField> schema{{"name", &NameField::name, "The key's name."}};
  return schema;
}

const Schema<CodeFields>& code_fields() {
  static const Schema<CodeFields> schema{
      {"name", &CodeFields::name, "The key's name."},
      {"code", &CodeFields::code, "The code to check."},
  };
  return schema;
}

const Schema<ListFields>& list_fields() {
  static const Schema<ListFields> schema{
      {"after", &ListFields::after, "List names above this one."},
      {"limit", &ListFields::limit, "At most so many names; 0 or less: all."},
  };
  return schema;
}

Error unknown_key(const std::string& name) { return invalid("unknown key: " + name); }

bool is_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// The time step whose code this is; the current one first.
std::optional<std::int64_t> step_of(const Key& key, std::string_view code, std::int64_t now) {
  std::optional<std::int64_t> found;
  for (std::int64_t offset = -key.skew; offset <= key.skew; ++offset) {
    const bool is_right = is_equal(key.code(now + offset), code);
    if (is_right && (!found || offset == 0)) found = now + offset;
  }
  return found;
}

}  // namespace

core::ModuleType module_type() {
  core::ModuleType type;
  type.type = "totp";
  type.default_description = "time-based one-time codes";
  type.make = [](const core::EngineContext& context) { return std::make_unique<Totp>(context); };
  return type;
}

Totp::Totp(const core::EngineContext& context)
    : clock_(context.clock),
      random_(context.random),
      keys_(context.database, context.sealer, context.mount_id),
      codes_(context.database, context.mount_id) {}

const core::RouteTable& Totp::routes() const {
  static const core::RouteTable table{
      Route("keys", Operation::list, list_fields(), &Totp::list_keys, "List the keys."),
      Route("keys/{name}", Operation::read, name_field(), &Totp::read_key,
            "Show a key, but not its secret.")
          .also(Operation::update, key_fields(), &Totp::write_key, "Draw or import a key.")
          .also(Operation::remove, name_field(), &Totp::delete_key, "Delete a key.")
          .exists(&Totp::has_key)
          .help("A key makes a fresh code every period, here and in an authenticator app."),
      Route("code/{name}", Operation::read, name_field(), &Totp::make_code, "Make the code of now.")
          .also(Operation::update, code_fields(), &Totp::check_code,
                "Check a code; each is accepted once."),
  };
  return table;
}

void Totp::unmounted(storage::CommitUnit& unit) {
  keys_.remove_all(unit, "");
  codes_.stage_remove_all(unit);
}

void Totp::tick() { codes_.remove_expired(clock_.now()); }

std::optional<Key> Totp::find(const std::string& name) const {
  const std::optional<storage::Secrets::Found> found = keys_.get(name);
  if (!found) return std::nullopt;
  return totp::read_key(found->value);
}

Result<Response> Totp::list_keys(Request&, const ListFields& fields) {
  std::vector<std::string> names = keys_.list("", fields.after, fields.limit);
  Json data = Json::object();
  if (!names.empty()) data["keys"] = std::move(names);
  return Response::of(std::move(data));
}

Result<bool> Totp::has_key(Request&, const core::Captures& captures) {
  return keys_.exists(captures.front().second);
}

Result<Response> Totp::read_key(Request&, const NameField& fields) {
  const std::optional<Key> key = find(fields.name);
  if (!key) return absent();
  return Response::of({{"account_name", key->account_name},
                       {"algorithm", key->algorithm},
                       {"digits", key->digits},
                       {"issuer", key->issuer},
                       {"period", key->period.count()}});
}

Result<Response> Totp::write_key(Request& request, const KeyFields& fields) {
  const Key key = TRY(make_key(fields, random_));
  Response response;
  if (fields.generate && fields.exported) {
    SecretBytes url = url_of(key);
    if (fields.qr_size > 0) {
      const SecretBytes png = TRY(barcode(url.reveal_text(), fields.qr_size));
      std::string text = base64(png.reveal());
      response.secrets.emplace_back("barcode", SecretBytes(std::string_view(text)));
      wipe(text);
    }
    response.secrets.emplace_back("url", std::move(url));
  }
  if (const std::optional<Key> before = find(fields.name))
    codes_.stage_remove(request.unit(), before->id);
  const SecretBytes record = totp::write_key(key);
  keys_.put(request.unit(), fields.name, record.reveal());
  return response;
}

Result<Response> Totp::delete_key(Request& request, const NameField& fields) {
  if (const std::optional<Key> key = find(fields.name))
    codes_.stage_remove(request.unit(), key->id);
  keys_.remove(request.unit(), fields.name);
  return Response::no_content();
}

Result<Response> Totp::make_code(Request& request, const NameField& fields) {
  const std::optional<Key> key = find(fields.name);
  if (!key) return unknown_key(fields.name);
  const std::int64_t step = key->step_at(request.now);
  std::string code = key->code(step);
  Response response = Response::of({{"expire_time", (step + 1) * key->period.count()},
                                    {"generated", request.now.seconds},
                                    {"period", go_duration(key->period)}});
  response.secrets.emplace_back("code", SecretBytes(std::string_view(code)));
  wipe(code);
  return response;
}

Result<Response> Totp::check_code(Request& request, const CodeFields& fields) {
  if (fields.code.empty()) return invalid("the code value is required");
  const std::optional<Key> key = find(fields.name);
  if (!key) return unknown_key(fields.name);
  if (fields.code.size() != static_cast<std::size_t>(key->digits))
    return invalid("invalid number of digits for the code");
  const std::int64_t now = key->step_at(request.now);
  // Both are remembered until no step that they stand for is accepted any more.
  const UnixTime end{(now + 2 * key->skew + 2) * key->period.count()};
  // Every attempt counts before its answer is known: as many requests at once get no more.
  codes_.stage_attempt(
      request.unit(), {key->id, now, end}, most_attempts,
      {ErrorCode::too_many, "too many attempts; wait until the next time period", {}});
  const std::optional<std::int64_t> step = step_of(*key, fields.code, now);
  if (step)
    codes_.stage_used(request.unit(), {key->id, *step, end},
                      invalid("code already used; wait until the next time period"));
  return Response::of({{"valid", step.has_value()}});
}

}  // namespace signet::totp
