// SPDX-License-Identifier: Apache-2.0
// A database that cannot be opened says what to do about it.
#include "storage/changes.hpp"
#include "storage/database.hpp"
#include "storage/postgres_open.hpp"
#include "tests/support/databases.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace signet::storage {
namespace {

using namespace std::chrono_literals;

std::string refusal(const Result<std::unique_ptr<Database>>& opened) {
  return opened ? "it opened" : opened.error().message;
}
bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class SqliteOpening : public testing::Test {
 protected:
  std::string open() { return refusal(open_sqlite({.url = path_})); }

  test::TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/signet.db";
};

TEST_F(SqliteOpening, AFileIsMadeForItsOwnerOnly) {
  ASSERT_EQ(open(), "it opened");
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(SqliteOpening, WhatIsStoredIsThereAtTheNextStart) {
  const Uuid owner{{7}};
  {
    auto first = open_sqlite({.url = path_});
    ASSERT_TRUE(first);
    CommitUnit unit;
    unit.raise("roles", owner);
    ASSERT_EQ((*first)->commit(unit, std::chrono::steady_clock::now() + 5s).kind,
              CommitOutcome::Kind::stored);
  }
  auto second = open_sqlite({.url = path_});
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->changes().number("roles", owner), 1);
}

TEST_F(SqliteOpening, ASecondServerIsRefused) {
  auto first = open_sqlite({.url = path_});
  ASSERT_TRUE(first);
  EXPECT_TRUE(contains(open(), "is in use by another signet server: stop that one"));
}

TEST_F(SqliteOpening, WrongPaths) {
  path_ = "";
  EXPECT_TRUE(contains(open(), "no path is configured"));
  path_ = folder_.path() + "/none/signet.db";
  EXPECT_TRUE(contains(open(), "/none does not exist: create it, or correct the path"));
  path_ = folder_.path();
  EXPECT_TRUE(contains(open(), "is a folder: name a file in it"));
}

TEST_F(SqliteOpening, AFileOfAnotherKind) {
  std::ofstream(path_) << std::string(8192, 'x');
  EXPECT_TRUE(contains(open(), "is not a SQLite database: correct the path"));
}

TEST_F(SqliteOpening, ReadOnlyFileAndFolder) {
  ASSERT_EQ(open(), "it opened");
  // Root may write anything: become another user for a while.
  const uid_t user = ::geteuid();
  const test::Cleanup back([user] { EXPECT_EQ(::seteuid(user), 0); });
  ::chmod(folder_.path().c_str(), 0755);
  ::chmod(path_.c_str(), 0444);
  if (user == 0 && ::seteuid(65534) != 0) GTEST_SKIP() << "may not become another user";
  EXPECT_TRUE(contains(open(), "permission denied: let user id")) << open();
}

TEST_F(SqliteOpening, AMigrationOfANewerBinaryIsRefused) {
  {
    auto first = open_sqlite({.url = path_});
    ASSERT_TRUE(first);
    (*first)->write([](Transaction& transaction) {
      transaction.execute("INSERT INTO migrations VALUES (9999, 'future', 'h', '99.0.0', 1)");
    });
  }
  EXPECT_TRUE(contains(open(), "which needs signet 99.0.0 or newer"));
}

/// Files cannot grow while this lives: what a full disk does to a writer.
class FullDisk {
 public:
  explicit FullDisk(rlim_t most) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{most, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    static_cast<void>(std::signal(SIGXFSZ, handler_));
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST_F(SqliteOpening, AFullDiskAtTheStart) {
  const FullDisk full(4096);
  const std::string message = open();
  EXPECT_TRUE(contains(message, path_)) << message;
  EXPECT_TRUE(contains(message, "disk")) << message;
}

TEST_F(SqliteOpening, AFullDiskWhileServingFailsTheCommitAndRecovers) {
  static const Table policies{"policies",
                              {{"namespace", ColumnType::bytes},
                               {"name", ColumnType::text},
                               {"record", ColumnType::bytes}}};
  auto database = open_sqlite({.url = path_});
  ASSERT_TRUE(database);
  const auto commit = [&](const char* name, std::size_t size) {
    CommitUnit unit;
    unit.insert(policies, {Bytes(16), std::string(name), Bytes(size)});
    return (*database)->commit(unit, std::chrono::steady_clock::now() + 5s).kind;
  };
  ASSERT_EQ(commit("before", 10), CommitOutcome::Kind::stored);
  {
    const FullDisk full(std::filesystem::file_size(path_ + "-wal"));
    try {
      EXPECT_EQ(commit("during", 100'000), CommitOutcome::Kind::unknown);
    } catch (const Unavailable&) {
      EXPECT_FALSE((*database)->is_reachable());
    }
  }
  ASSERT_EQ(commit("after", 10), CommitOutcome::Kind::stored);
  EXPECT_TRUE((*database)->is_reachable());
  const Rows rows = (*database)->query("SELECT name FROM policies ORDER BY name");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].text(0), "after");
  EXPECT_EQ(rows[1].text(0), "before");
}

/// Clusters of their own: what these tests do to a server would disturb others.
class Cluster {
 public:
  explicit Cluster(const std::string& environment = "") {
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));  // for its user
    // The compiler's path of this file may be relative to a build folder; the runner says where the
    // sources are.
    const char* named = std::getenv("SIGNET_SOURCE_DIR");
    const auto tests =
        named != nullptr
            ? std::filesystem::path(named) / "tests"
            : std::filesystem::absolute(__FILE__).parent_path().parent_path().parent_path();
    script_ = "'" + (tests / "support/postgres.sh").string() + "'";
    url_ = run(environment + " " + script_ + " start '" + data() + "'");
  }
  ~Cluster() { run(script_ + " stop '" + data() + "'"); }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  void command(const std::string& name) { run(script_ + " " + name + " '" + data() + "'"); }
  [[nodiscard]] std::string url_with(const std::string& from, const std::string& to) const {
    std::string changed = url_;
    return changed.replace(changed.find(from), from.size(), to);
  }

 private:
  [[nodiscard]] std::string data() const { return folder_.path() + "/cluster"; }
  static std::string run(const std::string& command) {
    std::string output;
    FILE* const pipe = ::popen(command.c_str(), "r");
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
      if (c != '\n') output.push_back(static_cast<char>(c));
    }
    EXPECT_EQ(::pclose(pipe), 0) << command;
    return output;
  }

  test::TemporaryFolder folder_;
  std::string script_;
  std::string url_;
};

class PostgresOpening : public testing::Test {
 protected:
  void SetUp() override {
    if (test::database_kinds().size() < 2) GTEST_SKIP() << "SIGNET_TEST_POSTGRES is not set";
  }
  static std::string open(const std::string& url, bool is_unsafe = true) {
    Options options;
    options.url = url;
    options.unsafe_fsync_allowed = is_unsafe;
    return refusal(open_postgres(options));
  }
};

TEST_F(PostgresOpening, EachMistakeHasItsRemedy) {
  const Cluster cluster("NOFSYNC=1 PASSWORD=correct-horse");
  EXPECT_EQ(open(cluster.url()), "it opened");
  EXPECT_TRUE(contains(open(cluster.url(), false), "fsync is off"));
  struct Case {
    const char* name;
    std::string url;
    const char* message;
  };
  const std::string url = cluster.url();
  const std::string port = url.substr(url.rfind(':') + 1, url.rfind('/') - url.rfind(':') - 1);
  for (const Case& c : {
           Case{"password", cluster.url_with("correct-horse", "secret-guess"),
                "wrong user or password: correct them in connection_url"},
           Case{"no password", cluster.url_with(":correct-horse", ""),
                "the server wants a password"},
           Case{"database", cluster.url_with("/postgres", "/nowhere"),
                "the database or the user is missing"},
           Case{"port", cluster.url_with(":" + port, ":1"), "nothing listens there"},
           Case{"host", cluster.url_with("127.0.0.1", "no.such.host.invalid"),
                "the host name is unknown"},
           Case{"socket", "postgresql://signet@/postgres?host=/nowhere",
                "no server has its socket there"},
           Case{"form", "postgres//signet:secret-guess@127.0.0.1/x", "connection_url is malformed"},
           Case{"option", url + "?sslmod=require", "connection_url"},
           Case{"empty", "", "no connection_url is configured"},
       }) {
    SCOPED_TRACE(c.name);
    const std::string message = open(c.url);
    EXPECT_TRUE(contains(message, c.message)) << message;
    EXPECT_FALSE(contains(message, "secret-guess")) << message;
  }
}

TEST_F(PostgresOpening, AFrozenAndAKilledServerRecover) {
  Cluster cluster("NOFSYNC=1");
  Options options;
  options.url = cluster.url();
  options.unsafe_fsync_allowed = true;
  auto opened = open_postgres(options);
  ASSERT_TRUE(opened) << opened.error().message;
  Database& database = **opened;
  const auto raise = [&](std::chrono::milliseconds time) {
    CommitUnit unit;
    unit.raise("roles", Uuid{});
    return database.commit(unit, std::chrono::steady_clock::now() + time).kind;
  };
  ASSERT_EQ(raise(5s), CommitOutcome::Kind::stored);
  cluster.command("freeze");
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THROW(raise(500ms), Unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
  cluster.command("thaw");
  EXPECT_EQ(raise(10s), CommitOutcome::Kind::stored);
  cluster.command("kill");
  EXPECT_THROW(raise(300ms), Unavailable);
  cluster.command("restart");
  EXPECT_EQ(raise(10s), CommitOutcome::Kind::stored);
  database.changes().refresh();
  EXPECT_EQ(database.changes().number("roles", Uuid{}), 3);
}

}  // namespace
}  // namespace signet::storage
