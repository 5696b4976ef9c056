// SPDX-License-Identifier: Apache-2.0
// Point reads of many threads in one statement.
#pragma once

#include "storage/database.hpp"
#include "storage/postgres_connection.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace signet::storage {

/// A thread that comes while others read the same way waits until one of those is done, and then
/// asks for all that wait meanwhile: under load one round trip answers many, and nobody ever waits
/// for company. What a read returns was committed after the read began or before, never less.
class PostgresReads {
 public:
  /// @param ask  runs a statement over arrays on some connection, by the thread's deadline
  using Ask = std::function<Rows(std::string_view sql, const std::vector<BinaryArray>& arrays)>;
  explicit PostgresReads(Ask ask) : ask_(std::move(ask)) {}

  /// The rows of one key, each with the ordinal as its last column; nullopt: the shared statement
  /// failed, ask alone.
  /// @throws Unavailable when nothing came by the deadline
  std::optional<Rows> read(const PointRead& what, const Values& key, Deadline deadline);

 private:
  /// Has a mutex of its own: who is woken need not queue for the line's.
  struct Waiting {
    enum class State { waits, leads, answered, failed };
    explicit Waiting(const Values& key_) : key(key_) {}
    void become(State next);
    /// @return `waits` when the deadline came first
    State next_state(Deadline deadline);
    bool is_to_lead();

    Values key;
    Rows rows;

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    State state_ = State::waits;
  };
  using Batch = std::vector<std::shared_ptr<Waiting>>;
  /// Those who read the same way.
  struct Line {
    std::deque<std::shared_ptr<Waiting>> waiting;  // shared with the thread, which may give up
    std::size_t asking = 0;                        ///< statements under way
  };
  Line& line_of(const PointRead& what);
  /// @return whether the newcomer is to lead
  bool joins(Line& line, const std::shared_ptr<Waiting>& mine);
  void lead(const PointRead& what, Line& line);
  /// Nobody need think of it any more. @return false: it is to lead, as it was told just now
  bool leaves(Line& line, const std::shared_ptr<Waiting>& mine);
  void ask(const PointRead& what, const Batch& batch) const;

  Ask ask_;
  std::mutex mutex_;
  std::map<const PointRead*, Line> lines_;
};

}  // namespace signet::storage
