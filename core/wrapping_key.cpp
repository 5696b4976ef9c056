// SPDX-License-Identifier: Apache-2.0
#include "core/wrapping_key.hpp"

#include "base/json_text.hpp"
#include "base/wiped_text.hpp"
#include "core/mount.hpp"
#include "crypto/fixed_signature.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace signet::core {
namespace {

constexpr std::string_view key_setting = "wrapping-key";
constexpr crypto::KeySpec wrapping_key_spec{crypto::KeyType::ec, 521};
constexpr std::size_t coordinate_octets = 66;
constexpr crypto::SignatureScheme signature_scheme{crypto::Hash::sha512};

/// base64url of {"alg":"ES512","typ":"JWT"} and the dot.
constexpr std::string_view jwt_head = "eyJhbGciOiJFUzUxMiIsInR5cCI6IkpXVCJ9.";
constexpr std::string_view type_claim = "wrapping";
constexpr std::size_t longest_jwt = 4096;
/// Clocks of clients may be so much behind ours.
constexpr Seconds clock_leeway{5};

void append_base64url(WipedText& to, BytesView octets) {
  std::string encoded = base64url(octets);
  to += encoded;
  wipe(encoded);
}

WipedText claims_of(const WrapInfo& info, std::string_view address) {
  WipedText claims;
  claims.reserve(512 + address.size());
  claims += "{\"accessor\":";
  write_string(claims, info.wrapped_accessor);
  claims += ",\"addr\":";
  write_string(claims, address);
  claims += ",\"exp\":";
  write_integer(claims, (info.created_at + info.ttl).seconds);
  claims += ",\"iat\":";
  write_integer(claims, info.created_at.seconds);
  claims += ",\"jti\":";
  write_string(claims, info.token.reveal_text());
  claims += ",\"nbf\":";
  write_integer(claims, info.created_at.seconds - clock_leeway.count());
  claims += ",\"type\":";
  write_string(claims, type_claim);
  claims += '}';
  return claims;
}

/// The `jti` of claims that our key signed.
std::optional<SecretBytes> token_in(Bytes claims_text) {
  Json claims = Json::parse(claims_text.begin(), claims_text.end(), nullptr, false);
  wipe(claims_text);
  if (!claims.is_object() || claims.value("type", Json()) != type_claim) return std::nullopt;
  const auto found = claims.find("jti");
  if (found == claims.end() || !found->is_string()) return std::nullopt;
  auto& token = found->get_ref<std::string&>();
  SecretBytes taken{std::string_view(token)};
  wipe(token);
  return taken;
}

}  // namespace

SecretBytes WrappingKey::jwt(const WrapInfo& info, std::string_view address) {
  const Key key = read_or_make();
  WipedText text;
  text.reserve(2048);
  text += jwt_head;
  append_base64url(text, as_bytes(claims_of(info, address)));
  const auto signature = crypto::fixed_signature(
      key->sign(signature_scheme, as_bytes(std::string_view(text))), coordinate_octets);
  CHECK(signature.has_value());
  text += '.';
  append_base64url(text, *signature);
  return SecretBytes(std::string_view(text));
}

std::optional<SecretBytes> WrappingKey::token_of(std::string_view text) {
  if (!text.starts_with(jwt_head) || text.size() > longest_jwt) return std::nullopt;
  const std::size_t dot = text.find('.', jwt_head.size());
  if (dot == std::string_view::npos) return std::nullopt;
  const std::optional<Bytes> fixed = from_base64url(text.substr(dot + 1));
  if (!fixed) return std::nullopt;
  const std::optional<Bytes> signature = crypto::der_signature(*fixed, coordinate_octets);
  if (!signature) return std::nullopt;
  const Key key = read();
  if (!key ||
      !key->public_key().verify(signature_scheme, as_bytes(text.substr(0, dot)), *signature))
    return std::nullopt;
  std::optional<Bytes> claims = from_base64url(text.substr(jwt_head.size(), dot - jwt_head.size()));
  if (!claims) return std::nullopt;
  return token_in(*std::move(claims));
}

std::string WrappingKey::public_key_pem() {
  return pem("PUBLIC KEY", read_or_make()->public_key().spki());
}

void WrappingKey::keep() {
  const std::lock_guard lock(mutex_);
  is_kept_ = true;
}

void WrappingKey::drop() {
  const std::lock_guard lock(mutex_);
  is_kept_ = false;
  key_.reset();
}

WrappingKey::Key WrappingKey::read() {
  {
    const std::lock_guard lock(mutex_);
    if (key_) return key_;
  }
  const std::optional<SealedBytes> record = settings_.read(root_namespace, key_setting);
  if (!record) return nullptr;
  const SecretBytes octets =
      sealer_.open(storage::SettingStore::at(root_namespace, key_setting), record->view());
  Result<crypto::PrivateKey> parsed = crypto::PrivateKey::parse(octets.reveal());
  if (!parsed || parsed->spec() != wrapping_key_spec)
    throw Fault("the key of wrapping tokens is none");
  Key key = std::make_shared<const crypto::PrivateKey>(*std::move(parsed));
  const std::lock_guard lock(mutex_);
  if (is_kept_) key_ = key;  // sealing may have come between
  return key;
}

WrappingKey::Key WrappingKey::read_or_make() {
  if (Key key = read()) return key;
  const crypto::PrivateKey fresh = crypto::PrivateKey::generate(wrapping_key_spec);
  settings_.add(
      root_namespace, key_setting,
      sealer_.seal(storage::SettingStore::at(root_namespace, key_setting), fresh.pkcs8().reveal()));
  Key key = read();  // another node's may have been first
  if (!key) throw Fault("the key of wrapping tokens was not stored");
  return key;
}

}  // namespace signet::core
