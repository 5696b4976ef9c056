// SPDX-License-Identifier: Apache-2.0
// Time-based one-time codes (engines.md section 7.1): Signet makes codes for a key that it was
// given, or asks for those of a key that it drew. The module to read first: a route table, a
// handler for each operation, what they store.
#pragma once

#include "core/engine.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/route.hpp"
#include "engines/totp/key.hpp"
#include "storage/secrets.hpp"
#include "storage/totp.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace signet::totp {

struct NameField {
  std::string name;
};
struct CodeFields {
  std::string name;
  std::string code;
};
struct ListFields {
  std::string after;
  std::int64_t limit = 0;
};

/// The module's line for the registry.
core::ModuleType module_type();

class Totp final : public core::Engine {
 public:
  using Request = core::Request;
  using Response = core::Response;

  explicit Totp(const core::EngineContext& context);
  [[nodiscard]] const core::RouteTable& routes() const override;
  void unmounted(storage::CommitUnit& unit) override;
  void tick() override;

  Result<Response> list_keys(Request&, const ListFields&);
  Result<Response> read_key(Request&, const NameField&);
  Result<Response> write_key(Request&, const KeyFields&);
  Result<Response> delete_key(Request&, const NameField&);
  Result<bool> has_key(Request&, const core::Captures&);
  Result<Response> make_code(Request&, const NameField&);
  Result<Response> check_code(Request&, const CodeFields&);

 private:
  [[nodiscard]] std::optional<Key> find(const std::string& name) const;

  Clock& clock_;
  Random& random_;
  storage::Secrets keys_;
  storage::TotpStore codes_;
};

}  // namespace signet::totp
