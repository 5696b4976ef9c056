// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace signet::log {
namespace {

class LogFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("signet-log-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    configure({});
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string path(const char* name = "log") const { return folder_ / name; }
  [[nodiscard]] std::string text(const char* name = "log") const {
    std::ostringstream out;
    out << std::ifstream(path(name)).rdbuf();
    return out.str();
  }
  std::filesystem::path folder_;
};

TEST_F(LogFile, JsonLinesAreAlwaysJson) {
  configure({Level::info, true, path()});
  info("request done", {{"path", "a\"b\\c\n\x1b[31m"},
                        {"status", 200},
                        {"bad", "x\xff\x80y"},
                        {"c1", "\xc2\x9bq\xc3\xa4"}});
  const std::string line = text();
  ASSERT_TRUE(line.ends_with("\n"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["level"], "info");
  EXPECT_EQ(json["event"], "request done");
  EXPECT_EQ(json["path"], "a\"b\\c\n\x1b[31m");
  EXPECT_EQ(json["status"], 200);
  EXPECT_EQ(json["bad"], "x\xef\xbf\xbd\xef\xbf\xbdy");
  EXPECT_EQ(json["c1"], "\xc2\x9bq\xc3\xa4");
  EXPECT_EQ(line.find("\xc2\x9b"), std::string::npos);
}

TEST_F(LogFile, ReadableForm) {
  configure({Level::debug, false, path()});
  warn("disk nearly full", {{"free", 12}, {"path", "/a b"}, {"empty", ""}, {"plain", "x"}});
  const std::string line = text();
  EXPECT_NE(line.find(" warn  disk nearly full free=12 path=\"/a b\" empty=\"\" plain=x\n"),
            std::string::npos)
      << line;
}

TEST_F(LogFile, LevelsAreKept) {
  configure({Level::warn, false, path()});
  EXPECT_FALSE(is_enabled(Level::info));
  info("unseen");
  EXPECT_EQ(text(), "");
  set_level(Level::debug);
  debug("seen {} %s");
  EXPECT_NE(text().find("seen {} %s"), std::string::npos);
}

TEST_F(LogFile, ReopensAfterRotation) {
  configure({Level::info, false, path()});
  info("one");
  std::filesystem::rename(path(), path("old"));
  info("two");
  reopen();
  info("three");
  EXPECT_NE(text("old").find("two"), std::string::npos);
  EXPECT_EQ(text("old").find("three"), std::string::npos);
  EXPECT_NE(text().find("three"), std::string::npos);
}

}  // namespace
}  // namespace signet::log
