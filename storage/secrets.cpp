// SPDX-License-Identifier: Apache-2.0
#include "storage/secrets.hpp"

#include <algorithm>
#include <limits>

namespace signet::storage {
namespace {

// A row that is written whatever was there has no fresh random key, so it is a statement, not an
// insert.
constexpr std::string_view put_sql =
    "INSERT INTO secrets (mount, path, value, version) VALUES ($1, $2, $3, 1) "
    "ON CONFLICT (mount, path) DO UPDATE SET value = $3, version = secrets.version + 1";

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

std::string range_end(std::string_view folder) {
  return folder.empty() ? beyond_all() : after_prefix(folder);
}

std::int64_t row_limit(std::int64_t limit) {
  return limit > 0 ? limit : std::numeric_limits<std::int64_t>::max();
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

SealedBytes Secrets::seal(std::string_view path, BytesView plain) const {
  return sealer_.seal({"secrets", "value", mount_.view(), as_bytes(path)}, plain);
}

SecretBytes Secrets::open(std::string_view path, BytesView sealed) const {
  return sealer_.open({"secrets", "value", mount_.view(), as_bytes(path)}, sealed);
}

std::optional<Secrets::Found> Secrets::get(std::string_view path) const {
  const Rows rows =
      database_.query("SELECT value, version FROM secrets WHERE mount = $1 AND path = $2",
                      {value(mount_), value(path)});
  if (rows.empty()) return std::nullopt;
  return Found{open(path, rows[0].bytes(0)), rows[0].integer(1)};
}

bool Secrets::exists(std::string_view path) const {
  return !database_
              .query("SELECT version FROM secrets WHERE mount = $1 AND path = $2",
                     {value(mount_), value(path)})
              .empty();
}

void Secrets::put(CommitUnit& unit, std::string_view path, BytesView plain) const {
  unit.execute(std::string(put_sql), {value(mount_), value(path), value(seal(path, plain))});
}

void Secrets::put_if(CommitUnit& unit, std::string_view path, BytesView plain, std::int64_t version,
                     Error otherwise) const {
  if (version == 0) {
    unit.execute(
        "INSERT INTO secrets (mount, path, value, version) VALUES ($1, $2, $3, 1) "
        "ON CONFLICT (mount, path) DO NOTHING",
        {value(mount_), value(path), value(seal(path, plain))}, 1, std::move(otherwise));
    return;
  }
  unit.execute(
      "UPDATE secrets SET value = $3, version = version + 1 "
      "WHERE mount = $1 AND path = $2 AND version = $4",
      {value(mount_), value(path), value(seal(path, plain)), version}, 1, std::move(otherwise));
}

void Secrets::remove(CommitUnit& unit, std::string_view path) const {
  unit.execute("DELETE FROM secrets WHERE mount = $1 AND path = $2", {value(mount_), value(path)});
}

void Secrets::remove_all(CommitUnit& unit, std::string_view folder) const {
  if (folder.empty()) {
    unit.execute("DELETE FROM secrets WHERE mount = $1", {value(mount_)});
    return;
  }
  unit.execute("DELETE FROM secrets WHERE mount = $1 AND path >= $2 AND path < $3",
               {value(mount_), value(folder), value(range_end(folder))});
}

std::vector<std::string> Secrets::list(std::string_view folder, std::string_view after,
                                       std::int64_t limit) const {
  // Steps along the index, one probe a name however many paths lie in a subfolder. With `rest` what
  // follows the folder in a path, ltrim(rest, <its characters but '/'>) begins at its first '/'
  // (neither position() nor instr() exists in both databases). The next step begins behind all
  // paths that share the name: '0' follows '/', and $4 is the lowest character that a path goes on
  // with.
  static const std::string sql =
      "WITH RECURSIVE step (path) AS ("
      " SELECT (SELECT s.path FROM secrets s"
      "  WHERE s.mount = $1 AND s.path >= $2 AND s.path < $3 ORDER BY s.path LIMIT 1)"
      " UNION ALL"
      " SELECT (SELECT s.path FROM secrets s WHERE s.mount = $1 AND s.path < $3 AND s.path >="
      "  CASE WHEN ltrim(substr(step.path, $5), replace(substr(step.path, $5), '/', '')) = ''"
      "   THEN step.path || $4"
      "   ELSE substr(step.path, 1, length(step.path) - length("
      "    ltrim(substr(step.path, $5), replace(substr(step.path, $5), '/', '')))) || '0' END"
      "  ORDER BY s.path LIMIT 1) FROM step WHERE step.path IS NOT NULL) "
      "SELECT path FROM step WHERE path IS NOT NULL LIMIT $6";
  const Rows rows = database_.query(
      sql, {value(mount_), value(first_above(folder, after)), value(range_end(folder)),
            value(lowest_character), characters(folder) + 1, row_limit(limit)});
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const Row& row : rows) {
    const std::string_view rest = std::string_view(row.text(0)).substr(folder.size());
    names.emplace_back(
        rest.substr(0, rest.find('/') == rest.npos ? rest.npos : rest.find('/') + 1));
  }
  return names;
}

std::vector<std::string> Secrets::scan(std::string_view folder, std::string_view after,
                                       std::int64_t limit) const {
  const std::string from = std::string(folder) + std::string(after);
  const Rows rows = database_.query(
      "SELECT path FROM secrets WHERE mount = $1 AND path > $2 AND path < $3 "
      "ORDER BY path LIMIT $4",
      {value(mount_), value(from), value(range_end(folder)), row_limit(limit)});
  std::vector<std::string> paths;
  paths.reserve(rows.size());
  for (const Row& row : rows) paths.push_back(row.text(0).substr(folder.size()));
  return paths;
}

void Secrets::each(std::string_view folder,
                   const std::function<bool(std::string_view, const SecretBytes&)>& visit) const {
  database_.read([&](Transaction& transaction) {
    transaction.stream(
        "SELECT path, value FROM secrets WHERE mount = $1 AND path > $2 AND path < $3 "
        "ORDER BY path",
        {value(mount_), value(folder), value(range_end(folder))}, [&](const Row& row) {
          const std::string_view path = row.text(0);
          return visit(path.substr(folder.size()), open(path, row.bytes(1)));
        });
  });
}

}  // namespace signet::storage
