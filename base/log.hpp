// SPDX-License-Identifier: Apache-2.0
// Operational log: constant event text, then fields; JSON lines or a readable form. spdlog is seen
// in log.cpp only. Never log bodies, headers, tokens, keys, SQL parameters.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace signet::log {

enum class Level { trace, debug, info, warn, error };

/// A field's value as text or number.
struct Field {
  Field(std::string_view field, std::string_view value) : name(field), text(value), is_text(true) {}
  Field(std::string_view field, const char* value) : Field(field, std::string_view(value)) {}
  Field(std::string_view field, const std::string& value) : Field(field, std::string_view(value)) {}
  template <class Number>
    requires std::is_integral_v<Number>
  Field(std::string_view field, Number value) : name(field), text(std::to_string(value)) {}
  std::string_view name;
  std::string text;
  bool is_text = false;
};
using Fields = std::initializer_list<Field>;

struct Options {
  Level level = Level::info;
  bool json = true;
  std::string file;  ///< empty: standard error
};
/// Once at start; before it, events go to standard error in readable form.
void configure(const Options& options);
void set_level(Level level);
void reopen();  ///< SIGHUP
bool is_enabled(Level level);

void event(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view what, Fields fields = {}) { event(Level::debug, what, fields); }
inline void info(std::string_view what, Fields fields = {}) { event(Level::info, what, fields); }
inline void warn(std::string_view what, Fields fields = {}) { event(Level::warn, what, fields); }
inline void error(std::string_view what, Fields fields = {}) { event(Level::error, what, fields); }

}  // namespace signet::log
