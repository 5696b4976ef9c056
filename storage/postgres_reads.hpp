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
  struct Waiting {
    explicit Waiting(const Values& key_) : key(key_) {}
    Values key;
    std::condition_variable changed;
    Rows rows;
    enum class State { waits, leads, asked, answered, failed } state = State::waits;
  };
  using Batch = std::vector<std::shared_ptr<Waiting>>;
  /// Those who read the same way.
  struct Line {
    std::deque<std::shared_ptr<Waiting>> waiting;  // shared with the thread, which may give up
    std::size_t asking = 0;                        ///< statements under way
  };
  void lead(const PointRead& what, Line& line, std::unique_lock<std::mutex>& lock);
  void ask(const PointRead& what, const Batch& batch) const;

  Ask ask_;
  std::mutex mutex_;
  std::map<const PointRead*, Line> lines_;
};

}  // namespace signet::storage
