// SPDX-License-Identifier: Apache-2.0
#include "engines/totp/key.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"
#include "engines/totp/code.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::totp {
namespace {

using core::Json;

constexpr std::int64_t longest_key = 1024;
/// A step must end some day: a year, as long as no one waits for.
constexpr Seconds longest_period{366 * 86400};

std::optional<crypto::HmacHash> hash_of(std::string_view algorithm) {
  if (algorithm == "SHA1") return crypto::HmacHash::sha1;
  if (algorithm == "SHA256") return crypto::HmacHash::sha256;
  if (algorithm == "SHA512") return crypto::HmacHash::sha512;
  return std::nullopt;
}

std::optional<std::int64_t> number(const std::string& text) {
  const std::optional<Seconds> parsed = parse_duration(text);
  return text.empty() || !parsed ? std::nullopt : std::optional(parsed->count());
}

/// What an otpauth URL says of a key; members that it does not name stay as they are.
Result<void> apply_url(std::string_view url, KeyFields& fields) {
  const Error unreadable = invalid("an error occurred while parsing url string");
  const std::size_t host = url.find("://");
  if (host == url.npos) return unreadable;
  url.remove_prefix(host + 3);
  const std::string_view place = url.substr(0, url.find('?'));
  const std::string_view query = place.size() == url.size() ? "" : url.substr(place.size() + 1);
  const std::size_t slash = place.find('/');
  const auto label = percent_decode(slash == place.npos ? "" : place.substr(slash + 1), false);
  if (!label) return unreadable;
  const std::size_t colon = label->find(':');
  if (colon != label->npos) fields.issuer = label->substr(0, colon);
  fields.account_name = colon == label->npos ? *label : std::string(trim(label->substr(colon + 1)));
  for (const std::string& pair : split(query, '&')) {
    const std::string name = pair.substr(0, pair.find('='));
    std::optional<std::string> value = percent_decode(
        name.size() == pair.size() ? "" : std::string_view(pair).substr(name.size() + 1), true);
    if (!value) return unreadable;
    const auto whole = number(*value);
    if (name == "secret") fields.key = SecretBytes(std::string_view(*value));
    if (name == "issuer") fields.issuer = *value;
    if (name == "algorithm") fields.algorithm = *value;
    if (name == "period") fields.period = Seconds(whole.value_or(0));
    if (name == "digits") fields.digits = whole.value_or(0);
    wipe(*value);
  }
  return {};
}

Result<void> check(const KeyFields& fields) {
  if (fields.period <= Seconds(0)) return invalid("the period value must be greater than zero");
  if (fields.period > longest_period) return invalid("the period value must be a year at most");
  if (fields.digits != 6 && fields.digits != 8)
    return invalid("the digits value can only be 6 or 8");
  if (!hash_of(fields.algorithm)) return invalid("the algorithm value is not valid");
  if (fields.skew != 0 && fields.skew != 1) return invalid("the skew value must be 0 or 1");
  if (fields.qr_size < 0) return invalid("the qr_size value must be greater than or equal to zero");
  return {};
}

Result<SecretBytes> drawn_secret(const KeyFields& fields, Random& random) {
  if (!fields.url.empty()) return invalid("a url should not be passed if generate is true");
  if (!fields.key.empty()) return invalid("a key should not be passed if generate is true");
  if (fields.account_name.empty())
    return invalid("the account_name value is required for generated keys");
  if (fields.issuer.empty()) return invalid("the issuer value is required for generated keys");
  if (fields.key_size <= 0) return invalid("the key_size value must be greater than zero");
  if (fields.key_size > longest_key)
    return invalid(fmt::format("the key_size value must be {} at most", longest_key));
  return SecretBytes(random.bytes(static_cast<std::size_t>(fields.key_size)));
}

Result<SecretBytes> given_secret(const SecretBytes& key) {
  if (key.empty()) return invalid("the key value is required");
  Result<SecretBytes> secret = from_base32(key.reveal_text());
  if (!secret) return invalid("invalid key value: " + secret.error().message);
  if (secret->size() > longest_key)
    return invalid(fmt::format("the key value must have {} bytes at most", longest_key));
  return secret;
}

KeyFields copy_of(const KeyFields& from) {
  KeyFields to;
  to.key = from.key.copy();
  to.issuer = from.issuer;
  to.account_name = from.account_name;
  to.period = from.period;
  to.algorithm = from.algorithm;
  to.digits = from.digits;
  to.skew = from.skew;
  to.qr_size = from.qr_size;
  return to;
}

}  // namespace

const core::Schema<KeyFields>& key_fields() {
  using F = KeyFields;
  static const core::Schema<KeyFields> schema{
      {"name", &F::name, "The key's name."},
      {"generate", &F::generate, "Draw the key here; else it comes as `key` or `url`."},
      {"exported", &F::exported, "With generate: answer the URL and the barcode."},
      {"key_size", &F::key_size, "Bytes of a drawn key."},
      {"key", &F::key, "The key in base32."},
      {"url", &F::url, "A whole otpauth URL, instead of all other fields."},
      {"issuer", &F::issuer, "Who asks for the codes, as apps show it."},
      {"account_name", &F::account_name, "Whose codes they are, as apps show it."},
      {"period", &F::period, "How long a code lasts."},
      {"algorithm", &F::algorithm, "SHA1, SHA256 or SHA512."},
      {"digits", &F::digits, "6 or 8."},
      {"skew", &F::skew, "How many periods before and after are accepted: 0 or 1."},
      {"qr_size", &F::qr_size, "Pixels of the barcode's side; 0: none."},
  };
  return schema;
}

std::string Key::code(std::int64_t step) const {
  return code_at(secret.reveal(), hash_of(algorithm).value_or(crypto::HmacHash::sha1), digits,
                 step);
}

Result<Key> make_key(const KeyFields& given, Random& random) {
  KeyFields fields = copy_of(given);
  if (!given.generate && !given.url.empty()) TRY(apply_url(given.url.reveal_text(), fields));
  TRY(check(fields));
  Result<SecretBytes> secret =
      given.generate ? drawn_secret(given, random) : given_secret(fields.key);
  Key key;
  key.secret = TRY(std::move(secret));
  key.id = random.uuid();
  key.issuer = std::move(fields.issuer);
  key.account_name = std::move(fields.account_name);
  key.algorithm = std::move(fields.algorithm);
  key.period = fields.period;
  key.digits = static_cast<int>(fields.digits);
  key.skew = static_cast<int>(fields.skew);
  return key;
}

SecretBytes url_of(const Key& key) {
  const SecretBytes secret = to_base32(key.secret.reveal());
  std::string text =
      fmt::format("otpauth://totp/{}:{}?algorithm={}&digits={}&issuer={}&period={}&secret={}",
                  percent_encode(key.issuer), percent_encode(key.account_name, "@"), key.algorithm,
                  key.digits, percent_encode(key.issuer), key.period.count(), secret.reveal_text());
  SecretBytes url{std::string_view(text)};
  wipe(text);
  return url;
}

SecretBytes write_key(const Key& key) {
  const SecretBytes secret = to_base32(key.secret.reveal());
  Json record{{"id", key.id.text()},
              {"issuer", key.issuer},
              {"account_name", key.account_name},
              {"algorithm", key.algorithm},
              {"period", key.period.count()},
              {"digits", key.digits},
              {"skew", key.skew},
              {"secret", std::string(secret.reveal_text())}};
  std::string text = record.dump();
  wipe(record["secret"].get_ref<std::string&>());
  SecretBytes out{std::string_view(text)};
  wipe(text);
  return out;
}

Key read_key(const SecretBytes& text) {
  Json record = Json::parse(text.reveal_text());
  auto& secret = record.at("secret").get_ref<std::string&>();
  Result<SecretBytes> bytes = from_base32(secret);
  wipe(secret);
  const auto id = Uuid::parse(record.at("id").get<std::string>());
  if (!bytes || !id) throw Fault("a stored key of totp cannot be read");
  Key key;
  key.id = *id;
  key.secret = *std::move(bytes);
  key.issuer = record.at("issuer").get<std::string>();
  key.account_name = record.at("account_name").get<std::string>();
  key.algorithm = record.at("algorithm").get<std::string>();
  key.period = Seconds(record.at("period").get<std::int64_t>());
  key.digits = record.at("digits").get<int>();
  key.skew = record.at("skew").get<int>();
  return key;
}

}  // namespace signet::totp
