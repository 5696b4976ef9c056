// SPDX-License-Identifier: Apache-2.0
// Key/value secrets, version 1 (engines.md section 2): every path below the mount holds one object,
// given back as it was written. The module to read first.
#pragma once

#include "core/engine.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/route.hpp"
#include "core/schema.hpp"
#include "storage/secrets.hpp"

#include <cstdint>
#include <string>

namespace signet::kv {

/// The module's line for the registry.
core::ModuleType module_type();

/// A path below the mount; empty for the mount itself.
struct PathField {
  std::string path;
};
/// A folder and which of its names to list.
struct ListFields {
  std::string path;
  std::string after;
  std::int64_t limit = 0;
};

class KvEngine final : public core::Engine {
 public:
  explicit KvEngine(const core::EngineContext& context)
      : secrets_(context.database, context.sealer, context.mount_id) {}

  [[nodiscard]] const core::RouteTable& routes() const override;
  void unmounted(storage::CommitUnit& unit) override;

 private:
  Result<core::Response> read(core::Request&, const PathField&);
  Result<core::Response> write(core::Request&, const PathField&);
  Result<core::Response> remove(core::Request&, const PathField&);
  Result<core::Response> list(core::Request&, const ListFields&);
  Result<core::Response> scan(core::Request&, const ListFields&);
  Result<bool> exists(core::Request&, const core::Captures&);

  storage::Secrets secrets_;
};

}  // namespace signet::kv
