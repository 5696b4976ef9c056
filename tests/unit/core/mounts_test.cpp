// SPDX-License-Identifier: Apache-2.0
// Mounts on both databases: rules of paths, what survives, what is shared (core.md section 3.4).
#include "core/mounts.hpp"

#include "tests/support/house.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace signet::core {
namespace {

class Plain final : public Engine {
 public:
  [[nodiscard]] const RouteTable& routes() const override {
    static const RouteTable none(std::vector<Route>{});
    return none;
  }
};

void add_modules(Registry& registry, Services&) {
  ModuleType plain;
  plain.type = "plain";
  plain.aliases = {"plain-v1"};
  plain.make = [](const EngineContext&) { return std::make_unique<Plain>(); };
  registry.push_back(plain);
  ModuleType token;
  token.type = "token";
  token.mount_class = MountClass::auth;
  token.is_mountable = false;
  registry.push_back(token);
  plain.mount_class = MountClass::auth;
  registry.push_back(plain);
}

class MountsTest : public testing::TestWithParam<std::string> {
 protected:
  std::string enable(const std::string& path, const std::string& type = "plain",
                     MountClass mount_class = MountClass::secret) {
    Mount mount;
    mount.mount_class = mount_class;
    mount.path = path;
    mount.type = type;
    storage::CommitUnit unit;
    const Result<void> staged = house_.mounts.enable(*house_.mounts.table(), mount, unit);
    return staged ? commit(unit) : staged.error().message;
  }
  std::string disable(const std::string& full_path) {
    storage::CommitUnit unit;
    const Result<void> staged = house_.mounts.disable(*house_.mounts.table(), full_path, unit);
    return staged ? commit(unit) : staged.error().message;
  }
  std::string remount(const std::string& from, const std::string& to) {
    storage::CommitUnit unit;
    const Result<void> staged = house_.mounts.remount(*house_.mounts.table(), from, to, unit);
    return staged ? commit(unit) : staged.error().message;
  }
  std::string commit(storage::CommitUnit& unit) {
    if (unit.is_empty()) return "nothing";
    const storage::CommitOutcome outcome = house_.database.commit(unit, house_.deadline());
    return outcome.kind == storage::CommitOutcome::Kind::stored ? "stored" : outcome.error.message;
  }
  std::string found(std::string_view path) {
    const auto table = house_.mounts.table();
    const MountTable::Found found = table->find(path);
    if (found.mounted == nullptr) return "none";
    return found.mounted->mount->full_path() + " " + std::string(found.rest);
  }

  test::CoreHouse house_{add_modules, GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, MountsTest, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(MountsTest, TheBuiltInOnesAreThereFromTheStart) {
  std::string paths;
  for (const auto& [path, mounted] : house_.mounts.table()->all()) paths += path + " ";
  EXPECT_EQ(paths, "auth/token/ cubbyhole/ identity/ sys/ ");
  const MountedEngine* sys = house_.mounts.table()->at("sys/");
  ASSERT_NE(sys, nullptr);
  EXPECT_TRUE(sys->mount->accessor.starts_with("system_"));
  EXPECT_EQ(house_.mounts.table()->by_accessor(sys->mount->accessor), sys);
}

TEST_P(MountsTest, TheLongestPrefixAnswers) {
  EXPECT_EQ(enable("team/a/kv/"), "stored");
  EXPECT_EQ(found("team/a/kv/x/y"), "team/a/kv/ x/y");
  EXPECT_EQ(found("team/a/kv"), "team/a/kv/ ");
  EXPECT_EQ(found("team/a/kv/"), "team/a/kv/ ");
  EXPECT_EQ(found("team/a"), "none");
  EXPECT_EQ(found("team/a/kvx"), "none");
  EXPECT_EQ(found("auth/token/create"), "auth/token/ create");
  EXPECT_EQ(found(""), "none");
  EXPECT_EQ(found("/"), "none");
}

TEST_P(MountsTest, RefusesPathsThatAreTaken) {
  EXPECT_EQ(enable("one/"), "stored");
  EXPECT_EQ(enable("one/"), "path is already in use at one/");
  EXPECT_EQ(enable("one/two/"), "path is already in use at one/");
  EXPECT_EQ(enable("deep/er/"), "stored");
  EXPECT_EQ(enable("deep/"), "path is already in use at deep/er/");
  EXPECT_EQ(enable("sys/x/"), "cannot mount \"sys/x/\"");
  EXPECT_EQ(enable("auth/x/"), "cannot mount \"auth/x/\"");
  EXPECT_EQ(enable("x/sys/y/"), "stored");
  EXPECT_EQ(enable("token/x/", "plain", MountClass::auth), "path is already in use at token/");
  EXPECT_EQ(enable("one/", "plain", MountClass::auth), "stored") << "auth paths are apart";
  EXPECT_EQ(enable("bad/", "nosuch"), "plugin not found in the catalog: nosuch");
  EXPECT_EQ(enable("bad/", "token", MountClass::auth),
            "token credential backend cannot be instantiated");
}

TEST_P(MountsTest, DisablingIsQuietAboutWhatIsNotThere) {
  EXPECT_EQ(disable("none/"), "nothing");
  EXPECT_EQ(disable("sys/"), "cannot unmount \"sys/\"");
  EXPECT_EQ(disable("auth/token/"), "token credential backend cannot be disabled");
  EXPECT_EQ(enable("one/"), "stored");
  EXPECT_EQ(disable("one/"), "stored");
  EXPECT_EQ(found("one/x"), "none");
}

TEST_P(MountsTest, AModuleLivesAsLongAsItsMount) {
  EXPECT_EQ(enable("one/", "plain-v1"), "stored");
  const auto before = house_.mounts.table()->at("one/")->engine;
  EXPECT_EQ(house_.mounts.table()->at("one/")->mount->type, "plain");
  EXPECT_EQ(enable("two/"), "stored");
  EXPECT_EQ(house_.mounts.table()->at("one/")->engine, before);
  EXPECT_EQ(remount("one/", "moved/"), "stored");
  EXPECT_EQ(house_.mounts.table()->at("moved/")->engine, before);
  EXPECT_EQ(found("one/x"), "none");
}

TEST_P(MountsTest, RemountRefuses) {
  EXPECT_EQ(enable("one/"), "stored");
  EXPECT_EQ(enable("two/"), "stored");
  EXPECT_EQ(enable("up/", "plain", MountClass::auth), "stored");
  EXPECT_EQ(remount("none/", "x/"), "no matching mount at \"none/\"");
  EXPECT_EQ(remount("one/", "two/"), "path already in use at \"two/\"");
  EXPECT_EQ(remount("one/", "sys/x/"), "cannot remount to destination sys/x/");
  EXPECT_EQ(remount("sys/", "x/"), "cannot remount \"sys/\"");
  EXPECT_EQ(remount("one/", "auth/x/"), "cannot remount to destination auth/x/");
  EXPECT_EQ(remount("auth/up/", "up/"), "cannot remount auth mount to non-auth mount \"up/\"");
  EXPECT_EQ(remount("auth/up/", "auth/people/"), "stored");
}

TEST_P(MountsTest, OfTwoThatWantOnePathOneGetsIt) {
  Mount mount;
  mount.path = "one/";
  mount.type = "plain";
  storage::CommitUnit first;
  storage::CommitUnit second;
  ASSERT_TRUE(house_.mounts.enable(*house_.mounts.table(), mount, first));
  ASSERT_TRUE(house_.mounts.enable(*house_.mounts.table(), mount, second));
  EXPECT_EQ(commit(first), "stored");
  EXPECT_EQ(commit(second), "path is already in use at one/");
}

TEST_P(MountsTest, ARowThatWasMovedBySqlDoesNotOpen) {
  EXPECT_EQ(enable("one/"), "stored");
  house_.database.query("UPDATE mounts SET path = 'else/' WHERE path = 'one/'");
  house_.mounts.drop();
  EXPECT_THROW(static_cast<void>(house_.mounts.table()), Fault);
}

}  // namespace
}  // namespace signet::core
