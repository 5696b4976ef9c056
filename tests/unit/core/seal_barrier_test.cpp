// SPDX-License-Identifier: Apache-2.0
#include "core/seal/barrier.hpp"
#include "core/seal/seal.hpp"
#include "crypto/digest.hpp"
#include "tests/support/databases.hpp"
#include "tests/support/fakes.hpp"

#include <set>
#include <thread>

#include <gtest/gtest.h>

namespace signet::core {
namespace {

using namespace std::chrono_literals;

/// Two nodes on one database, both unsealed.
class BarrierTest : public testing::TestWithParam<std::string> {
 protected:
  struct Node {
    Node(storage::Database& database, Clock& clock)
        : barrier(database, clock, crypto::system_random()),
          seal(database, barrier, clock, crypto::system_random(), {"2.6.0", "", ""}) {}
    Barrier barrier;
    Seal seal;
  };

  void SetUp() override {
    auto key =
        one_.seal.start_dev([](storage::CommitUnit&) {}, std::chrono::steady_clock::now() + 20s);
    ASSERT_TRUE(key) << key.error().message;
    ASSERT_TRUE(two_.seal.unseal(hex(key->reveal()), false));
    ASSERT_FALSE(two_.seal.is_sealed());
  }

  [[nodiscard]] SealedAt at(std::string_view column = "record",
                            std::string_view bound = "b") const {
    return {"mounts", column, owner_.view(), as_bytes("key"), as_bytes(bound)};
  }

  test::FakeClock clock_;
  Uuid owner_ = crypto::system_random().uuid();
  test::TestDatabase opened_ = test::open_test_database(GetParam());
  storage::Database& database_ = *opened_.database;
  Node one_{database_, clock_}, two_{database_, clock_};
};

TEST_P(BarrierTest, OpensOnlyWhereTheValueLives) {
  const SealedBytes sealed = one_.barrier.seal(at(), as_bytes("secret"));
  EXPECT_EQ(one_.barrier.open(at(), sealed.view()).reveal_text(), "secret");
  EXPECT_EQ(two_.barrier.open(at(), sealed.view()).reveal_text(), "secret");

  const Uuid other = crypto::system_random().uuid();
  struct Case {
    std::string name;
    SealedAt at;
  };
  const std::vector<Case> cases{
      {"table", {"policies", "record", owner_.view(), as_bytes("key"), as_bytes("b")}},
      {"column", at("other")},
      {"owner", {"mounts", "record", other.view(), as_bytes("key"), as_bytes("b")}},
      {"key", {"mounts", "record", owner_.view(), as_bytes("kez"), as_bytes("b")}},
      {"bound column", at("record", "c")},
      {"parts shifted", {"mount", "srecord", owner_.view(), as_bytes("key"), as_bytes("b")}},
      {"key and bound shifted", {"mounts", "record", owner_.view(), as_bytes("keyb"), {}}},
  };
  for (const Case& one : cases)
    EXPECT_THROW((void)one_.barrier.open(one.at, sealed.view()), Fault) << one.name;
}

TEST_P(BarrierTest, RefusesEveryEditedByte) {
  const SealedBytes sealed = one_.barrier.seal(at(), as_bytes("secret"));
  ASSERT_EQ(sealed.bytes.size(), 1 + 4 + 12 + 6 + 16U);
  EXPECT_EQ(term_of(sealed.view()), 1U);
  for (std::size_t i = 0; i < sealed.bytes.size(); ++i) {
    Bytes edited = sealed.bytes;
    edited[i] ^= 1U;
    EXPECT_THROW((void)one_.barrier.open(at(), edited), Fault) << "byte " << i;
    EXPECT_THROW((void)one_.barrier.open(at(), BytesView(sealed.bytes).first(i)), Fault)
        << "cut to " << i;
  }
}

TEST_P(BarrierTest, NeverRepeatsANonce) {
  std::set<Bytes> nonces;
  for (int i = 0; i < 2000; ++i) {
    const SealedBytes sealed = one_.barrier.seal(at(), {});
    nonces.insert(to_bytes(sealed.view().subspan(5, 12)));
  }
  EXPECT_EQ(nonces.size(), 2000U);
}

TEST_P(BarrierTest, RotationKeepsOldValuesReadableOnEveryNode) {
  const SealedBytes old = one_.barrier.seal(at(), as_bytes("old"));
  const Bytes hash = one_.barrier.lookup_hash("token", as_bytes("t"));
  clock_.advance(1h);
  ASSERT_TRUE(one_.barrier.rotate());
  EXPECT_EQ(one_.barrier.key_status().term, 2U);
  EXPECT_EQ(one_.barrier.key_status().install_time, clock_.now());
  EXPECT_EQ(one_.barrier.key_status().encryptions, 0);

  const SealedBytes fresh = one_.barrier.seal(at(), as_bytes("new"));
  EXPECT_EQ(term_of(fresh.view()), 2U);
  EXPECT_EQ(one_.barrier.open(at(), old.view()).reveal_text(), "old");
  EXPECT_EQ(one_.barrier.lookup_hash("token", as_bytes("t")), hash);

  // The other node meets the term it does not know and reads the keyring again.
  EXPECT_EQ(two_.barrier.key_status().term, 1U);
  EXPECT_EQ(two_.barrier.open(at(), fresh.view()).reveal_text(), "new");
  EXPECT_EQ(two_.barrier.key_status().term, 2U);
  EXPECT_EQ(two_.barrier.lookup_hash("token", as_bytes("t")), hash);
}

TEST_P(BarrierTest, NodesThatRotateAtOnceLoseNoTerm) {
  std::vector<std::thread> threads;
  for (Node* node : {&one_, &two_}) {
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([node] { EXPECT_TRUE(node->barrier.rotate()); });
  }
  for (std::thread& thread : threads) thread.join();
  one_.barrier.tick();
  two_.barrier.tick();
  EXPECT_EQ(one_.barrier.key_status().term, 5U);
  EXPECT_EQ(two_.barrier.key_status().term, 5U);
}

TEST_P(BarrierTest, ATickLearnsOfOtherNodesSettings) {
  ASSERT_TRUE(one_.barrier.set_rotation_config({true, 1'000'000, Seconds(86400)}));
  two_.barrier.tick();
  EXPECT_EQ(two_.barrier.rotation_config().max_operations, 1'000'000);
  EXPECT_EQ(two_.barrier.rotation_config().interval, Seconds(86400));
}

TEST_P(BarrierTest, ChecksTheRotationSettings) {
  struct Case {
    std::string name;
    RotationConfig config;
    bool is_allowed;
  };
  const std::vector<Case> cases{
      {"least", {true, 1'000'000, Seconds(0)}, true},
      {"most", {true, 3'865'470'566, Seconds(0)}, true},
      {"too few", {true, 999'999, Seconds(0)}, false},
      {"too many", {true, 3'865'470'567, Seconds(0)}, false},
      {"a day", {true, 1'000'000, Seconds(86400)}, true},
      {"less than a day", {true, 1'000'000, Seconds(86399)}, false},
      {"negative", {true, 1'000'000, Seconds(-1)}, false},
  };
  for (const Case& one : cases) {
    const Result<void> set = one_.barrier.set_rotation_config(one.config);
    EXPECT_EQ(set.has_value(), one.is_allowed) << one.name;
    if (!set) {
      EXPECT_EQ(set.error().code, ErrorCode::invalid) << one.name;
    }
  }
}

TEST_P(BarrierTest, RotatesByItselfWhenItsTimeHasCome) {
  ASSERT_TRUE(one_.barrier.set_rotation_config({true, 1'000'000, Seconds(86400)}));
  one_.barrier.tick();
  EXPECT_EQ(one_.barrier.key_status().term, 1U);
  clock_.advance(24h);
  one_.barrier.tick();
  two_.barrier.tick();  // the due rotation has been made
  EXPECT_EQ(one_.barrier.key_status().term, 2U);
  EXPECT_EQ(two_.barrier.key_status().term, 2U);

  ASSERT_TRUE(one_.barrier.set_rotation_config({false, 1'000'000, Seconds(86400)}));
  clock_.advance(48h);
  one_.barrier.tick();
  EXPECT_EQ(one_.barrier.key_status().term, 2U) << "switched off";
}

TEST_P(BarrierTest, CountsUsesOverAllNodesAndAlittleMore) {
  for (int i = 0; i < 800; ++i) (void)one_.barrier.seal(at(), {});
  for (int i = 0; i < 160; ++i) (void)two_.barrier.seal(at(), {});
  EXPECT_GE(one_.barrier.key_status().encryptions, 800);
  one_.barrier.tick();
  two_.barrier.tick();
  const std::int64_t counted = two_.barrier.key_status().encryptions;
  EXPECT_GE(counted, 960);
  EXPECT_LE(counted, 1200);
}

TEST_P(BarrierTest, RotatesBeforeAKeyIsUsedUp) {
  BarrierKeys keys{SecretBytes(Bytes(32, 1)), Keyring::first(crypto::system_random(), clock_.now()),
                   1, SecretBytes(Bytes(32, 2)), owner_};
  keys.keyring.count(1, std::int64_t{1} << 32);
  one_.barrier.install(std::move(keys));
  EXPECT_THROW((void)one_.barrier.seal(at(), {}), Fault) << "2^32 uses";
}

TEST_P(BarrierTest, LookupHashesDependOnPurposeAndValue) {
  const Bytes hash = one_.barrier.lookup_hash("token", as_bytes("value"));
  EXPECT_EQ(hash.size(), 32U);
  EXPECT_EQ(two_.barrier.lookup_hash("token", as_bytes("value")), hash);
  EXPECT_NE(one_.barrier.lookup_hash("other", as_bytes("value")), hash);
  EXPECT_NE(one_.barrier.lookup_hash("token", as_bytes("valuf")), hash);
  EXPECT_NE(one_.barrier.lookup_hash("tokenv", as_bytes("alue")), hash);
}

TEST_P(BarrierTest, IsClosedWithoutKeys) {
  one_.barrier.drop();
  EXPECT_FALSE(one_.barrier.is_open());
  EXPECT_THROW((void)one_.barrier.seal(at(), {}), Fault);
  EXPECT_THROW((void)one_.barrier.open(at(), {}), Fault);
  EXPECT_THROW((void)one_.barrier.lookup_hash("token", {}), Fault);
  EXPECT_NO_THROW(one_.barrier.tick());
}

TEST_P(BarrierTest, AKeyringThatWasReplacedIsNotTaken) {
  const SealedBytes sealed = one_.barrier.seal(at(), as_bytes("x"));
  ASSERT_TRUE(one_.barrier.rotate());
  const SealedBytes fresh = one_.barrier.seal(at(), as_bytes("y"));
  database_.write([](storage::Transaction& transaction) {
    transaction.execute("UPDATE seal SET keyring_version = keyring_version + 1");
  });
  EXPECT_THROW((void)two_.barrier.open(at(), fresh.view()), Fault);
  EXPECT_THROW((void)one_.barrier.rotate(), Fault);
  EXPECT_EQ(one_.barrier.open(at(), sealed.view()).reveal_text(), "x") << "the node works on";
}

TEST_P(BarrierTest, SealsOnManyThreadsWhileTheKeyringRotates) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      Node& writer = t % 2 == 0 ? one_ : two_;
      Node& reader = t % 2 == 0 ? two_ : one_;
      for (int i = 0; i < 300; ++i) {
        const std::string text = std::to_string(i);
        const SealedBytes sealed = writer.barrier.seal(at(), as_bytes(text));
        EXPECT_EQ(reader.barrier.open(at(), sealed.view()).reveal_text(), text);
      }
    });
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(one_.barrier.rotate());
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Databases, BarrierTest, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

}  // namespace
}  // namespace signet::core
