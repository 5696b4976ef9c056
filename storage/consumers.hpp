// SPDX-License-Identifier: Apache-2.0
// Who read which version of which secret, and when.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

struct Consumption {
  Uuid mount;
  std::string path;
  std::int64_t version = 0;
  std::string consumer;  ///< an entity's id, else a token's accessor
  UnixTime first_read, last_read;
  std::int64_t reads = 0;
};

class ConsumerStore {
 public:
  explicit ConsumerStore(Database& database) : database_(database) {}

  [[nodiscard]] bool has(const Consumption& consumption) const;
  /// Stages the first read of a version by a consumer; one that is known already stays as it is.
  static void stage_first(CommitUnit& unit, const Consumption& consumption);
  /// Adds `reads` and moves `last_read`. A row that went with its deleted secret comes back if the
  /// version is there again, since a secret of the same name is read; else the reads are dropped.
  void add(const std::vector<Consumption>& more) const;
  /// Forgets who has not read since. @return rows removed
  std::int64_t forget(UnixTime before) const;
  /// Forgets all but the `most` consumers of each version that read it last. @return rows removed
  std::int64_t keep_latest(std::int64_t most) const;

  /// What to show of the keys below a folder ("" or "a/b/"), in order of path, version, consumer.
  struct Page {
    Uuid mount;
    std::string_view folder;
    std::string_view after = {};  ///< a path below the folder: only keys above it
    std::int64_t limit = 0;       ///< rows; 0: all. A key's rows stay together, even beyond it.
  };
  /// All reads of one key.
  [[nodiscard]] std::vector<Consumption> of_key(const Uuid& mount, std::string_view path) const;

  struct Outdated {
    Consumption newest;  ///< the newest version that the consumer read
    std::int64_t current_version = 0;
  };
  /// Consumers that have not read the current version yet.
  [[nodiscard]] std::vector<Outdated> outdated(const Page& page) const;

  struct Unread {
    std::string path;
    std::int64_t current_version = 0;
    std::optional<UnixTime> last_read;  ///< of any older version
  };
  /// Keys whose current version nobody has read.
  [[nodiscard]] std::vector<Unread> unread(const Page& page) const;

  struct LastRead {
    std::string path;
    std::int64_t current_version = 0;
    std::int64_t consumers = 0, reads = 0;
    std::optional<UnixTime> last_read;
  };
  /// Every key with its last read.
  [[nodiscard]] std::vector<LastRead> last_reads(const Page& page) const;

 private:
  Database& database_;
};

}  // namespace signet::storage
