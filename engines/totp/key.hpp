// SPDX-License-Identifier: Apache-2.0
// A key of one-time codes: what it is made of, how it is written and read (engines.md section 7.1).
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "core/schema.hpp"

#include <cstdint>
#include <string>

namespace signet::totp {

/// The parameters of `keys/:name`.
struct KeyFields {
  std::string name;
  bool generate = false;
  bool exported = true;
  std::int64_t key_size = 20;
  SecretBytes key, url;
  std::string issuer, account_name;
  Seconds period{30};
  std::string algorithm = "SHA1";
  std::int64_t digits = 6;
  std::int64_t skew = 1;
  std::int64_t qr_size = 200;
};
const core::Schema<KeyFields>& key_fields();

struct Key {
  Uuid id;  ///< drawn whenever the key is written: what is remembered of an older one is not its
  SecretBytes secret;
  std::string issuer, account_name, algorithm;
  Seconds period{30};
  int digits = 6;
  int skew = 1;

  [[nodiscard]] std::int64_t step_at(UnixTime now) const { return now.seconds / period.count(); }
  [[nodiscard]] std::string code(std::int64_t step) const;
};

/// A key as it is asked for: drawn, or taken from `key` or `url`.
Result<Key> make_key(const KeyFields& fields, Random& random);

/// `otpauth://totp/Issuer:account?…`, which authenticator apps read.
SecretBytes url_of(const Key& key);

/// The stored record.
SecretBytes write_key(const Key& key);
Key read_key(const SecretBytes& record);

}  // namespace signet::totp
