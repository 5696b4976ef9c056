// SPDX-License-Identifier: Apache-2.0
#include "cli/private_folder.hpp"

#include "tests/support/databases.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

namespace signet::cli {
namespace {

namespace fs = std::filesystem;

class PrivateFolders : public testing::Test {
 protected:
  PrivateFolders() {
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", temporary_.path().c_str(), 1);
  }
  ~PrivateFolders() override {
    if (before_)
      ::setenv("TMPDIR", before_->c_str(), 1);
    else
      ::unsetenv("TMPDIR");
  }

  [[nodiscard]] fs::path at(const std::string& name) const {
    return temporary_.path() + "/" + name;
  }
  /// What a killed server leaves; `lock` empty: no such file.
  [[nodiscard]] fs::path leave(const std::string& name, const std::string& lock = "lock") const {
    fs::create_directory(at(name));
    fs::permissions(at(name), fs::perms::owner_all);
    std::ofstream(at(name) / "signet.db") << "rows";
    if (!lock.empty()) {
      std::ofstream(at(name) / lock).flush();
      fs::permissions(at(name) / lock, fs::perms::owner_read | fs::perms::owner_write);
    }
    return at(name);
  }

  std::optional<std::string> before_;
  test::TemporaryFolder temporary_;
};

TEST_F(PrivateFolders, GoesWithItsObject) {
  std::string path;
  {
    const PrivateFolder folder;
    path = folder.path();
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    std::ofstream(path + "/signet.db") << "rows";
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(PrivateFolders, OneInUseStays) {
  const PrivateFolder folder;
  std::ofstream(folder.path() + "/signet.db") << "rows";
  PrivateFolder::remove_abandoned();
  EXPECT_TRUE(fs::exists(folder.path() + "/signet.db"));
}

TEST_F(PrivateFolders, OneWhoseOwnerWasKilledGoes) {
  const fs::path left = leave("signet-dev-aB3xYz");
  PrivateFolder::remove_abandoned();
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(PrivateFolders, WhatMayNotBeOursStays) {
  const fs::path half_made = leave("signet-dev-aaaaaa", "");  // its owner is about to lock it
  const fs::path other_name = leave("signet-dev-aaaaaaa");
  const fs::path no_prefix = leave("signet-xyz-aaaaaa");
  const fs::path odd_letters = leave("signet-dev-aa.aaa");
  const fs::path open_to_others = leave("signet-dev-bbbbbb");
  fs::permissions(open_to_others, fs::perms::all);
  const fs::path target = leave("elsewhere");
  fs::create_directory_symlink(target, at("signet-dev-cccccc"));
  const fs::path linked_lock = leave("signet-dev-dddddd", "");
  fs::create_symlink(target / "lock", linked_lock / "lock");
  const fs::path file = at("signet-dev-eeeeee");
  std::ofstream(file) << "a file";
  PrivateFolder::remove_abandoned();
  for (const fs::path& kept :
       {half_made, other_name, no_prefix, odd_letters, open_to_others, target, linked_lock})
    EXPECT_TRUE(fs::exists(kept / "signet.db")) << kept;
  EXPECT_TRUE(fs::is_symlink(at("signet-dev-cccccc")));
  EXPECT_TRUE(fs::exists(file));
}

TEST_F(PrivateFolders, AnothersFolderStays) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make one";
  const fs::path others = leave("signet-dev-ffffff");
  ASSERT_EQ(::chown(others.c_str(), 65534, 65534), 0);
  PrivateFolder::remove_abandoned();
  EXPECT_TRUE(fs::exists(others / "signet.db"));
}

TEST_F(PrivateFolders, LinksAndFoldersInsideAreNotFollowed) {
  const fs::path outside = leave("outside");
  const fs::path left = leave("signet-dev-gggggg");
  fs::create_directory_symlink(outside, left / "link");
  PrivateFolder::remove_abandoned();
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(outside / "signet.db"));

  const fs::path deep = leave("signet-dev-hhhhhh");
  fs::create_directory(deep / "inner");  // we make none
  PrivateFolder::remove_abandoned();
  EXPECT_TRUE(fs::exists(deep / "inner"));
}

TEST_F(PrivateFolders, ALockedOneStays) {
  const fs::path left = leave("signet-dev-iiiiii");
  const int lock = ::open((left / "lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  PrivateFolder::remove_abandoned();
  EXPECT_TRUE(fs::exists(left / "signet.db"));
  ::close(lock);
  PrivateFolder::remove_abandoned();
  EXPECT_FALSE(fs::exists(left));
}

}  // namespace
}  // namespace signet::cli
