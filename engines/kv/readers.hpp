// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "storage/consumers.hpp"
#include "storage/database.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace signet::kv {

/// Counts who reads what, for all kv mounts of one process. The first read of a version by a
/// consumer is a row of the reader's own commit; further ones gather here and are written every few
/// seconds. What is remembered is bounded; forgetting costs a question to the database at the next
/// read.
class Readers {
 public:
  /// @param remembered  so many reads at least are known without asking the database
  Readers(storage::Database& database, Clock& clock, std::size_t remembered = 32768);
  ~Readers();
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  /// Counts a read. First ones are staged into `unit`.
  void note(storage::CommitUnit& unit, storage::Consumption read);
  /// Writes what gathered, on the calling thread.
  void flush();
  [[nodiscard]] const storage::ConsumerStore& store() const { return store_; }

 private:
  static constexpr std::size_t most_due = 65536;

  struct Key {
    Uuid mount;
    std::int64_t version;
    std::string path, consumer;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct Pending {
    UnixTime last_read;
    std::int64_t reads = 0;
  };
  using Generation = std::unordered_map<Key, Pending, KeyHash>;

  [[nodiscard]] bool count(const Key& key, UnixTime now);
  void remember(Key key);
  void make_due(Generation& generation);
  void loop(const std::stop_token& stop);

  storage::ConsumerStore store_;
  Clock& clock_;
  const std::size_t remembered_;  // of each of two generations
  std::mutex mutex_;
  std::condition_variable_any wake_;
  Generation young_, old_;
  std::vector<storage::Consumption> due_;
  bool has_pending_ = false;
  UnixTime forgot_at_{};
  std::jthread thread_;  // last: uses all of the above
};

}  // namespace signet::kv
