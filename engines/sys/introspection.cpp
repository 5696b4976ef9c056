// SPDX-License-Identifier: Apache-2.0
// Counts, versions, configuration, the machine (core.md sections 3.13 and 3.14).
#include "core/token/tokens.hpp"
#include "engines/sys/sys.hpp"

#include <nlohmann/json.hpp>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;

std::vector<Route> introspection_routes() {
  using E = SysEngine;
  return {
      Route("internal/counters/tokens", Operation::read, core::no_fields(), &E::count_tokens,
            "How many tokens live."),
      Route("internal/counters/entities", Operation::read, core::no_fields(), &E::count_entities,
            "How many entities there are."),
      Route("version-history", Operation::list, core::no_fields(), &E::version_history,
            "The versions that ran here.")
          .also(Operation::read, core::no_fields(), &E::version_history,
                "The versions that ran here."),
      Route("config/state/sanitized", Operation::read, core::no_fields(), &E::sanitized_config,
            "The configuration without its secrets."),
      Route("host-info", Operation::read, core::no_fields(), &E::host_info, "The machine."),
  };
}

Result<core::Response> SysEngine::count_tokens(Request&, const NoFields&) {
  const std::size_t total = services_.tokens.accessors("", 0).size();
  return Response::of(Json{{"counters", {{"service_tokens", {{"total", total}}}}}});
}

Result<core::Response> SysEngine::count_entities(Request&, const NoFields&) {
  return Response::of(Json{{"counters", {{"entities", {{"total", 0}}}}}});
}

Result<core::Response> SysEngine::version_history(Request&, const NoFields&) {
  const core::BuildInfo& build = services_.info.build;
  return Response::of(Json{{"keys", Json::array({build.version})},
                           {"key_info",
                            {{build.version,
                              {{"timestamp_installed", rfc3339(services_.info.started_at)},
                               {"build_date", build.build_date},
                               {"previous_version", nullptr}}}}}});
}

Result<core::Response> SysEngine::sanitized_config(Request&, const NoFields&) {
  return Response::of(services_.info.sanitized_config);
}

Result<core::Response> SysEngine::host_info(Request& request, const NoFields&) {
  utsname names{};
  struct sysinfo memory{};
  if (uname(&names) != 0 || ::sysinfo(&memory) != 0)
    throw Fault("the system does not tell of itself");
  const auto unit = static_cast<std::uint64_t>(memory.mem_unit);
  return Response::of(Json{{"timestamp", rfc3339(request.now)},
                           {"cpu", Json::array()},
                           {"cpu_times", Json::array()},
                           {"disk", Json::array()},
                           {"host",
                            {{"hostname", names.nodename},
                             {"os", "linux"},
                             {"kernelVersion", names.release},
                             {"kernelArch", names.machine},
                             {"uptime", static_cast<std::int64_t>(memory.uptime)},
                             {"procs", static_cast<std::int64_t>(memory.procs)}}},
                           {"memory",
                            {{"total", memory.totalram * unit},
                             {"free", memory.freeram * unit},
                             {"swapTotal", memory.totalswap * unit},
                             {"swapFree", memory.freeswap * unit}}}});
}

}  // namespace signet::sys
