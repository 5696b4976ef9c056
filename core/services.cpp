// SPDX-License-Identifier: Apache-2.0
#include "core/services.hpp"

#include "core/audit/audit.hpp"
#include "core/mounts.hpp"
#include "core/policy/policies.hpp"
#include "core/token/tokens.hpp"
#include "core/wrapping_key.hpp"

#include <utility>

namespace signet::core {

SecretBytes stage_first_rows(Services& services, storage::CommitUnit& unit,
                             const SecretBytes& root_token) {
  // The token's row comes first: its key is random and settles a lost COMMIT.
  Auth root = services.tokens.stage_root(unit, root_token.copy());
  services.policies.stage_built_in(unit);
  services.mounts.stage_builtin(unit);
  return std::move(root.client_token);
}

void connect(Services& services) {
  services.seal.on_unseal([&services] {
    static_cast<void>(services.mounts.table());
    services.audit.load();
    services.wrapping_key.keep();
  });
  services.seal.on_seal([&services] {
    services.wrapping_key.drop();
    services.audit.unload();
    services.mounts.drop();
  });
}

}  // namespace signet::core
