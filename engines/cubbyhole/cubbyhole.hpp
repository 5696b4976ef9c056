// SPDX-License-Identifier: Apache-2.0
// Cubbyhole (engines.md section 7.2): every service token has a tree of its own, which no other
// token reaches and which goes when the token goes. Mounted once and for all at `cubbyhole/`.
#pragma once

#include "core/engine.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/route.hpp"
#include "storage/cubbyholes.hpp"

#include <cstdint>
#include <string>

namespace signet::cubbyhole {

struct PathField {
  std::string path;
};
struct ListFields {
  std::string path;
  std::string after;
  std::int64_t limit = 0;
};

core::ModuleType module_type();

class Cubbyhole final : public core::Engine {
 public:
  using Request = core::Request;
  using Response = core::Response;

  explicit Cubbyhole(const core::EngineContext& context)
      : store_(context.database, context.sealer) {}
  [[nodiscard]] const core::RouteTable& routes() const override;

  Result<Response> read(Request&, const PathField&);
  Result<Response> write(Request&, const PathField&);
  Result<Response> remove(Request&, const PathField&);
  Result<Response> list(Request&, const ListFields&);
  Result<Response> scan(Request&, const ListFields&);
  Result<bool> exists(Request&, const core::Captures&);

 private:
  storage::CubbyholeStore store_;
};

}  // namespace signet::cubbyhole
