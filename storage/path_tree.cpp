// SPDX-License-Identifier: Apache-2.0
#include "storage/path_tree.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace signet::storage {
namespace {

/// The end of the range of texts that begin with `prefix`: the prefix with its last byte raised.
/// Every prefix here is empty or ends in '/', so one step is enough. Ranges compare bytes in both
/// databases, which LIKE does not.
std::string after_prefix(std::string_view prefix) {
  std::string end(prefix);
  if (!end.empty()) end.back() = static_cast<char>(end.back() + 1);
  return end;
}

/// A text above every path: paths are UTF-8, where 0xff does not occur; 0x10ffff does.
const std::string& beyond_all() {
  static const std::string text = "\xf4\x8f\xbf\xbf\xf4\x8f\xbf\xbf";
  return text;
}

constexpr std::string_view lowest_character = "\x01";

/// Where a listing goes on: behind `after`, and behind all of it when that is a folder's name.
std::string first_above(std::string_view folder, std::string_view after) {
  std::string from = std::string(folder) + std::string(after);
  if (after.empty()) return from;
  return after.back() == '/' ? after_prefix(from) : from + std::string(lowest_character);
}

/// Characters of UTF-8, as SQL counts them.
std::int64_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
}

}  // namespace

std::string range_end(std::string_view folder) {
  return folder.empty() ? beyond_all() : after_prefix(folder);
}

std::vector<std::string> PathTree::list(const PathPage& page) const {
  // Steps along the index, one probe a name however many paths lie in a subfolder. With `rest` what
  // follows the folder in a path, ltrim(rest, <its characters but '/'>) begins at its first '/'
  // (neither position() nor instr() exists in both databases). The next step begins behind all
  // paths that share the name: '0' follows '/', and $4 is the lowest character that a path goes on
  // with.
  const std::string sql = fmt::format(
      "WITH RECURSIVE step (path) AS ("
      " SELECT (SELECT s.{2} FROM {0} s"
      "  WHERE s.{1} = $1 AND s.{2} >= $2 AND s.{2} < $3 ORDER BY s.{2} LIMIT 1)"
      " UNION ALL"
      " SELECT (SELECT s.{2} FROM {0} s WHERE s.{1} = $1 AND s.{2} < $3 AND s.{2} >="
      "  CASE WHEN ltrim(substr(step.path, $5), replace(substr(step.path, $5), '/', '')) = ''"
      "   THEN step.path || $4"
      "   ELSE substr(step.path, 1, length(step.path) - length("
      "    ltrim(substr(step.path, $5), replace(substr(step.path, $5), '/', '')))) || '0' END"
      "  ORDER BY s.{2} LIMIT 1) FROM step WHERE step.path IS NOT NULL) "
      "SELECT path FROM step WHERE path IS NOT NULL LIMIT $6",
      table_.name, table_.owner_column, table_.path_column);
  const Rows rows = database_.query(
      sql, {owner_, value(first_above(page.folder, page.after)), value(range_end(page.folder)),
            value(lowest_character), characters(page.folder) + 1, row_limit(page.limit)});
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const Row& row : rows) {
    const std::string_view rest = std::string_view(row.text(0)).substr(page.folder.size());
    names.emplace_back(
        rest.substr(0, rest.find('/') == rest.npos ? rest.npos : rest.find('/') + 1));
  }
  return names;
}

std::vector<std::string> PathTree::scan(const PathPage& page) const {
  const std::string from = std::string(page.folder) + std::string(page.after);
  const Rows rows =
      database_.query(fmt::format("SELECT {2} FROM {0} WHERE {1} = $1 AND {2} > $2 AND {2} < $3 "
                                  "ORDER BY {2} LIMIT $4",
                                  table_.name, table_.owner_column, table_.path_column),
                      {owner_, value(from), value(range_end(page.folder)), row_limit(page.limit)});
  std::vector<std::string> paths;
  paths.reserve(rows.size());
  for (const Row& row : rows) paths.push_back(row.text(0).substr(page.folder.size()));
  return paths;
}

}  // namespace signet::storage
