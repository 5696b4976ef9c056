// SPDX-License-Identifier: Apache-2.0
// The queue of group commit: callers wait, one thread takes whatever waits and hands it to the
// driver as a batch; while that runs, the next batch gathers. No timer: a single unit goes at once.
#pragma once

#include "storage/database.hpp"
#include "storage/run_unit.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace signet::storage {

/// A unit in the queue. Shared by the waiting caller and the committer, because a caller whose
/// deadline passes leaves while the committer may still hold it.
struct Pending {
  CommitUnit unit;
  Deadline deadline;
  Run run = Run::first;

  // Set by the driver before the batch ends; read by the caller after it.
  CommitOutcome outcome{CommitOutcome::Kind::unknown, {}};
  std::exception_ptr fault;  ///< certainly not stored
  bool is_lost = false;      ///< COMMIT was sent and its answer never came

  enum class State { queued, running, committing, abandoned, done };
  std::mutex mutex;
  std::condition_variable changed;
  State state = State::queued;
};
using Batch = std::vector<std::shared_ptr<Pending>>;

class Committer {
 public:
  /// @param run_batch  sets outcome, fault or is_lost of each unit; calls begin_commit() before
  ///                   COMMIT; does not throw
  Committer(std::size_t most_units, std::function<void(Batch&)> run_batch);
  /// Units still queued fail as Unavailable; the batch under way is finished.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  /// Queues and waits.
  /// @return the outcome; `unknown` for a lost COMMIT
  /// @throws Unavailable when the unit is certainly not stored, or the driver's fault
  CommitOutcome submit(CommitUnit& unit, Deadline deadline, Run run = Run::first);

  /// The point of no return. False if a caller has left since the batch began: then the driver
  /// rolls back, removes abandoned units (drop_abandoned) and runs the others again.
  static bool begin_commit(const Batch& batch);
  static void drop_abandoned(Batch& batch);

 private:
  void work();
  Batch take();

  const std::size_t most_units_;
  const std::function<void(Batch&)> run_batch_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::shared_ptr<Pending>> queue_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace signet::storage
