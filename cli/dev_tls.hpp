// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/options.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

#include <string>
#include <vector>

namespace signet::cli {

struct DevTls {
  std::string ca_file;  ///< PEM: what clients are to trust
  api::TlsOptions listener;
};

/// Makes a CA that is thrown away and a certificate for localhost, 127.0.0.1, ::1 and `names`, as
/// files below `folder`. The CA's key is not kept. @throws Fault
DevTls make_dev_tls(const std::string& folder, const std::vector<std::string>& names, Clock& clock,
                    Random& random);

}  // namespace signet::cli
