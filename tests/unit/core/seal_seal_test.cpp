// SPDX-License-Identifier: Apache-2.0
#include "core/seal/seal.hpp"

#include "crypto/digest.hpp"
#include "tests/support/databases.hpp"
#include "tests/support/fakes.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace signet::core {
namespace {

using namespace std::chrono_literals;

const storage::Table tokens{"tokens",
                            {{"id_hash", storage::ColumnType::bytes},
                             {"namespace", storage::ColumnType::bytes},
                             {"accessor", storage::ColumnType::text},
                             {"created_at", storage::ColumnType::integer},
                             {"uses", storage::ColumnType::integer},
                             {"record", storage::ColumnType::bytes}}};

class SealTest : public testing::TestWithParam<std::string> {
 protected:
  struct Node {
    Node(storage::Database& database, Clock& clock)
        : barrier(database, clock, crypto::system_random()),
          seal(database, barrier, clock, crypto::system_random(),
               {"2.6.0", "2031-01-01T00:00:00Z", "2030-12-31T00:00:00Z"}) {}
    Barrier barrier;
    Seal seal;
  };

  static storage::Deadline soon() { return std::chrono::steady_clock::now() + 20s; }
  Seal::Stage stage_token(Node& node) {
    return [&node](storage::CommitUnit& unit) {
      const Uuid id = crypto::system_random().uuid();
      const SealedBytes record =
          node.barrier.seal({"tokens", "record", Uuid{}.view(), id.view()}, as_bytes("root"));
      unit.insert(tokens, {storage::value(id), storage::value(Uuid{}), id.text(), std::int64_t{1},
                           std::int64_t{0}, storage::value(record)});
    };
  }
  Result<std::vector<SecretBytes>> init(Node& node, int shares, int threshold) {
    InitRequest request;
    request.secret_shares = shares;
    request.secret_threshold = threshold;
    return node.seal.init(request, stage_token(node), soon());
  }
  std::int64_t count(const std::string& table) {
    return database_.query("SELECT count(*) FROM " + table).front().integer(0);
  }

  test::FakeClock clock_;
  test::TestDatabase opened_ = test::open_test_database(GetParam());
  storage::Database& database_ = *opened_.database;
  Node node_{database_, clock_};
  Seal& seal_ = node_.seal;
};

TEST_P(SealTest, SaysSoBeforeItIsInitialised) {
  EXPECT_FALSE(seal_.is_initialized());
  EXPECT_TRUE(seal_.is_sealed());
  const nlohmann::json status = to_json(seal_.status());
  EXPECT_EQ(status, (nlohmann::json{{"type", "shamir"},
                                    {"initialized", false},
                                    {"sealed", true},
                                    {"t", 0},
                                    {"n", 0},
                                    {"progress", 0},
                                    {"nonce", ""},
                                    {"version", "2.6.0"},
                                    {"build_date", "2031-01-01T00:00:00Z"},
                                    {"commit_date", "2030-12-31T00:00:00Z"},
                                    {"migration", false},
                                    {"recovery_seal", false},
                                    {"storage_type", GetParam()}}));
  const Result<void> unseal = seal_.unseal(std::string(64, 'a'), false);
  ASSERT_FALSE(unseal);
  EXPECT_EQ(unseal.error().message, "Vault is not initialized");
}

TEST_P(SealTest, InitChecksItsParameters) {
  struct Case {
    InitRequest request;
    std::string message;
  };
  const std::string bad = "invalid seal configuration: ";
  const std::vector<Case> cases{
      {{0, 0, {}, {}, 0, 0, {}}, bad + "shares must be at least one"},
      {{-3, 1, {}, {}, 0, 0, {}}, bad + "shares must be at least one"},
      {{1, 0, {}, {}, 0, 0, {}}, bad + "threshold must be at least one"},
      {{3, 1, {}, {}, 0, 0, {}}, bad + "threshold must be greater than one for multiple shares"},
      {{256, 3, {}, {}, 0, 0, {}}, bad + "shares must be less than 256"},
      {{2, 300, {}, {}, 0, 0, {}}, bad + "threshold must be less than 256"},
      {{3, 4, {}, {}, 0, 0, {}}, bad + "threshold cannot be larger than shares"},
      {{1, 1, {}, {}, 1, 1, {}},
       "parameters recovery_shares,recovery_threshold not applicable to seal type shamir"},
      {{1, 1, {"key"}, {}, 0, 0, {}},
       "encrypting shares and the root token with PGP keys is not available yet"},
  };
  for (const Case& one : cases) {
    const auto result = seal_.init(one.request, stage_token(node_), soon());
    ASSERT_FALSE(result) << one.message;
    EXPECT_EQ(result.error().message, one.message);
    EXPECT_EQ(result.error().code, ErrorCode::invalid);
  }
  EXPECT_EQ(count("seal"), 0);
  EXPECT_FALSE(node_.barrier.is_open());
}

TEST_P(SealTest, InitStoresAllInOneCommitAndStaysSealed) {
  const auto shares = init(node_, 5, 3);
  ASSERT_TRUE(shares) << shares.error().message;
  ASSERT_EQ(shares->size(), 5U);
  for (const SecretBytes& share : *shares) EXPECT_EQ(share.size(), 33U);
  EXPECT_EQ(count("tokens"), 1);
  EXPECT_TRUE(seal_.is_sealed());
  EXPECT_FALSE(node_.barrier.is_open());
  const SealStatus status = seal_.status();
  EXPECT_TRUE(status.is_initialized);
  EXPECT_EQ(status.threshold, 3);
  EXPECT_EQ(status.shares, 5);
  EXPECT_FALSE(status.cluster_name);

  const auto again = init(node_, 1, 1);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, "Vault is already initialized");
  EXPECT_EQ(count("tokens"), 1);
}

TEST_P(SealTest, AnInitThatFailsLeavesNothing) {
  InitRequest request;
  request.secret_shares = request.secret_threshold = 1;
  EXPECT_THROW((void)seal_.init(
                   request, [](storage::CommitUnit&) { throw Fault("no root token"); }, soon()),
               Fault);
  const auto refused = seal_.init(
      request,
      [](storage::CommitUnit& unit) {
        unit.execute("DELETE FROM tokens WHERE accessor = $1", {std::string("x")}, 1,
                     invalid("unmet"));
      },
      soon());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "unmet");
  EXPECT_FALSE(node_.barrier.is_open());
  EXPECT_FALSE(seal_.is_initialized());
  EXPECT_EQ(count("seal"), 0);
  EXPECT_TRUE(init(node_, 1, 1));
}

TEST_P(SealTest, UnsealsWithThresholdShares) {
  const auto shares = init(node_, 5, 3);
  ASSERT_TRUE(shares);
  EXPECT_TRUE(seal_.unseal(hex((*shares)[0].reveal()), false));
  const SealStatus first = seal_.status();
  EXPECT_EQ(first.progress, 1);
  EXPECT_TRUE(Uuid::parse(first.nonce));
  EXPECT_TRUE(seal_.unseal(hex((*shares)[0].reveal()), false)) << "the same share once more";
  EXPECT_EQ(seal_.status().progress, 1);
  EXPECT_TRUE(seal_.unseal(base64((*shares)[4].reveal()), false)) << "base64";
  EXPECT_EQ(seal_.status().progress, 2);
  EXPECT_EQ(seal_.status().nonce, first.nonce);
  EXPECT_TRUE(seal_.is_sealed());
  EXPECT_TRUE(seal_.unseal(hex((*shares)[2].reveal()), false));

  EXPECT_FALSE(seal_.is_sealed());
  const SealStatus open = seal_.status();
  EXPECT_EQ(open.progress, 0);
  EXPECT_EQ(open.nonce, "");
  ASSERT_TRUE(open.cluster_name && open.cluster_id);
  EXPECT_EQ(open.cluster_name->substr(0, 14), "vault-cluster-");
  EXPECT_EQ(open.cluster_name->size(), 22U);
  EXPECT_TRUE(Uuid::parse(*open.cluster_id));

  const storage::Rows rows = database_.query("SELECT id_hash, record FROM tokens");
  ASSERT_EQ(rows.size(), 1U);
  const Uuid owner;  // the view must not outlive it
  const SealedAt at{"tokens", "record", owner.view(), rows[0].bytes(0)};
  EXPECT_EQ(node_.barrier.open(at, rows[0].bytes(1)).reveal_text(), "root");
}

TEST_P(SealTest, ChecksSharesAsClientsExpect) {
  ASSERT_TRUE(init(node_, 3, 2));
  struct Case {
    std::string name, key;
    std::string message;
  };
  const std::vector<Case> cases{
      {"nothing", "", "'key' must be specified in request body as JSON, or 'reset' set to true"},
      {"no text of bytes", "zz", "'key' must be a valid hex or base64 string"},
      {"short", base64(Bytes(15, 1)), "key is shorter than minimum 16 bytes"},
      {"long", base64(Bytes(34, 1)), "key is longer than maximum 33 bytes"},
  };
  for (const Case& one : cases) {
    const Result<void> result = seal_.unseal(one.key, false);
    ASSERT_FALSE(result) << one.name;
    EXPECT_EQ(result.error().message, one.message) << one.name;
    EXPECT_EQ(result.error().code, ErrorCode::invalid) << one.name;
    EXPECT_EQ(seal_.status().progress, 0) << one.name;
  }
}

TEST_P(SealTest, WrongSharesStartTheAttemptOver) {
  const auto shares = init(node_, 3, 2);
  ASSERT_TRUE(shares);
  struct Case {
    std::string name;
    Bytes wrong;
  };
  Bytes same_coordinate = to_bytes((*shares)[0].reveal());
  same_coordinate[0] ^= 1U;
  const std::vector<Case> cases{{"of another secret", Bytes(33, 7)},
                                {"of another length", Bytes(20, 7)},
                                {"with a known coordinate", same_coordinate}};
  for (const Case& one : cases) {
    ASSERT_TRUE(seal_.unseal(hex((*shares)[0].reveal()), false));
    const Result<void> result = seal_.unseal(hex(one.wrong), false);
    ASSERT_FALSE(result) << one.name;
    EXPECT_EQ(result.error().message, "Unseal failed, invalid key") << one.name;
    EXPECT_EQ(seal_.status().progress, 0) << one.name;
    EXPECT_EQ(seal_.status().nonce, "") << one.name;
    EXPECT_TRUE(seal_.is_sealed()) << one.name;
  }
}

TEST_P(SealTest, ResetForgetsTheAttempt) {
  const auto shares = init(node_, 3, 2);
  ASSERT_TRUE(shares);
  ASSERT_TRUE(seal_.unseal(hex((*shares)[0].reveal()), false));
  EXPECT_TRUE(seal_.unseal("", true));
  EXPECT_EQ(seal_.status().progress, 0);
  EXPECT_EQ(seal_.status().nonce, "");
  ASSERT_TRUE(seal_.unseal(hex((*shares)[0].reveal()), false));
  ASSERT_TRUE(seal_.unseal(hex((*shares)[1].reveal()), false));
  EXPECT_FALSE(seal_.is_sealed());
  EXPECT_TRUE(seal_.unseal(std::string(64, '0'), false)) << "already unsealed";
  const Result<void> reset = seal_.unseal("", true);
  ASSERT_FALSE(reset);
  EXPECT_EQ(reset.error().message, "vault is unsealed");
}

TEST_P(SealTest, ListenersRunInOrderAndMayRefuse) {
  const auto shares = init(node_, 1, 1);
  ASSERT_TRUE(shares);
  std::string log;
  bool is_broken = true;
  seal_.on_unseal([&] { log += node_.barrier.is_open() ? "A" : "?"; });
  seal_.on_unseal([&] {
    log += "B";
    EXPECT_TRUE(seal_.is_sealed());
    if (is_broken) throw Unavailable("no rows");
  });
  seal_.on_seal([&] { log += "a"; });
  seal_.on_seal([&] { log += node_.barrier.is_open() ? "b" : "?"; });
  const std::string key = hex((*shares)[0].reveal());
  EXPECT_THROW((void)seal_.unseal(key, false), Unavailable);
  EXPECT_TRUE(seal_.is_sealed());
  EXPECT_FALSE(node_.barrier.is_open());
  EXPECT_EQ(log, "ABba");

  log.clear();
  is_broken = false;
  EXPECT_TRUE(seal_.unseal(key, false));
  EXPECT_FALSE(seal_.is_sealed());
  seal_.seal();
  seal_.seal();
  EXPECT_EQ(log, "ABba");
  EXPECT_TRUE(seal_.is_sealed());
  EXPECT_FALSE(node_.barrier.is_open());
  EXPECT_FALSE(seal_.status().cluster_id);
  EXPECT_TRUE(seal_.unseal(key, false));
  EXPECT_FALSE(seal_.is_sealed());
}

TEST_P(SealTest, OfTwoNodesOneInitialises) {
  for (const int threads_of_each : {1, 3}) {
    database_.write([](storage::Transaction& transaction) {
      transaction.execute("DELETE FROM seal");
      transaction.execute("DELETE FROM tokens");
    });
    Node one(database_, clock_);
    Node two(database_, clock_);
    std::atomic<int> won = 0;
    std::string key;
    std::vector<std::thread> threads;
    for (Node* node : {&one, &two}) {
      for (int i = 0; i < threads_of_each; ++i) {
        threads.emplace_back([&, node] {
          const auto shares = init(*node, 1, 1);
          if (shares) {
            ++won;
            key = hex((*shares)[0].reveal());
          } else {
            EXPECT_EQ(shares.error().message, "Vault is already initialized");
          }
        });
      }
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(count("seal"), 1);
    EXPECT_EQ(count("tokens"), 1);
    EXPECT_TRUE(one.seal.unseal(key, false));
    EXPECT_TRUE(two.seal.unseal(key, false));
    EXPECT_FALSE(one.seal.is_sealed());
    EXPECT_FALSE(two.seal.is_sealed());
  }
}

TEST_P(SealTest, RefusesAnEditedRow) {
  const auto shares = init(node_, 1, 1);
  ASSERT_TRUE(shares);
  const std::string key = hex((*shares)[0].reveal());
  const storage::Row row =
      database_.query("SELECT config, root_key, keyring, lookup_keys, cluster_id FROM seal")
          .front();
  struct Case {
    std::string name, sql;
    storage::Value value;
  };
  Bytes root_key = row.bytes(1);
  root_key.back() ^= 1U;
  const std::vector<Case> cases{
      {"threshold", "UPDATE seal SET config = $1",
       std::string(R"({"shares":1,"threshold":1,"type":"shamir" })")},
      {"root key", "UPDATE seal SET root_key = $1", root_key},
      {"keyring for root key", "UPDATE seal SET root_key = $1", row.bytes(2)},
      {"root key for keyring", "UPDATE seal SET keyring = $1", row.bytes(1)},
      {"keyring for lookup keys", "UPDATE seal SET lookup_keys = $1", row.bytes(2)},
      {"cluster", "UPDATE seal SET cluster_id = $1", Bytes(16, 9)},
  };
  for (const Case& one : cases) {
    database_.write(
        [&](storage::Transaction& transaction) { transaction.execute(one.sql, {one.value}); });
    Node other(database_, clock_);
    try {
      EXPECT_FALSE(other.seal.unseal(key, false)) << one.name;
    } catch (const Fault&) {
    }
    EXPECT_TRUE(other.seal.is_sealed()) << one.name;
    EXPECT_FALSE(other.barrier.is_open()) << one.name;
    database_.write([&](storage::Transaction& transaction) {
      transaction.execute(
          "UPDATE seal SET config = $1, root_key = $2, keyring = $3, lookup_keys = $4, "
          "cluster_id = $5",
          {row.text(0), row.bytes(1), row.bytes(2), row.bytes(3), row.bytes(4)});
    });
  }
  EXPECT_TRUE(seal_.unseal(key, false));
  EXPECT_FALSE(seal_.is_sealed());
}

TEST_P(SealTest, DevStartsUnsealedOnce) {
  const auto key = seal_.start_dev(stage_token(node_), soon());
  ASSERT_TRUE(key);
  EXPECT_FALSE(seal_.is_sealed());
  EXPECT_EQ(seal_.status().shares, 1);
  seal_.seal();
  EXPECT_TRUE(seal_.unseal(base64(key->reveal()), false));
  Node other(database_, clock_);
  const auto again = other.seal.start_dev(stage_token(other), soon());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
}

INSTANTIATE_TEST_SUITE_P(Databases, SealTest, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

}  // namespace
}  // namespace signet::core
