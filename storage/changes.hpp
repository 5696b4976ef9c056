// SPDX-License-Identifier: Apache-2.0
// This node's view of the table `changes`: one number a (kind, owner), raised in the transaction
// that changes what it stands for. Caches tag what they hold with the number read BEFORE the rows
// and drop it when the number rose.
#pragma once

#include "base/bytes.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signet::storage {

struct Change {
  std::string kind;
  Uuid owner;
  std::int64_t number = 0;
};

class Transaction;
/// The whole table.
std::vector<Change> read_changes(Transaction& transaction);

class Changes {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Reader = std::function<std::vector<Change>()>;
  using Listener = std::function<void(const Uuid& owner)>;

  /// @param read  reads the whole table; may throw Unavailable
  /// @param trust  how long after it was asked for the last read is believed; nullopt: always (one
  ///               process writes, and tells of each commit by learn())
  Changes(Reader read, std::optional<std::chrono::milliseconds> trust)
      : read_(std::move(read)), trust_(trust) {}

  /// The number of (kind, owner), 0 if it never rose. Reads the database if the view is too old.
  /// @throws Unavailable
  [[nodiscard]] std::int64_t number(std::string_view kind, const Uuid& owner);
  /// Reads the database now (before any refusal by absence, role or policy); calls of many threads
  /// share one read that began after each of them. Nothing to do where the view is always right.
  /// @throws Unavailable
  void refresh();
  /// `call` runs for each rise of a number of `kind` (empty: any), on the thread that learnt of it,
  /// a committing one included: it must be short, must not throw and must not use the database.
  void on_change(std::string_view kind, Listener call);

  /// What a commit of this process or a heartbeat brought; numbers never sink.
  void learn(const std::vector<Change>& changes);
  /// learn(), and the view is known to be whole as of `asked`.
  void learn_all(const std::vector<Change>& changes, Instant asked);
  /// This process raised a number that it does not know: until a read begun after now, number()
  /// asks the database.
  void distrust();

 private:
  using Key = std::pair<std::string, Uuid>;
  [[nodiscard]] bool is_trusted() const;
  void read_now();

  const Reader read_;
  const std::optional<std::chrono::milliseconds> trust_;

  mutable std::mutex mutex_;
  std::condition_variable read_done_;
  std::map<Key, std::int64_t> numbers_;
  std::vector<std::pair<std::string, Listener>> listeners_;
  std::optional<Instant> asked_;
  Instant distrusted_at_ = Instant::min();  // reads begun before it do not restore trust
  std::uint64_t begun_ = 0;  // reads begun and ended: a refresh waits for one begun after it
  std::uint64_t succeeded_ = 0;
  bool is_reading_ = false;
};

}  // namespace signet::storage
