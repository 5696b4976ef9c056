// SPDX-License-Identifier: Apache-2.0
// PostgreSQL, shared by any number of nodes. Sessions are in postgres_connection and
// postgres_pool, commits in postgres_commit and postgres_batch.
#include "storage/changes.hpp"
#include "storage/heartbeat.hpp"
#include "storage/postgres_commit.hpp"
#include "storage/postgres_open.hpp"
#include "storage/postgres_pool.hpp"
#include "storage/postgres_reads.hpp"
#include "storage/postgres_transaction.hpp"

#include <algorithm>

namespace signet::storage {
namespace {

using std::chrono::steady_clock;
constexpr std::chrono::seconds default_patience{30};
constexpr std::chrono::seconds trust{1};
constexpr int most_retries = 2;
constexpr int seconds_until_a_node_is_forgotten = 7 * 86'400;

Deadline current_deadline() {
  return Database::thread_deadline().value_or(steady_clock::now() + default_patience);
}

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(const PostgresConnection::Settings& settings, std::size_t connections,
                   Clock& clock)
      : clock_(clock),
        pool_(settings, connections),
        reads_([this](std::string_view sql, const std::vector<BinaryArray>& arrays) {
          PostgresPool::Lease connection(pool_, current_deadline());
          Rows rows = connection->query_arrays(sql, arrays);
          heartbeat_.answered();
          return rows;
        }),
        changes_([this] { return read_all_changes(); }, trust),
        commits_(pool_, changes_),
        heartbeat_(settings, pool_.watchdog(), changes_, clock) {}

  /// Once, before anything is decided on the clock or on change numbers.
  /// @throws Unavailable
  void start() {
    {
      PostgresPool::Lease connection(pool_, current_deadline());
      heartbeat_.measure_clock(*connection);
    }
    changes_.refresh();
  }

  [[nodiscard]] std::string_view kind() const override { return "postgresql"; }

  Rows query(std::string_view sql, const Values& parameters) override {
    const Deadline deadline = current_deadline();
    const bool may_repeat = sql.starts_with("SELECT");
    for (;;) {
      try {
        PostgresPool::Lease connection(pool_, deadline);
        Rows rows = connection->query(sql, parameters);
        heartbeat_.answered();
        return rows;
      } catch (const ConnectionLost&) {
        // Perhaps a session from before the server's restart: one that reads may ask again.
        if (!may_repeat || steady_clock::now() >= deadline) throw;
      }
    }
  }

  Rows read_point(const PointRead& read, const Values& key) override {
    if (auto rows = reads_.read(read, key, current_deadline())) return *std::move(rows);
    return query(read.one, key);
  }

  void read(const std::function<void(Transaction&)>& body) override {
    const Deadline deadline = current_deadline();
    PostgresPool::Lease connection(pool_, deadline);
    const PostgresTransaction transaction(*connection,
                                          "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    heartbeat_.answered();
    body(*connection);
  }

  void write(const std::function<void(Transaction&)>& body) override {
    const Deadline deadline = current_deadline();
    for (int retries = 0;; ++retries) {
      try {
        PostgresPool::Lease connection(pool_, deadline);
        PostgresTransaction transaction(*connection);
        heartbeat_.answered();
        body(*connection);
        transaction.commit();
        learn_after_commit(*connection);
        return;
      } catch (const TryAgain&) {
        if (retries >= most_retries || steady_clock::now() >= deadline) throw;
      }
    }
  }

  CommitOutcome commit(CommitUnit& unit, Deadline deadline) override {
    CommitOutcome outcome = commits_.commit(unit, deadline);
    // Who revoked just after an outage finds it on the list that he fetches next.
    if (outcome.kind == CommitOutcome::Kind::stored) heartbeat_.answered();
    return outcome;
  }

  [[nodiscard]] bool is_reachable() const override { return heartbeat_.is_answered(); }
  [[nodiscard]] std::chrono::milliseconds clock_offset() const override {
    return heartbeat_.clock_offset();
  }
  Changes& changes() override { return changes_; }

  void join(const Node& node) override {
    write([&](Transaction& transaction) {
      store_node(transaction, node, clock_.now());
      transaction.execute("DELETE FROM nodes WHERE seen < $1",
                          {clock_.now().seconds - seconds_until_a_node_is_forgotten});
    });
    heartbeat_.set_node(node);
  }

 private:
  /// A body's SQL may have raised numbers.
  void learn_after_commit(PostgresConnection& connection) {
    try {
      changes_.learn(read_changes(connection));
    } catch (const Unavailable&) {
      changes_.distrust();  // what was committed stays committed
    }
  }

  std::vector<Change> read_all_changes() {
    PostgresPool::Lease connection(pool_, current_deadline());
    return read_changes(*connection);
  }

  Clock& clock_;
  PostgresPool pool_;
  PostgresReads reads_;
  Changes changes_;
  PostgresCommits commits_;
  Heartbeat heartbeat_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const Options& options) {
  Clock& clock = options.clock != nullptr ? *options.clock : system_clock();
  const PostgresConnection::Settings settings{options.url, options.statement_timeout, Seconds(5)};
  TRY(prepare_postgres(settings, options.unsafe_fsync_allowed, clock.now()));
  const auto connections = static_cast<std::size_t>(std::max(options.connections, 2));
  auto database = std::make_unique<PostgresDatabase>(settings, connections, clock);
  try {
    database->start();
  } catch (const Unavailable& fault) {
    return explain_postgres(fault.what());
  }
  return {std::move(database)};
}

}  // namespace signet::storage
