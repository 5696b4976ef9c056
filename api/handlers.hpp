// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/request.hpp"
#include "core/pipeline.hpp"

#include <functional>
#include <optional>

namespace signet::api {

/// What the edge calls: the pipeline's three entries. Functions, so that tests serve without a
/// core.
struct Handlers {
  std::function<core::Outcome(core::Request&)> run;
  std::function<std::optional<core::Outcome>(core::Request&)> try_inplace;
  TakesRawBody takes_raw_body;
};

Handlers handlers_of(core::Pipeline& pipeline);

}  // namespace signet::api
