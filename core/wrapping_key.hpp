// SPDX-License-Identifier: Apache-2.0
// Wrapping tokens as JWT (core.md section 6): signed with a P-521 key that all nodes share, so that
// who is handed one can tell where it comes from before using it.
#pragma once

#include "base/sealed.hpp"
#include "base/secret.hpp"
#include "core/response.hpp"
#include "crypto/key.hpp"
#include "storage/settings.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace signet::core {

class WrappingKey {
 public:
  WrappingKey(storage::Database& database, Sealer& sealer) : settings_(database), sealer_(sealer) {}

  /// The token of `info` as a JWT (RFC 7519) signed with ES512 (RFC 7518, 3.4). Makes the key when
  /// the cluster has none yet.
  /// @param address  where clients reach the cluster
  [[nodiscard]] SecretBytes jwt(const WrapInfo& info, std::string_view address);

  /// The token inside a JWT of ours; nullopt: anything else. What its header says decides nothing:
  /// there is one header that we write. Time is the token's own matter.
  [[nodiscard]] std::optional<SecretBytes> token_of(std::string_view text);

  /// SubjectPublicKeyInfo as PEM. Makes the key when the cluster has none yet.
  [[nodiscard]] std::string public_key_pem();

  /// Between keep() and drop() the key stays in memory once it was read.
  void keep();
  void drop();

 private:
  using Key = std::shared_ptr<const crypto::PrivateKey>;  // a request under way keeps its own
  [[nodiscard]] Key read();                               ///< null: there is none
  [[nodiscard]] Key read_or_make();                       ///< never null

  storage::SettingStore settings_;
  Sealer& sealer_;
  std::mutex mutex_;
  bool is_kept_ = false;
  Key key_;
};

}  // namespace signet::core
