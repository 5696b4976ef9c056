// SPDX-License-Identifier: Apache-2.0
// Key/value secrets, version 1 (engines.md section 2): every path below the mount holds one object,
// given back as it was written. The module to read first.
#pragma once

#include "core/engine.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/route.hpp"
#include "engines/kv/fields.hpp"
#include "storage/secrets.hpp"

namespace signet::kv {

class KvV1 final : public core::Engine {
 public:
  explicit KvV1(const core::EngineContext& context)
      : context_(context), secrets_(context.database, context.sealer, context.mount_id) {}

  [[nodiscard]] const core::RouteTable& routes() const override;
  void unmounted(storage::CommitUnit& unit) override;
  /// Version 2 takes all secrets over.
  Result<void> retuned(const core::Mount& mount, storage::CommitUnit& unit) override;

 private:
  Result<core::Response> read(core::Request&, const PathField&);
  Result<core::Response> write(core::Request&, const PathField&);
  Result<core::Response> remove(core::Request&, const PathField&);
  Result<core::Response> list(core::Request&, const ListFields&);
  Result<core::Response> scan(core::Request&, const ListFields&);
  Result<bool> exists(core::Request&, const core::Captures&);

  core::EngineContext context_;
  storage::Secrets secrets_;
};

}  // namespace signet::kv
