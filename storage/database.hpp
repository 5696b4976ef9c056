// SPDX-License-Identifier: Apache-2.0
// The seam between stores and SQL: all that a store sees of a database. Two drivers implement it
// (sqlite.cpp, postgres.cpp). One SQL text serves both: `$1` parameters, integers for time, bytes
// for ids.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/sealed.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace signet::storage {

/// NULL, BIGINT/INTEGER, TEXT or BYTEA.
using Value = std::variant<std::monostate, std::int64_t, std::string, Bytes>;
using Values = std::vector<Value>;

inline Value value(BytesView bytes) { return to_bytes(bytes); }
inline Value value(const Uuid& id) { return to_bytes(id.view()); }
inline Value value(const SealedBytes& sealed) { return sealed.bytes; }
inline Value value(UnixTime at) { return at.seconds; }
inline Value value(std::string_view text) { return std::string(text); }
/// What LIMIT takes: 0 and below are no limit.
inline std::int64_t row_limit(std::int64_t limit) {
  return limit > 0 ? limit : std::numeric_limits<std::int64_t>::max();
}

/// One row of a result, columns by position as the statement names them.
class Row {
 public:
  explicit Row(Values values) : values_(std::move(values)) {}
  [[nodiscard]] bool is_null(std::size_t column) const;
  [[nodiscard]] std::int64_t integer(std::size_t column) const;
  [[nodiscard]] const std::string& text(std::size_t column) const;
  [[nodiscard]] const Bytes& bytes(std::size_t column) const;
  [[nodiscard]] Uuid uuid(std::size_t column) const;
  [[nodiscard]] UnixTime time(std::size_t column) const { return {integer(column)}; }

 private:
  Values values_;
};
using Rows = std::vector<Row>;

/// What a column holds, for arrays of a batch.
enum class ColumnType { integer, text, bytes };
struct Column {
  std::string_view name;
  ColumnType type;
};
/// A table that units insert into; declared once, `static const`, by its store.
struct Table {
  std::string_view name;
  std::vector<Column> columns;
  /// So many leading columns are a unique key (0: not told): rows of a batch with equal keys are
  /// then parted beforehand, instead of by a conflict that makes the whole batch run again.
  std::size_t key = 0;
  /// A row whose key is there already is left out instead of refused.
  bool keeps_present = false;
};

/// One open transaction. Methods throw Unavailable (deadline, connection lost) or Fault; a unique
/// violation throws UniqueViolation.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual Rows query(std::string_view sql, const Values& parameters = {}) = 0;
  /// @return rows changed
  virtual std::int64_t execute(std::string_view sql, const Values& parameters = {}) = 0;
  /// Rows of a large result, by cursor, in the statement's order; `each` returns false to stop.
  virtual void stream(std::string_view sql, const Values& parameters,
                      const std::function<bool(const Row&)>& each) = 0;
};

/// An Unavailable whose cause and remedy the caller may be told (a full disk): no path, no secret.
class Explained : public Unavailable {
 public:
  /// @param explanation  empty: there is nothing to say beyond "not now"
  Explained(const std::string& what, std::string explanation)
      : Unavailable(what), explanation_(std::move(explanation)) {}
  [[nodiscard]] const std::string& explanation() const { return explanation_; }

 private:
  std::string explanation_;
};

/// What a write is refused with while the database's disk is full.
constexpr std::string_view disk_full_explanation =
    "nothing was stored: the database's disk is full. Free some space on it, then it goes on by "
    "itself";

class UniqueViolation : public Fault {
 public:
  using Fault::Fault;
};

/// A write under a condition that is made often (check-and-set), declared once, `static const`, by
/// its store. Where the database can, those of many units run as one statement.
struct CheckedWrite {
  std::string_view name;
  std::vector<Column> columns;  ///< of a row of parameters
  /// So many leading columns are the key of what is written: one write a key and statement.
  std::size_t key = 0;
  /// Makes one write. @return false: its condition did not hold, and nothing was changed
  bool (*one)(Transaction& transaction, const Values& row);
  /// After a COMMIT whose answer was lost: whether exactly this write is there.
  /// @throws Unavailable when that cannot be told any more
  bool (*is_made)(Transaction& transaction, const Values& row);
  /// PostgreSQL: the same for arrays `$1` ..., one a column, then an array of ordinal numbers.
  /// Returns the ordinals of the writes whose condition held.
  std::string_view many;
};

/// A read by key that is made often, declared once, `static const`, by its store. Where the
/// database can, those of many threads run as one statement.
struct PointRead {
  std::vector<ColumnType> key;  ///< of the parameters
  std::size_t columns;          ///< of an answer's row
  std::string_view one;         ///< for one key, `$1` ...
  /// PostgreSQL: the same for arrays `$1` ..., one a part of the key, then an array of ordinal
  /// numbers, which come back as a further, last column.
  std::string_view many;
};

/// All that one request stores, kept or refused as a whole. A handler stages here and does not read
/// back what it staged. Order of effects: inserts in the order staged, then checked writes, then
/// statements, both in the order staged.
class CommitUnit {
 public:
  /// Stages a row. `on_conflict` is what a unique violation means to the caller; without it a
  /// violation is a Fault (a random key that repeats). The FIRST insert staged must be under a
  /// random key drawn for this unit alone (it settles a COMMIT whose answer was lost); a unit whose
  /// first insert is under another key says so through `cannot_settle()`.
  void insert(const Table& table, Values row, std::optional<Error> on_conflict = std::nullopt);
  /// Stages a statement. `rows`: how many it must change, -1 for any number; else, or if it
  /// violates a unique key (`rows` not -1), the unit is refused with `otherwise`.
  void execute(std::string sql, Values parameters, std::int64_t rows = -1, Error otherwise = {});
  /// The same for a condition that only says whether what was read is still true: if it is not, the
  /// unit is stale and the request decides again.
  void execute_if_true(std::string sql, Values parameters, std::int64_t rows);
  /// Stages what takes more than one statement: a function of the store's, run among the statements
  /// in the unit's transaction, and again if that has to be repeated.
  using Step = void (*)(Transaction& transaction, const Values& parameters);
  void run(Step step, Values parameters);
  /// Stages a checked write. If its condition does not hold the unit is refused with `otherwise`;
  /// without it, it is stale.
  void write(const CheckedWrite& write, Values row, std::optional<Error> otherwise = std::nullopt);
  /// The unit was decided on what was true at this change number: refused as stale if the number
  /// rose since.
  void decided_on(std::string_view kind, const Uuid& owner, std::int64_t number);
  /// Raises a change number in this commit (nodes drop what they hold of (kind, owner)).
  void raise(std::string_view kind, const Uuid& owner);
  /// The token (tokens.id_hash) that the request presented must still be there.
  void needs_token(Bytes id_hash);
  /// The first insert's key is not this unit's alone: a lost COMMIT answer leaves the outcome
  /// unknown.
  void cannot_settle() { can_settle_ = false; }
  /// Runs after the commit held, before the answer leaves; must not throw.
  void after_commit(std::function<void()> hook);

  [[nodiscard]] bool is_empty() const {
    return inserts_.empty() && writes_.empty() && statements_.empty() && raises_.empty();
  }
  /// Only inserts under fresh random keys: may share a transaction with other requests' units.
  [[nodiscard]] bool is_mergeable() const {
    return writes_.empty() && statements_.empty() && raises_.empty();
  }
  /// One checked write and nothing else: may share a statement with others of its kind.
  [[nodiscard]] bool is_one_write() const {
    return writes_.size() == 1 && inserts_.empty() && statements_.empty() && raises_.empty();
  }

  struct Insert {
    const Table* table;
    Values row;
    std::optional<Error> on_conflict;
  };
  struct Statement {
    std::string sql;
    Values parameters;
    std::int64_t rows;
    std::optional<Error> otherwise;  ///< absent: the unit is stale
    Step step = nullptr;             ///< instead of `sql`
  };
  struct Write {
    const CheckedWrite* write;
    Values row;
    std::optional<Error> otherwise;  ///< absent: the unit is stale
  };
  struct Number {
    std::string kind;
    Uuid owner;
    std::int64_t number;
  };
  [[nodiscard]] const std::vector<Insert>& inserts() const { return inserts_; }
  [[nodiscard]] const std::vector<Write>& writes() const { return writes_; }
  [[nodiscard]] const std::vector<Statement>& statements() const { return statements_; }
  [[nodiscard]] const std::vector<Number>& numbers() const { return numbers_; }
  [[nodiscard]] const std::vector<Number>& raises() const { return raises_; }
  [[nodiscard]] const std::optional<Bytes>& token() const { return token_; }
  /// A second run can tell by its first insert or checked write whether the first run held.
  [[nodiscard]] bool can_settle() const {
    return can_settle_ && !(inserts_.empty() && writes_.empty());
  }
  void run_hooks();

 private:
  std::vector<Insert> inserts_;
  std::vector<Write> writes_;
  std::vector<Statement> statements_;
  std::vector<Number> numbers_, raises_;
  std::optional<Bytes> token_;
  std::vector<std::function<void()>> hooks_;
  bool can_settle_ = true;
};

struct CommitOutcome {
  enum class Kind {
    stored,
    refused,     ///< a conflict or an unmet condition: `error` is what the unit said it means
    stale,       ///< a change number rose: decide again
    token_gone,  ///< the presented token no longer exists
    unknown,     ///< the COMMIT's answer was lost and could not be settled by the deadline
  } kind = Kind::stored;
  Error error;
};

/// Raises a change number inside a write() (units use CommitUnit::raise). @return the new number
std::int64_t raise_change(Transaction& transaction, std::string_view kind, const Uuid& owner);

/// This server among those that share the database (table `nodes`).
struct Node {
  Uuid id;
  std::string address;
  std::string version;
};

class Changes;

using Deadline = std::chrono::steady_clock::time_point;

/// A node whose clock is further from the database's, ahead or behind, issues nothing.
constexpr std::chrono::milliseconds most_clock_offset{5000};

class Database {
 public:
  virtual ~Database() = default;
  [[nodiscard]] virtual std::string_view kind() const = 0;  ///< "sqlite" or "postgresql"
  /// One statement outside a transaction; one that writes is durable when it returns.
  virtual Rows query(std::string_view sql, const Values& parameters = {}) = 0;
  /// query() of a point read. Rows may have a further column at their end.
  virtual Rows read_point(const PointRead& read, const Values& key) { return query(read.one, key); }
  /// A read transaction: one snapshot. @throws what `body` throws
  virtual void read(const std::function<void(Transaction&)>& body) = 0;
  /// A write transaction of its own, committed when `body` returns; serialisation failures and
  /// deadlocks run it again (twice), so it must be free of other effects. For start-up, jobs and
  /// maintenance; requests use commit(). Unavailable may also mean that the answer to COMMIT was
  /// lost: run it again only if that does no harm. Not to be nested, nor to be called inside
  /// read().
  virtual void write(const std::function<void(Transaction&)>& body) = 0;
  /// Stores a unit durably (group commit when mergeable) and runs its hooks. Blocks until known or
  /// the deadline.
  /// @throws Unavailable: certainly not stored (no connection by the deadline)
  virtual CommitOutcome commit(CommitUnit& unit, Deadline deadline) = 0;
  /// Deadline for query/read/write on the calling thread until reset (a request's own); default 30
  /// s a call.
  static void set_thread_deadline(std::optional<Deadline> deadline);
  static std::optional<Deadline> thread_deadline();
  /// False while the database did not answer lately (OCSP and CRL are then served from what is
  /// signed already).
  [[nodiscard]] virtual bool is_reachable() const = 0;
  /// How far our clock is ahead of the database's now (SQLite: 0). No SQL; from any thread.
  [[nodiscard]] virtual std::chrono::milliseconds clock_offset() const = 0;
  /// This node's view of the change numbers (changes.hpp).
  virtual Changes& changes() = 0;
  /// Enters this node in `nodes`; the heartbeat then renews `seen` (SQLite has one node: only now).
  virtual void join(const Node& node) = 0;
};

struct Options {
  std::string url;       ///< postgresql: connection URL; sqlite: file path
  int connections = 16;  ///< PostgreSQL pool
  std::chrono::milliseconds statement_timeout{15000};
  bool unsafe_fsync_allowed = false;  ///< -dev only
  Clock* clock = nullptr;  ///< wall time for `migrations` and `nodes`; null: the machine's clock
};

/// Opens, checks the settings that durability needs and migrates. Errors name the remedy: wrong
/// URL, wrong password, newer schema, read-only file, full disk, file held by another server.
Result<std::unique_ptr<Database>> open_sqlite(const Options& options);
Result<std::unique_ptr<Database>> open_postgres(const Options& options);

}  // namespace signet::storage
