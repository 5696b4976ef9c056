// SPDX-License-Identifier: Apache-2.0
// SQLite: one writer connection, on which units run in batches under savepoints, and a pool of read
// connections that each see the snapshot of their start (WAL).
#include "base/waiting.hpp"
#include "storage/changes.hpp"
#include "storage/committer.hpp"
#include "storage/migrations.hpp"
#include "storage/sqlite_connection.hpp"
#include "storage/sqlite_file.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include <fmt/format.h>

namespace signet::storage {
namespace {

constexpr std::chrono::seconds default_patience{30};
constexpr std::size_t most_readers = 16;
constexpr std::size_t batch_size = 512;

Deadline current_deadline() {
  return Database::thread_deadline().value_or(std::chrono::steady_clock::now() + default_patience);
}

/// Read connections, opened as they are needed.
class Readers {
 public:
  explicit Readers(std::string path) : path_(std::move(path)) {}

  /// @throws Unavailable when none is free by the deadline
  std::unique_ptr<SqliteConnection> take(Deadline deadline) {
    std::unique_lock lock(mutex_);
    const auto may_go = [&] { return !idle_.empty() || opened_ < most_readers; };
    const WaitScope waits;
    if (!returned_.wait_until(lock, deadline, may_go)) {
      throw Unavailable("no connection to the database became free by the deadline");
    }
    if (!idle_.empty()) {
      std::unique_ptr<SqliteConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++opened_;
    lock.unlock();
    try {
      return std::make_unique<SqliteConnection>(path_, SqliteConnection::Mode::reader);
    } catch (...) {
      give_back(nullptr);
      throw;
    }
  }

  /// @param connection  null: it was dropped
  void give_back(std::unique_ptr<SqliteConnection> connection) {
    {
      const std::lock_guard lock(mutex_);
      if (connection) {
        idle_.push_back(std::move(connection));
      } else {
        --opened_;
      }
    }
    returned_.notify_one();
  }

 private:
  const std::string path_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  std::size_t opened_ = 0;
};

/// A read connection for as long as a call takes.
class Reader {
 public:
  explicit Reader(Readers& readers) : readers_(readers) {
    const Deadline deadline = current_deadline();
    connection_ = readers.take(deadline);
    connection_->set_deadline(deadline);
  }
  ~Reader() {
    connection_->roll_back();
    readers_.give_back(std::move(connection_));
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  SqliteConnection* operator->() { return connection_.get(); }
  SqliteConnection& operator*() { return *connection_; }

 private:
  Readers& readers_;
  std::unique_ptr<SqliteConnection> connection_;
};

/// Who may use the writer. Not a std::timed_mutex: ThreadSanitizer does not see its timed lock.
class Turn {
 public:
  void lock() {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return !is_taken_; });
    is_taken_ = true;
  }
  bool try_lock_until(Deadline deadline) {
    std::unique_lock lock(mutex_);
    const WaitScope waits;
    if (!freed_.wait_until(lock, deadline, [&] { return !is_taken_; })) return false;
    is_taken_ = true;
    return true;
  }
  void unlock() {
    {
      const std::lock_guard lock(mutex_);
      is_taken_ = false;
    }
    freed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  bool is_taken_ = false;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const std::string& path, FileLock lock, Clock& clock)
      : lock_(std::move(lock)),
        clock_(clock),
        writer_(path, SqliteConnection::Mode::writer),
        readers_(path),
        changes_([] { return std::vector<Change>{}; }, std::nullopt) {}

  /// Once, before anything else.
  Result<void> start() {
    writer_.run("BEGIN IMMEDIATE");
    auto migrated = migrate(writer_, "sqlite", clock_.now());
    if (!migrated) {
      writer_.roll_back();
      return migrated;
    }
    writer_.run("COMMIT");
    changes_.learn(read_changes(writer_));
    committer_.emplace(batch_size, [this](Batch& batch) { run_batch(batch); });
    return {};
  }

  [[nodiscard]] std::string_view kind() const override { return "sqlite"; }

  Rows query(std::string_view sql, const Values& parameters) override {
    {
      Reader reader(readers_);
      if (reader->is_read_only(sql)) return reader->query(sql, parameters);
    }
    Rows rows;
    write([&](Transaction& transaction) { rows = transaction.query(sql, parameters); });
    return rows;
  }

  void read(const std::function<void(Transaction&)>& body) override {
    Reader reader(readers_);
    reader->run("BEGIN");
    body(*reader);
  }

  void write(const std::function<void(Transaction&)>& body) override {
    const Deadline deadline = current_deadline();
    if (!writer_turn_.try_lock_until(deadline)) {
      throw Unavailable("the database was busy writing until the deadline");
    }
    const std::lock_guard lock(writer_turn_, std::adopt_lock);
    writer_.set_deadline(deadline);
    try {
      writer_.run("BEGIN IMMEDIATE");
      body(writer_);
      writer_.set_deadline(std::nullopt);
      writer_.run("COMMIT");
    } catch (const SqliteFault&) {
      writer_.roll_back();
      is_reachable_ = false;
      throw;
    } catch (...) {
      writer_.roll_back();
      throw;
    }
    is_reachable_ = true;
    learn_changes();
  }

  CommitOutcome commit(CommitUnit& unit, Deadline deadline) override {
    CommitOutcome outcome = committer_->submit(unit, deadline);
    // COMMIT itself failed: by now SQLite has made up its mind, and the first insert shows how.
    if (outcome.kind == CommitOutcome::Kind::unknown && unit.can_settle()) {
      try {
        outcome = committer_->submit(unit, deadline, Run::settling);
      } catch (const Fault& fault) {
        outcome.error.detail = fault.what();  // neither this run nor the first told anything
      }
    }
    if (outcome.kind == CommitOutcome::Kind::stored) unit.run_hooks();
    return outcome;
  }

  [[nodiscard]] bool is_reachable() const override { return is_reachable_; }
  [[nodiscard]] std::chrono::milliseconds clock_offset() const override { return {}; }
  Changes& changes() override { return changes_; }

  void join(const Node& node) override {
    write([&](Transaction& transaction) {
      transaction.execute("DELETE FROM nodes");  // the file has one server, and this is it
      transaction.execute("INSERT INTO nodes (id, seen, address, version) VALUES ($1, $2, $3, $4)",
                          {value(node.id), value(clock_.now()), node.address, node.version});
    });
  }

 private:
  void learn_changes() {
    if (writer_.take_changes_written()) changes_.learn(read_changes(writer_));
  }

  void run_batch(Batch& batch) {
    const std::lock_guard lock(writer_turn_);
    writer_.set_deadline(std::nullopt);
    while (!batch.empty() && !try_batch(batch)) Committer::drop_abandoned(batch);
  }

  /// @return false if a caller left before COMMIT: nothing was stored, run the others again
  bool try_batch(Batch& batch) {
    bool is_committing = false;
    try {
      writer_.run("BEGIN IMMEDIATE");
      for (const auto& pending : batch) run_one(*pending);
      if (!Committer::begin_commit(batch)) {
        writer_.roll_back();
        return false;
      }
      is_committing = true;
      writer_.run("COMMIT");
    } catch (const std::exception& failure) {
      writer_.roll_back();
      is_reachable_ = false;
      const auto* fault = dynamic_cast<const SqliteFault*>(&failure);
      const bool is_certain = !is_committing || (fault != nullptr && fault->is_disk_full());
      for (const auto& pending : batch) {
        if (is_certain) {
          pending->fault = std::current_exception();
        } else if (pending->outcome.kind == CommitOutcome::Kind::stored && !pending->fault) {
          pending->is_lost = true;
        }
      }
      return true;
    }
    is_reachable_ = true;
    learn_changes();
    return true;
  }

  /// @throws SqliteFault when SQLite rolled the whole transaction back (disk full, I/O error): a
  ///         unit run after that would be committed alone
  void run_one(Pending& pending) {
    pending.fault = nullptr;
    writer_.run("SAVEPOINT unit");
    try {
      std::vector<Change> raised;
      UnitResult result = run_unit(writer_, pending.unit, pending.run, raised);
      pending.outcome = std::move(result.outcome);
      if (pending.outcome.kind != CommitOutcome::Kind::stored || result.was_held) {
        writer_.run("ROLLBACK TO unit");
      }
    } catch (const std::exception&) {
      if (!writer_.is_in_transaction()) throw;
      pending.fault = std::current_exception();
      writer_.run("ROLLBACK TO unit");
    }
    writer_.run("RELEASE unit");
  }

  const FileLock lock_;
  Clock& clock_;
  Turn writer_turn_;
  SqliteConnection writer_;
  Readers readers_;
  Changes changes_;
  std::atomic<bool> is_reachable_{true};
  std::optional<Committer> committer_;  // last: its thread uses all of the above
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const Options& options) {
  FileLock lock = TRY(prepare_sqlite_file(options.url));
  Clock& clock = options.clock != nullptr ? *options.clock : system_clock();
  try {
    auto database = std::make_unique<SqliteDatabase>(options.url, std::move(lock), clock);
    TRY(database->start());
    return {std::move(database)};
  } catch (const SqliteFault& fault) {
    return explain_sqlite(options.url, fault);
  }
}

}  // namespace signet::storage
