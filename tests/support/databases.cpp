// SPDX-License-Identifier: Apache-2.0
#include "tests/support/databases.hpp"

#include <cstdlib>
#include <filesystem>

namespace signet::test {

std::vector<std::string> database_kinds() { return {"sqlite"}; }

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "signet-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw Fault("no temporary folder can be made");
  path_ = name;
  remove_ = Cleanup([name] {
    std::error_code ignored;
    std::filesystem::remove_all(name, ignored);
  });
}

Result<std::unique_ptr<storage::Database>> open_database(const std::string&,
                                                         const storage::Options& options) {
  return storage::open_sqlite(options);
}

TestDatabase open_test_database(const std::string& kind, storage::Options options) {
  TestDatabase opened;
  const auto folder = std::make_shared<TemporaryFolder>();  // shared with the cleanup only
  options.url = folder->path() + "/signet.db";
  opened.cleanup = Cleanup([folder] {});
  opened.options = options;
  auto database = open_database(kind, options);
  if (!database) throw Fault("cannot open a test database: " + database.error().message);
  opened.database = std::move(*database);
  return opened;
}

}  // namespace signet::test
