// SPDX-License-Identifier: Apache-2.0
#include "core/audit/device.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace signet::core {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Options = std::map<std::string, std::string>;

class AuditDeviceTest : public testing::Test {
 protected:
  AuditDeviceTest() {
    std::string name = (fs::temp_directory_path() / "audit-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~AuditDeviceTest() override { fs::remove_all(folder_); }

  static std::unique_ptr<AuditDevice> opened(const Options& options,
                                             std::chrono::milliseconds limit = 2000ms) {
    auto device = make_audit_device("file", options, limit);
    EXPECT_TRUE(device) << device.error().message;
    const auto result = (*device)->open();
    EXPECT_TRUE(result) << result.error().message;
    return std::move(*device);
  }
  static std::vector<std::string> lines(const fs::path& path) {
    std::ifstream file(path);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }
  static mode_t mode(const fs::path& path) {
    struct stat about{};
    EXPECT_EQ(::stat(path.c_str(), &about), 0);
    return about.st_mode & 07777U;
  }

  fs::path folder_;
};

TEST_F(AuditDeviceTest, RefusesWhatItCannotBe) {
  struct Case {
    std::string type;
    Options options;
    std::string message;
  };
  const std::vector<Case> cases{
      {"syslog", {}, "audit device type \"syslog\" is not available yet: use \"file\""},
      {"socket", {}, "audit device type \"socket\" is not available yet: use \"file\""},
      {"http", {}, "audit device type \"http\" is not available yet: use \"file\""},
      {"nosuch", {}, "unknown backend type: \"nosuch\""},
      {"", {}, "unknown backend type: \"\""},
      {"file", {}, "file_path is required"},
      {"file", {{"file_path", "/x"}, {"mode", "9"}}, "mode is not an octal file mode"},
      {"file", {{"file_path", "/x"}, {"mode", "0600x"}}, "mode is not an octal file mode"},
  };
  for (const Case& one : cases) {
    const auto device = make_audit_device(one.type, one.options);
    ASSERT_FALSE(device) << one.message;
    EXPECT_EQ(device.error().message, one.message);
    EXPECT_EQ(device.error().code, ErrorCode::invalid);
  }
}

TEST_F(AuditDeviceTest, OpenErrorsNameTheFile) {
  for (const fs::path& path : {folder_ / "no" / "file", folder_}) {
    const auto device = make_audit_device("file", {{"file_path", path.string()}});
    ASSERT_TRUE(device);
    const auto result = (*device)->open();
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find(path.string()), std::string::npos);
    EXPECT_FALSE((*device)->write("line\n"));
  }
}

TEST_F(AuditDeviceTest, ModesOfTheFile) {
  struct Case {
    std::string name, mode;
    mode_t before;  ///< 0: no file yet
    mode_t expected;
  };
  const std::vector<Case> cases{
      {"default", "", 0, 0600},          {"given", "0640", 0, 0640},
      {"changed", "0640", 0600, 0640},   {"left alone", "0000", 0644, 0644},
      {"no execution", "0755", 0, 0644},
  };
  for (const Case& one : cases) {
    const fs::path path = folder_ / one.name;
    if (one.before != 0) {
      ::close(::open(path.c_str(), O_CREAT | O_WRONLY, 0600));
      ASSERT_EQ(::chmod(path.c_str(), one.before), 0);
    }
    opened({{"file_path", path.string()}, {"mode", one.mode}});
    EXPECT_EQ(mode(path), one.expected) << one.name;
  }
}

TEST_F(AuditDeviceTest, AppendsAndFollowsARotation) {
  const fs::path path = folder_ / "audit.log";
  std::ofstream(path) << "before\n";
  const auto device = opened({{"path", path.string()}});
  EXPECT_TRUE(device->write("one\n"));
  fs::rename(path, folder_ / "audit.log.1");
  EXPECT_TRUE(device->write("two\n"));
  EXPECT_TRUE(device->open());
  EXPECT_TRUE(device->write("three\n"));
  EXPECT_EQ(lines(folder_ / "audit.log.1"), (std::vector<std::string>{"before", "one", "two"}));
  EXPECT_EQ(lines(path), (std::vector<std::string>{"three"}));
}

TEST_F(AuditDeviceTest, AFileThatWentAwayIsTriedAgain) {
  const fs::path directory = folder_ / "sub";
  fs::create_directory(directory);
  const fs::path path = directory / "audit.log";
  const auto device = opened({{"file_path", path.string()}});
  fs::remove_all(directory);
  EXPECT_FALSE(device->open());
  EXPECT_FALSE(device->write("lost\n"));
  fs::create_directory(directory);
  EXPECT_TRUE(device->write("found\n"));
  EXPECT_EQ(lines(path), (std::vector<std::string>{"found"}));
}

TEST_F(AuditDeviceTest, AFullDiskRefuses) {
  const auto device = opened({{"file_path", "/dev/full"}});
  EXPECT_FALSE(device->write("line\n"));
  EXPECT_FALSE(device->write("line\n"));
}

TEST_F(AuditDeviceTest, DiscardTakesAll) {
  EXPECT_TRUE(opened({{"file_path", "discard"}})->write("line\n"));
}

TEST_F(AuditDeviceTest, AFifoWithoutReaderIsRefusedAtOnce) {
  const fs::path path = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto device = make_audit_device("file", {{"file_path", path.string()}});
  ASSERT_TRUE(device);
  EXPECT_FALSE((*device)->open());
  EXPECT_FALSE((*device)->write("line\n"));

  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_TRUE((*device)->write("line\n"));
  std::array<char, 16> text{};
  EXPECT_EQ(::read(reader, text.data(), text.size()), 5);
  ::close(reader);
  EXPECT_FALSE((*device)->write("line\n")) << "the reader went";
}

TEST_F(AuditDeviceTest, AFifoWhoseReaderSleepsRefusesInTime) {
  const fs::path path = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  const auto device = opened({{"file_path", path.string()}}, 100ms);
  const std::string line = std::string(4095, 'x') + "\n";
  int accepted = 0;
  while (accepted < 1000 && device->write(line)) ++accepted;
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, 1000);

  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(device->write(line));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s) << "only the first line waits";

  std::string drained(1 << 20, '\0');
  while (::read(reader, drained.data(), drained.size()) > 0) {
  }
  EXPECT_TRUE(device->write("again\n"));
  const ssize_t size = ::read(reader, drained.data(), drained.size());
  ASSERT_GT(size, 0);
  EXPECT_TRUE(
      std::string_view(drained.data(), static_cast<std::size_t>(size)).ends_with("again\n"));
  ::close(reader);
}

TEST_F(AuditDeviceTest, LinesOfAHundredThreadsStayWhole) {
  const fs::path path = folder_ / "audit.log";
  const auto device = opened({{"file_path", path.string()}}, 20s);
  constexpr int count = 100;
  constexpr int each = 50;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const std::string line = std::to_string(t) + ":" + std::to_string(i) + ":" +
                                 std::string(static_cast<std::size_t>(50 * t), 'x') + "\n";
        if (!device->write(line)) ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 0);
  std::set<std::string> seen;
  for (const std::string& line : lines(path)) {
    const int writer = std::stoi(line);
    const std::size_t padding = line.size() - 1 - line.rfind(':');
    EXPECT_EQ(padding, static_cast<std::size_t>(50 * writer));
    seen.insert(line);
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(count * each));
}

}  // namespace
}  // namespace signet::core
