// SPDX-License-Identifier: Apache-2.0
// The level of the log (core.md section 3.14): one log, named "core".
#include "base/log.hpp"
#include "engines/sys/sys.hpp"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct LevelFields {
  std::string name;
  std::string level;
};

namespace {

constexpr std::array<std::pair<std::string_view, log::Level>, 5> levels{{
    {"trace", log::Level::trace},
    {"debug", log::Level::debug},
    {"info", log::Level::info},
    {"warn", log::Level::warn},
    {"error", log::Level::error},
}};
constexpr std::string_view the_log = "core";

const Schema<LevelFields>& level_fields() {
  static const Schema<LevelFields> schema{
      {"name", &LevelFields::name, "The logger."},
      {"level", &LevelFields::level, "trace, debug, info, warn or error."},
  };
  return schema;
}

std::string current_level() {
  for (const auto& [name, level] : levels)
    if (log::is_enabled(level)) return std::string(name);
  return "error";
}

Result<void> set(const std::string& wanted) {
  for (const auto& [name, level] : levels) {
    if (name != wanted) continue;
    log::set_level(level);
    return {};
  }
  return invalid("invalid level provided: unknown log level: " + wanted);
}

Result<void> check_name(const std::string& name) {
  if (name == the_log) return {};
  return invalid("logger \"" + name + "\" not found");
}

}  // namespace

std::vector<Route> logger_routes() {
  using E = SysEngine;
  return {
      Route("loggers", Operation::read, core::no_fields(), &E::read_loggers, "The log's level.")
          .also(Operation::update, level_fields(), &E::write_loggers, "Set it.")
          .also(Operation::remove, core::no_fields(), &E::reset_loggers, "As configured."),
      Route("loggers/{name:any}", Operation::read, level_fields(), &E::read_logger,
            "The log's level.")
          .also(Operation::update, level_fields(), &E::write_logger, "Set it.")
          .also(Operation::remove, level_fields(), &E::reset_logger, "As configured."),
  };
}

Result<core::Response> SysEngine::read_loggers(Request&, const NoFields&) {
  return Response::of(Json{{std::string(the_log), current_level()}});
}

Result<core::Response> SysEngine::write_loggers(Request&, const LevelFields& fields) {
  TRY(set(fields.level));
  return Response::no_content();
}

Result<core::Response> SysEngine::reset_loggers(Request&, const NoFields&) {
  TRY(set(services_.info.log_level));
  return Response::no_content();
}

Result<core::Response> SysEngine::read_logger(Request& request, const LevelFields& fields) {
  TRY(check_name(fields.name));
  return read_loggers(request, {});
}

Result<core::Response> SysEngine::write_logger(Request& request, const LevelFields& fields) {
  TRY(check_name(fields.name));
  return write_loggers(request, fields);
}

Result<core::Response> SysEngine::reset_logger(Request& request, const LevelFields& fields) {
  TRY(check_name(fields.name));
  return reset_loggers(request, {});
}

}  // namespace signet::sys
