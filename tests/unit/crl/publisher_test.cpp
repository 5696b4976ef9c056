// SPDX-License-Identifier: Apache-2.0
// Who fetches while a list is built waits at a gate, and only for what was known when it came.
#include "crl/publisher.hpp"

#include "tests/support/databases.hpp"
#include "tests/unit/ca/fixture.hpp"

#include <future>
#include <memory>
#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>

namespace signet::crl {
namespace {

constexpr std::int64_t authority = 7;

class Publishing : public testing::TestWithParam<std::string> {
 protected:
  static storage::Deadline soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(20);
  }
  std::optional<CrlRecipe> recipe() {
    if (hold_) {
      arrived_.set_value();
      released_.get_future().wait();
    }
    if (fails_) throw Fault("no recipe");
    CrlRecipe made;
    made.issuer = to_bytes(issuer_.certificate().subject.der());
    made.authority_key_id = issuer_.certificate().key_id();
    made.key = key_;
    return made;
  }
  /// A build on a thread of its own that has read what it must hold, and stops there.
  std::future<std::optional<PublishedCrl>> begin_build() {
    hold_ = true;
    auto built = std::async(std::launch::async,
                            [this] { return publisher_.fetch(authority, false, soon()); });
    arrived_.get_future().wait();
    hold_ = false;
    return built;
  }

  test::TestDatabase opened_ = test::open_test_database(GetParam());
  ca::Issuer issuer_ = ca::test::root();
  std::shared_ptr<const crypto::PrivateKey> key_ =
      std::make_shared<const crypto::PrivateKey>(ca::test::ec_key());
  bool hold_ = false;
  bool fails_ = false;
  std::promise<void> arrived_, released_;
  Publisher publisher_{*opened_.database, system_clock(), Uuid{},
                       [this](std::int64_t) { return recipe(); }, ""};
};

INSTANTIATE_TEST_SUITE_P(Databases, Publishing, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(Publishing, AFetchDuringABuildTakesAGateAndLaterTheList) {
  auto built = begin_build();
  Publisher::Turn turn;
  EXPECT_FALSE(publisher_.fetch(authority, false, soon(), &turn));
  ASSERT_TRUE(turn.build);
  EXPECT_FALSE(turn.build->is_open());
  released_.set_value();
  const auto first = built.get();
  ASSERT_TRUE(first);
  EXPECT_TRUE(turn.build->is_open());
  const auto same = publisher_.fetch(authority, false, soon(), &turn);
  ASSERT_TRUE(same);
  EXPECT_FALSE(turn.build);
  EXPECT_EQ(same->number, first->number);
}

TEST_P(Publishing, ALaterRevocationDoesNotMakeItWaitAgain) {
  auto built = begin_build();
  Publisher::Turn turn;
  EXPECT_FALSE(publisher_.fetch(authority, false, soon(), &turn));
  publisher_.mark_dirty(authority);
  released_.set_value();
  const auto first = built.get();
  ASSERT_TRUE(first);
  EXPECT_TRUE(publisher_.is_dirty(authority));
  EXPECT_FALSE(publisher_.is_dirty(authority, turn.needed));
  const auto same = publisher_.fetch(authority, false, soon(), &turn);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->number, first->number);
  // Who comes now gets the next one.
  const auto next = publisher_.fetch(authority, false, soon());
  ASSERT_TRUE(next);
  EXPECT_GT(next->number, first->number);
}

TEST_P(Publishing, ARevocationDuringABuildIsInTheListOfWhoCameAfterIt) {
  auto built = begin_build();
  publisher_.mark_dirty(authority);
  Publisher::Turn turn;
  EXPECT_FALSE(publisher_.fetch(authority, false, soon(), &turn));
  released_.set_value();
  const auto first = built.get();
  ASSERT_TRUE(first);
  EXPECT_TRUE(publisher_.is_dirty(authority, turn.needed));
  const auto next = publisher_.fetch(authority, false, soon(), &turn);
  ASSERT_TRUE(next);
  EXPECT_GT(next->number, first->number);
}

TEST_P(Publishing, ThoseWhoWaitShareAFailure) {
  fails_ = true;
  auto built = begin_build();
  Publisher::Turn turn;
  EXPECT_FALSE(publisher_.fetch(authority, false, soon(), &turn));
  released_.set_value();
  EXPECT_THROW(built.get(), Fault);
  fails_ = false;
  ASSERT_TRUE(turn.build->is_open());
  EXPECT_THROW(publisher_.fetch(authority, false, soon(), &turn), Fault);
  Publisher::Turn another;
  EXPECT_TRUE(publisher_.fetch(authority, false, soon(), &another));
}

}  // namespace
}  // namespace signet::crl
