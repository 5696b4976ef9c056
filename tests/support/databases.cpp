// SPDX-License-Identifier: Apache-2.0
#include "tests/support/databases.hpp"

#include "storage/postgres_connection.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace signet::test {

namespace {

const char* postgres_url() {
  const char* url = std::getenv("SIGNET_TEST_POSTGRES");
  return url == nullptr || *url == '\0' ? nullptr : url;
}

void run_on_postgres(const std::string& sql) {
  storage::PostgresConnection connection(
      {postgres_url(), std::chrono::seconds(30), std::chrono::seconds(10)});
  connection.run(sql);
}

/// A schema that all sessions of the returned URL work in.
std::string make_schema(Cleanup& cleanup) {
  static std::atomic<int> made = 0;
  const std::string schema = fmt::format("test_{}_{}", ::getpid(), ++made);
  run_on_postgres("CREATE SCHEMA " + schema);
  cleanup = Cleanup([schema] { run_on_postgres("DROP SCHEMA " + schema + " CASCADE"); });
  const std::string url = postgres_url();
  return fmt::format("{}{}options=-csearch_path%3D{}", url,
                     url.find('?') == std::string::npos ? '?' : '&', schema);
}

}  // namespace

std::vector<std::string> database_kinds() {
  if (postgres_url() == nullptr) return {"sqlite"};
  return {"sqlite", "postgresql"};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "signet-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw Fault("no temporary folder can be made");
  path_ = name;
  remove_ = Cleanup([name] {
    std::error_code ignored;
    std::filesystem::remove_all(name, ignored);
  });
}

Result<std::unique_ptr<storage::Database>> open_database(const std::string& kind,
                                                         const storage::Options& options) {
  if (kind == "postgresql") return storage::open_postgres(options);
  return storage::open_sqlite(options);
}

TestDatabase open_test_database(const std::string& kind, storage::Options options) {
  TestDatabase opened;
  if (kind == "postgresql") {
    options.url = make_schema(opened.cleanup);
  } else {
    const auto folder = std::make_shared<TemporaryFolder>();  // shared with the cleanup only
    options.url = folder->path() + "/signet.db";
    opened.cleanup = Cleanup([folder] {});
  }
  options.unsafe_fsync_allowed = true;
  opened.options = options;
  auto database = open_database(kind, options);
  if (!database) throw Fault("cannot open a test database: " + database.error().message);
  opened.database = std::move(*database);
  return opened;
}

}  // namespace signet::test
