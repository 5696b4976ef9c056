// SPDX-License-Identifier: Apache-2.0
#include "core/mount.hpp"
#include "core/token/tokens.hpp"
#include "tests/support/databases.hpp"
#include "tests/support/fake_sealer.hpp"
#include "tests/support/fakes.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::core {
namespace {

using Outcome = storage::CommitOutcome::Kind;

class TokensTest : public testing::TestWithParam<std::string> {
 protected:
  struct Made {
    SecretBytes text;
    std::string accessor;
    Bytes hash;
  };

  Outcome commit(storage::CommitUnit& unit) {
    return database_.commit(unit, std::chrono::steady_clock::now() + std::chrono::seconds(30)).kind;
  }

  Made make(const Made* parent = nullptr, std::int64_t uses = 0, Seconds ttl = Seconds(3600)) {
    NewToken fresh;
    fresh.entry.policies = {"default"};
    fresh.entry.path = "auth/token/create";
    fresh.entry.display_name = "token";
    fresh.entry.created_at = clock_.now();
    fresh.entry.creation_ttl = ttl;
    if (ttl.count() != 0) fresh.entry.expires_at = clock_.now() + ttl;
    fresh.entry.uses_left = uses;
    fresh.entry.is_renewable = true;
    if (parent != nullptr) fresh.entry.parent = parent->hash;
    storage::CommitUnit unit;
    Auth auth = tokens_.stage_create(unit, std::move(fresh));
    EXPECT_TRUE(unit.is_mergeable());
    EXPECT_EQ(commit(unit), Outcome::stored);
    Made made{std::move(auth.client_token), auth.accessor, {}};
    made.hash = tokens_.hash(made.text);
    return made;
  }
  bool lives(const Made& token) { return tokens_.authenticate(token.text).has_value(); }

  test::TestDatabase opened_ = test::open_test_database(GetParam());
  storage::Database& database_ = *opened_.database;
  test::FakeSealer sealer_;
  test::FakeClock clock_;
  test::FakeRandom random_;
  Tokens tokens_{database_, database_.changes(), sealer_, clock_, random_};
};

INSTANTIATE_TEST_SUITE_P(Databases, TokensTest, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(TokensTest, WhatIsUsedUpIsGoneOnAllNodesThoughNoCacheIsDropped) {
  Tokens other(database_, database_.changes(), sealer_, clock_, random_);
  const auto lives_there = [&](const Made& token) {
    return other.authenticate(token.text).has_value();
  };
  const auto number = [&] { return database_.changes().number(tokens_changed, root_namespace); };
  const Made token = make(nullptr, 2);
  const Made unlimited = make();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(lives_there(token) && lives(token));
  const std::int64_t before = number();
  const auto first = tokens_.spend_use(*tokens_.authenticate(token.text));
  ASSERT_TRUE(first);
  EXPECT_EQ((*other.authenticate(token.text))->uses_left, 1) << "as it is now, not as it was seen";
  const TokenPointer seen = *other.authenticate(token.text);
  const auto last = tokens_.spend_use(*tokens_.authenticate(token.text));
  ASSERT_TRUE(last);
  EXPECT_EQ((*last)->uses_left, -1);
  EXPECT_FALSE(lives_there(token) || lives(token)) << "also before its row goes";
  storage::CommitUnit unit;
  tokens_.stage_remove_used_up(unit, token.hash);
  EXPECT_TRUE(unit.raises().empty());
  EXPECT_EQ(commit(unit), Outcome::stored);
  EXPECT_FALSE(lives_there(token) || lives(token));
  EXPECT_FALSE(other.spend_use(seen)) << "a request there that came too late";
  EXPECT_FALSE(tokens_.find_accessor(token.accessor));
  EXPECT_EQ(number(), before);
  EXPECT_TRUE(lives(unlimited));
}

TEST_P(TokensTest, ATokenIsFoundByItsTextOnly) {
  const Made token = make();
  EXPECT_THAT(std::string(token.text.reveal_text()), testing::MatchesRegex("hvs\\.[0-9A-Za-z]+"));
  EXPECT_EQ(token.text.size(), 28U);
  EXPECT_EQ(token.accessor.size(), 24U);
  for (int i = 0; i < 2; ++i) {  // from the row, then from the cache
    const auto found = tokens_.authenticate(token.text);
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)->accessor, token.accessor);
  }
  EXPECT_EQ(tokens_.find_accessor(token.accessor)->id_hash, token.hash);
  EXPECT_EQ(tokens_.authenticate(SecretBytes(std::string_view("hvs.nosuch"))).error().message,
            "permission denied");
  EXPECT_FALSE(tokens_.authenticate(SecretBytes()));
  EXPECT_EQ(tokens_.find_accessor("nosuch"), nullptr);
}

TEST_P(TokensTest, ExpiryEndsItAndWhatHangsBelow) {
  const Made parent = make(nullptr, 0, Seconds(60));
  const Made child = make(&parent, 0, Seconds(3600));
  EXPECT_TRUE(lives(child));
  clock_.advance(std::chrono::seconds(60));
  EXPECT_FALSE(lives(parent));
  EXPECT_FALSE(lives(child));  // cached, but its parent's end counts
  EXPECT_THAT(tokens_.accessors("", 0), testing::ElementsAre(child.accessor));
  EXPECT_EQ(tokens_.remove_expired(), 2);
  EXPECT_EQ(tokens_.remove_expired(), 0);
}

TEST_P(TokensTest, RevokingTakesTheWholeTree) {
  const Made top = make();
  const Made child = make(&top);
  const Made grandchild = make(&child);
  const Made other = make(&top);
  const Made orphan = make();
  EXPECT_TRUE(lives(grandchild));
  storage::CommitUnit unit;
  tokens_.stage_revoke(unit, child.hash);
  ASSERT_EQ(commit(unit), Outcome::stored);
  EXPECT_FALSE(lives(child));
  EXPECT_FALSE(lives(grandchild));
  EXPECT_TRUE(lives(top));
  EXPECT_TRUE(lives(other));
  EXPECT_TRUE(lives(orphan));
}

TEST_P(TokensTest, RevokingAloneMakesOrphans) {
  const Made top = make();
  const Made child = make(&top);
  const Made grandchild = make(&child);
  storage::CommitUnit unit;
  tokens_.stage_revoke_orphan(unit, *tokens_.find(top.text));
  ASSERT_EQ(commit(unit), Outcome::stored);
  EXPECT_FALSE(lives(top));
  EXPECT_TRUE(lives(grandchild));
  EXPECT_TRUE((*tokens_.authenticate(child.text))->is_orphan);
}

TEST_P(TokensTest, AChildWithoutItsParentIsRefusedAndSwept) {
  const Made top = make();
  const Made child = make(&top);
  const Made grandchild = make(&child);
  // As if the child had been stored while its parent went.
  database_.write([&](storage::Transaction& transaction) {
    transaction.execute("DELETE FROM tokens WHERE id_hash = $1",
                        {storage::value(BytesView(top.hash))});
  });
  EXPECT_FALSE(lives(child));
  EXPECT_FALSE(lives(grandchild));
  EXPECT_EQ(tokens_.remove_strays(), 2);
}

TEST_P(TokensTest, RenewingMovesTheEnd) {
  const Made token = make();
  const TokenPointer before = tokens_.find(token.text);
  storage::CommitUnit unit;
  ASSERT_TRUE(tokens_.stage_renew(unit, *before, clock_.now(), Seconds(7200)));
  ASSERT_EQ(commit(unit), Outcome::stored);
  clock_.advance(std::chrono::seconds(5000));
  EXPECT_TRUE(lives(token));
  const TokenPointer after = tokens_.find(token.text);
  EXPECT_EQ(after->creation_ttl, Seconds(3600));
  EXPECT_EQ(after->last_renewal, before->created_at);
  // What was decided on a row that has changed since is refused.
  storage::CommitUnit first;
  storage::CommitUnit second;
  ASSERT_TRUE(tokens_.stage_renew(first, *after, clock_.now(), Seconds(10)));
  ASSERT_TRUE(tokens_.stage_renew(second, *after, clock_.now(), Seconds(20)));
  EXPECT_EQ(commit(first), Outcome::stored);
  EXPECT_EQ(commit(second), Outcome::refused);
}

TEST_P(TokensTest, AFixedIdIsTakenOnce) {
  for (const Outcome expected : {Outcome::stored, Outcome::refused}) {
    storage::CommitUnit unit;
    const Auth auth = tokens_.stage_root(unit, SecretBytes(std::string_view("root")));
    EXPECT_EQ(auth.client_token.reveal_text(), "root");
    EXPECT_EQ(commit(unit), expected);
  }
  const auto root = tokens_.authenticate(SecretBytes(std::string_view("root")));
  ASSERT_TRUE(root);
  EXPECT_TRUE((*root)->is_root());
}

TEST_P(TokensTest, ALimitedTokenIsGoodForExactlyItsUses) {
  constexpr int uses = 50;
  const Made token = make(nullptr, uses);
  std::atomic<int> spent = 0;
  std::atomic<int> last = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        const auto found = tokens_.authenticate(token.text);
        if (!found) continue;
        const auto counted = tokens_.spend_use(*found);
        if (!counted) continue;
        ++spent;
        if ((*counted)->uses_left < 0) ++last;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(spent, uses);
  EXPECT_EQ(last, 1);
  EXPECT_FALSE(lives(token));
  EXPECT_EQ(tokens_.find_accessor(token.accessor), nullptr);
  EXPECT_THAT(tokens_.accessors("", 0), testing::IsEmpty());
  clock_.advance(std::chrono::seconds(121));
  EXPECT_EQ(tokens_.remove_expired(), 1);
}

TEST_P(TokensTest, TheCounterOnlyNarrows) {
  const Made token = make(nullptr, 2);
  for (const std::int64_t edited : {0, 3}) {  // unlimited; more than the record allows
    database_.write([&](storage::Transaction& transaction) {
      transaction.execute("UPDATE tokens SET uses = $2 WHERE id_hash = $1",
                          {storage::value(BytesView(token.hash)), edited});
    });
    EXPECT_EQ(tokens_.find(token.text), nullptr);
  }
}

TEST_P(TokensTest, EditedColumnsDoNotOpen) {
  const Made parent = make();
  const Made child = make(&parent);
  for (const char* edit : {"UPDATE tokens SET expires_at = 9999999999 WHERE id_hash = $1",
                           "UPDATE tokens SET accessor = 'other' WHERE id_hash = $1",
                           "UPDATE tokens SET parent = NULL WHERE id_hash = $1"}) {
    const Made& edited =
        std::string_view(edit).find("parent") != std::string_view::npos ? child : parent;
    database_.write([&](storage::Transaction& transaction) {
      transaction.execute(edit, {storage::value(BytesView(edited.hash))});
    });
    EXPECT_THROW((void)tokens_.find(edited.text), Fault) << edit;
  }
}

}  // namespace
}  // namespace signet::core
