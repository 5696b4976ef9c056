// SPDX-License-Identifier: Apache-2.0
#include "core/audit/audit.hpp"

#include "core/seal/barrier.hpp"
#include "core/seal/seal.hpp"
#include "crypto/digest.hpp"
#include "tests/support/databases.hpp"
#include "tests/support/fakes.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace signet::core {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class AuditTest : public testing::TestWithParam<std::string> {
 protected:
  AuditTest() {
    std::string name = (fs::temp_directory_path() / "audit-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~AuditTest() override { fs::remove_all(folder_); }

  void SetUp() override {
    ASSERT_TRUE(seal_.start_dev([](storage::CommitUnit&) {}, soon()));
    options_.directories = {folder_.string()};
    request_.id = crypto::system_random().uuid();
    request_.path = "secret/a";
    request_.operation = Operation::read;
    request_.client_token = SecretBytes(std::string_view("hvs.root"));
  }

  static storage::Deadline soon() { return std::chrono::steady_clock::now() + 20s; }
  std::unique_ptr<Audit> make() {
    auto audit =
        std::make_unique<Audit>(options_, database_, barrier_, clock_, crypto::system_random());
    audit->load();
    return audit;
  }
  [[nodiscard]] AuditDeviceInput file(const std::string& path, const std::string& name) const {
    return {path, "file", "", {{"file_path", (folder_ / name).string()}}, false};
  }
  Result<void> enable(Audit& audit, const AuditDeviceInput& input) {
    storage::CommitUnit unit;
    TRY(audit.enable(input, unit));
    const storage::CommitOutcome outcome = database_.commit(unit, soon());
    if (outcome.kind != storage::CommitOutcome::Kind::stored) return outcome.error;
    return {};
  }
  Result<void> disable(Audit& audit, std::string_view path) {
    storage::CommitUnit unit;
    TRY(audit.disable(path, unit));
    if (unit.is_empty()) return {};
    EXPECT_EQ(database_.commit(unit, soon()).kind, storage::CommitOutcome::Kind::stored);
    return {};
  }
  void commit(storage::CommitUnit& unit) {
    EXPECT_EQ(database_.commit(unit, soon()).kind, storage::CommitOutcome::Kind::stored);
  }
  [[nodiscard]] std::vector<nlohmann::json> entries(const std::string& name) const {
    std::ifstream in(folder_ / name);
    std::vector<nlohmann::json> all;
    for (std::string line; std::getline(in, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }

  test::FakeClock clock_;
  fs::path folder_;
  test::TestDatabase opened_ = test::open_test_database(GetParam());
  storage::Database& database_ = *opened_.database;
  Barrier barrier_{database_, clock_, crypto::system_random()};
  Seal seal_{database_, barrier_, clock_, crypto::system_random(), {"2.6.0", "", ""}};
  AuditOptions options_;
  Request request_;
};

TEST_P(AuditTest, WithoutDevicesWorksUnlessRequired) {
  EXPECT_TRUE(make()->log_request(AuditRecord{request_}));
  options_.require_audit = true;
  EXPECT_FALSE(make()->log_request(AuditRecord{request_}));
}

TEST_P(AuditTest, EnablesWritesAndDisables) {
  const auto audit = make();
  EXPECT_TRUE(enable(*audit, file("file", "a.log")));
  ASSERT_EQ(audit->list().size(), 1U);
  EXPECT_EQ(audit->list()[0].path, "file/");
  EXPECT_TRUE(audit->has_devices());
  ASSERT_EQ(entries("a.log").size(), 1U);
  EXPECT_EQ(entries("a.log")[0].at("request").at("path"), "sys/audit/test");

  EXPECT_TRUE(audit->log_request(AuditRecord{request_}));
  const Response response = Response::of({{"password", "hunter2"}});
  EXPECT_TRUE(audit->log_response({request_, &response}));
  const auto written = entries("a.log");
  ASSERT_EQ(written.size(), 3U);
  EXPECT_EQ(written[1].at("type"), "request");
  EXPECT_EQ(written[2].at("type"), "response");

  // What entries show is what sys/audit-hash answers, so that a value can be searched for.
  EXPECT_EQ(written[1].at("request").at("client_token"), *audit->hash("file/", "hvs.root"));
  EXPECT_EQ(written[2].at("response").at("data").at("password"), *audit->hash("file", "hunter2"));

  EXPECT_TRUE(disable(*audit, "file"));
  EXPECT_TRUE(disable(*audit, "file"));
  EXPECT_TRUE(audit->list().empty());
  EXPECT_TRUE(audit->log_request(AuditRecord{request_}));
  EXPECT_EQ(entries("a.log").size(), 3U);
}

TEST_P(AuditTest, ANewEnablingHasANewSalt) {
  const auto audit = make();
  ASSERT_TRUE(enable(*audit, file("file", "a.log")));
  const std::string before = *audit->hash("file", "x");
  EXPECT_TRUE(disable(*audit, "file"));
  ASSERT_TRUE(enable(*audit, file("file", "a.log")));
  EXPECT_NE(*audit->hash("file", "x"), before);
}

TEST_P(AuditTest, HashNamesItsErrors) {
  const auto audit = make();
  EXPECT_EQ(audit->hash("none", "x").error().message, "unknown audit backend \"none/\"");
  EXPECT_EQ(audit->hash("none", "").error().message, "the \"input\" parameter is empty");
}

TEST_P(AuditTest, DevicesReturnAfterARestartAndOnOtherNodes) {
  const auto audit = make();
  ASSERT_TRUE(enable(*audit, file("file", "a.log")));
  const auto other = make();
  ASSERT_EQ(other->list().size(), 1U);
  EXPECT_EQ(*other->hash("file", "x"), *audit->hash("file", "x"));
  EXPECT_TRUE(disable(*audit, "file"));
  other->load();
  EXPECT_TRUE(other->list().empty());
}

TEST_P(AuditTest, RefusesWhatTheConfigurationDoesNotAllow) {
  fs::create_directory(folder_ / "sub");
  fs::create_symlink("/", folder_ / "link");
  const auto audit = make();
  struct Case {
    std::string name;
    AuditDeviceInput input;
    std::string message;
  };
  const std::string outside =
      "cannot enable audit device via API; its file is outside of the directories that the "
      "server's configuration allows";
  const auto at = [](const std::string& path) {
    return AuditDeviceInput{"x", "file", "", {{"file_path", path}}, false};
  };
  const std::vector<Case> cases{
      {"elsewhere", at("/dev/null"), outside},
      {"dots", at((folder_ / ".." / "x.log").string()), outside},
      {"beside", at(folder_.string() + "x"), outside},
      {"the directory", at(folder_.string()), outside},
      {"through a link", at((folder_ / "link" / "tmp" / "x.log").string()), outside},
      {"relative", at("x.log"), outside},
      {"stdout", at("stdout"), outside},
      {"discard", at("discard"), outside},
      {"no path", {"x", "file", "", {}, false}, "file_path is required"},
      {"no type", {"x", "nosuch", "", {}, false}, "unknown backend type: \"nosuch\""},
      {"later type",
       {"x", "socket", "", {}, false},
       "audit device type \"socket\" is not available yet: use \"file\""},
      {"no name", file("/", "x.log"), "backend path must be specified"},
  };
  for (const Case& one : cases) {
    const Result<void> result = enable(*audit, one.input);
    ASSERT_FALSE(result) << one.name;
    EXPECT_EQ(result.error().message, one.message) << one.name;
  }
  EXPECT_TRUE(enable(*audit, file("x", "sub/x.log")));

  options_.directories = {"/"};
  EXPECT_EQ(enable(*make(), at("/dev/null")).error().message, outside);
  options_.directories.clear();
  const std::string declare =
      "cannot enable audit device via API; use declarative, config-based audit device management "
      "instead";
  EXPECT_EQ(enable(*make(), file("y", "y.log")).error().message, declare);
  options_.directories = {"discard"};
  EXPECT_TRUE(enable(*make(), {"z", "file", "", {{"file_path", "discard"}}, false}));
  options_.api_enable_allowed = false;
  EXPECT_EQ(enable(*make(), file("y", "y.log")).error().message, declare);
}

TEST_P(AuditTest, ChecksOptions) {
  const auto audit = make();
  struct Case {
    std::string option, value, message;
  };
  const std::vector<Case> cases{
      {"format", "jsonx", "unknown format type \"jsonx\": only \"json\" is available"},
      {"log_raw", "maybe", "option \"log_raw\" must be true or false, not \"maybe\""},
      {"hmac_accessor", "2", "option \"hmac_accessor\" must be true or false, not \"2\""},
      {"prefix", "@cee: ", "option \"prefix\" is not allowed by the server's configuration"},
      {"mode", "rw", "mode is not an octal file mode"},
  };
  for (const Case& one : cases) {
    AuditDeviceInput input = file("file", "a.log");
    input.options[one.option] = one.value;
    const Result<void> result = enable(*audit, input);
    ASSERT_FALSE(result) << one.option;
    EXPECT_EQ(result.error().message, one.message);
  }
  AuditDeviceInput input = file("file", "a.log");
  input.options["skip_test"] = "true";
  input.options["log_raw"] = "1";
  ASSERT_TRUE(enable(*audit, input));
  EXPECT_TRUE(entries("a.log").empty());
  EXPECT_TRUE(audit->log_request(AuditRecord{request_}));
  EXPECT_EQ(entries("a.log")[0].at("request").at("client_token"), "hvs.root");
}

TEST_P(AuditTest, PathsDoNotOverlap) {
  const auto audit = make();
  ASSERT_TRUE(enable(*audit, file("a/b", "a.log")));
  for (const std::string path : {"a/b", "a/b/", "/a/b", "a", "a/b/c"}) {
    const Result<void> result = enable(*audit, file(path, "b.log"));
    ASSERT_FALSE(result) << path;
    EXPECT_EQ(result.error().message, "path already in use") << path;
  }
  EXPECT_TRUE(enable(*audit, file("a/bc", "b.log")));
  const auto other = make();
  storage::CommitUnit unit;
  ASSERT_TRUE(other->enable(file("late", "c.log"), unit));
  ASSERT_TRUE(enable(*audit, file("late", "c.log")));
  EXPECT_EQ(database_.commit(unit, soon()).error.message, "path already in use");
}

TEST_P(AuditTest, FailsClosedWhenNoDeviceAccepts) {
  const auto audit = make();
  ASSERT_TRUE(enable(*audit, file("one", "one.log")));
  fs::create_directory(folder_ / "sub");
  ASSERT_TRUE(enable(*audit, file("two", "sub/two.log")));

  fs::remove_all(folder_ / "sub");
  audit->reopen();
  EXPECT_TRUE(audit->log_request(AuditRecord{request_})) << "one of two is enough";

  EXPECT_TRUE(disable(*audit, "one"));
  EXPECT_FALSE(audit->log_request(AuditRecord{request_}));
  EXPECT_FALSE(audit->log_response(AuditRecord{request_}));

  fs::create_directory(folder_ / "sub");
  EXPECT_TRUE(audit->log_request(AuditRecord{request_})) << "it works again by itself";
  EXPECT_EQ(entries("sub/two.log").size(), 1U);
}

TEST_P(AuditTest, ADeviceThatCannotBeOpenedAtStartCounts) {
  options_.devices = {file("gone", "no/such.log"), {"bad", "file", "", {{"mode", "x"}}, false}};
  const auto audit = make();
  EXPECT_EQ(audit->list().size(), 2U);
  EXPECT_FALSE(audit->log_request(AuditRecord{request_}));
}

TEST_P(AuditTest, AFifoWithoutReaderIsNotEnabled) {
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  const auto audit = make();
  EXPECT_FALSE(enable(*audit, file("fifo", "fifo")));
  EXPECT_TRUE(audit->list().empty());
}

TEST_P(AuditTest, StanzasOfTheConfigurationFile) {
  options_.devices = {file("conf", "conf.log")};
  const auto audit = make();
  EXPECT_TRUE(audit->log_request(AuditRecord{request_}));
  EXPECT_EQ(entries("conf.log").size(), 1U);
  const std::string hash = *audit->hash("conf", "x");
  EXPECT_EQ(*make()->hash("conf", "x"), hash) << "the salt stays over restarts";

  const Result<void> disabled = disable(*audit, "conf");
  ASSERT_FALSE(disabled);
  EXPECT_EQ(disabled.error().message,
            "cannot disable audit device via API; remove it from the configuration file");
  EXPECT_FALSE(enable(*audit, file("conf", "b.log")));

  fs::rename(folder_ / "conf.log", folder_ / "conf.log.1");
  audit->reopen(std::vector{file("conf", "conf.log"), file("more", "more.log")});
  EXPECT_TRUE(audit->log_request(AuditRecord{request_}));
  EXPECT_EQ(entries("conf.log.1").size(), 1U);
  EXPECT_EQ(entries("conf.log").size(), 1U);
  EXPECT_EQ(entries("more.log").size(), 1U);
  EXPECT_EQ(*audit->hash("conf", "x"), hash);
  audit->reopen(std::vector<AuditDeviceInput>{});
  EXPECT_TRUE(audit->list().empty());
}

TEST_P(AuditTest, RequestHeaders) {
  const auto audit = make();
  ASSERT_TRUE(enable(*audit, file("file", "a.log")));
  storage::CommitUnit first;
  audit->set_header("X-One", true, first);
  commit(first);
  storage::CommitUnit second;
  audit->set_header("x-two", false, second);
  commit(second);
  EXPECT_EQ(audit->headers(), (AuditHeaders{{"x-one", true}, {"x-two", false}}));
  EXPECT_EQ(make()->headers(), audit->headers());

  request_.headers = {{"x-one", "a"}, {"x-two", "b"}, {"x-three", "c"}};
  EXPECT_TRUE(audit->log_request(AuditRecord{request_}));
  EXPECT_EQ(entries("a.log").back().at("request").at("headers"),
            (nlohmann::json{{"x-one", {*audit->hash("file", "a")}}, {"x-two", {"b"}}}));

  storage::CommitUnit removal;
  audit->remove_header("X-ONE", removal);
  commit(removal);
  EXPECT_EQ(audit->headers(), (AuditHeaders{{"x-two", false}}));
  storage::CommitUnit nothing;
  audit->remove_header("x-one", nothing);
  EXPECT_TRUE(nothing.is_empty());
}

TEST_P(AuditTest, OfTwoHeaderChangesAtOnceOneIsRefused) {
  const auto one = make();
  const auto two = make();
  storage::CommitUnit first;
  storage::CommitUnit second;
  one->set_header("x-one", true, first);
  two->set_header("x-two", true, second);
  commit(first);
  EXPECT_EQ(database_.commit(second, soon()).kind, storage::CommitOutcome::Kind::refused);
  storage::CommitUnit third;
  storage::CommitUnit fourth;
  two->load();
  one->set_header("x-three", true, third);
  two->set_header("x-two", true, fourth);
  commit(third);
  EXPECT_EQ(database_.commit(fourth, soon()).kind, storage::CommitOutcome::Kind::refused);
  EXPECT_EQ(make()->headers(), (AuditHeaders{{"x-one", true}, {"x-three", true}}));
}

TEST_P(AuditTest, AForgedRowIsRefused) {
  const auto audit = make();
  ASSERT_TRUE(enable(*audit, file("file", "a.log")));
  database_.write([](storage::Transaction& transaction) {
    transaction.execute("UPDATE audit_devices SET path = $1", {std::string("other/")});
  });
  EXPECT_THROW(make(), Fault);
}

TEST_P(AuditTest, AfterSealingOnlyAnswersUnderWayAreWritten) {
  const auto audit = make();
  ASSERT_TRUE(enable(*audit, file("file", "a.log")));
  audit->unload();
  EXPECT_FALSE(audit->log_request(AuditRecord{request_}));
  EXPECT_TRUE(audit->log_response(AuditRecord{request_}));
  EXPECT_THROW((void)audit->list(), Fault);
  audit->load();
  EXPECT_TRUE(audit->log_request(AuditRecord{request_}));
}

TEST_P(AuditTest, EntriesOfAHundredThreadsStayWhole) {
  const auto audit = make();
  ASSERT_TRUE(enable(*audit, file("file", "a.log")));
  request_.data = {{"text", std::string(5000, 'x')}};
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 100; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        if (!audit->log_request(AuditRecord{request_})) ++refused;
        if (i % 7 == 0) audit->reopen();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(entries("a.log").size(), 2001U);
}

INSTANTIATE_TEST_SUITE_P(Databases, AuditTest, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

}  // namespace
}  // namespace signet::core
