// SPDX-License-Identifier: Apache-2.0
// How answers are shown: table, json, yaml, pretty and single fields, in the shapes scripts already
// parse.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::cli {

/// Columns padded by four spaces under a dashed header; empty cells read "n/a".
std::string columns(const std::vector<std::vector<std::string>>& rows, bool has_header = true);

/// A JSON value as a table cell or a -field shows it.
std::string cell(const nlohmann::json& value);

/// A `Key  Value` table of an object; names like ttl and *_ttl as durations.
std::string key_value_table(const nlohmann::ordered_json& object);

/// Any JSON document as -format=json, yaml or pretty prints it, with a final newline.
std::string document(const nlohmann::ordered_json& value, const std::string& format);

/// An envelope as -format prints it. @return exit code
int print_secret(const nlohmann::json& envelope, const std::string& format);

/// One field of an envelope (`-field=name`): its bare value. @return exit code; 1 when it is
/// missing
int print_field(const nlohmann::json& envelope, const std::string& field);

/// Text to standard output, a final newline only on a terminal (so that scripts get the bare
/// value).
void print_bare(const std::string& text);

}  // namespace signet::cli
