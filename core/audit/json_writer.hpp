// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace signet::core {

/// Writes JSON straight into a string: no tree, no copy. The caller opens and closes in order.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& to) : to_(to) {}

  void open_object() { open('{'); }
  void close_object() { close('}'); }
  void open_list() { open('['); }
  void close_list() { close(']'); }
  /// A member's name; its value comes next.
  void key(std::string_view name);
  void text(std::string_view value);  ///< what is not UTF-8 becomes U+FFFD
  void number(std::int64_t value) { literal(std::to_string(value)); }
  void boolean(bool value) { literal(value ? "true" : "false"); }
  void null() { literal("null"); }
  /// A number, true, false, null or whole value that is JSON already.
  void literal(std::string_view json);
  /// The string to append a value to that needs no escaping, quotes included.
  std::string& raw_value();

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();

  std::string& to_;
  bool needs_comma_ = false;
};

}  // namespace signet::core
