// SPDX-License-Identifier: Apache-2.0
#include "engines/registry.hpp"

#include "engines/cubbyhole/cubbyhole.hpp"
#include "engines/kv/kv.hpp"
#include "engines/pki/pki.hpp"
#include "engines/sys/sys.hpp"
#include "engines/totp/totp.hpp"

namespace signet::engines {

void register_all(core::Registry& registry, core::Services& services) {
  registry.push_back(sys::module_type(services));
  registry.push_back(cubbyhole::module_type());
  registry.push_back(kv::module_type(services));
  registry.push_back(pki::module_type(services));
  registry.push_back(totp::module_type());
}

}  // namespace signet::engines
