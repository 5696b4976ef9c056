// SPDX-License-Identifier: Apache-2.0
#include "storage/secrets.hpp"

#include "storage/path_tree.hpp"

namespace signet::storage {
namespace {

// A row that is written whatever was there has no fresh random key, so it is a statement, not an
// insert.
constexpr std::string_view put_sql =
    "INSERT INTO secrets (mount, path, value, version) VALUES ($1, $2, $3, 1) "
    "ON CONFLICT (mount, path) DO UPDATE SET value = $3, version = secrets.version + 1";

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
  return PathTree(database_, "secrets", mount_).list({folder, after, limit});
}

std::vector<std::string> Secrets::scan(std::string_view folder, std::string_view after,
                                       std::int64_t limit) const {
  return PathTree(database_, "secrets", mount_).scan({folder, after, limit});
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
