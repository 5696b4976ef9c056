// SPDX-License-Identifier: Apache-2.0
// Keyed hashes of the texts in secrets, on mounts that ask for them: whether a text that turned up
// somewhere is ours, without opening a single secret.
#pragma once

#include "base/bytes.hpp"
#include "base/sealed.hpp"
#include "storage/database.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

class ValueHashes {
 public:
  /// Shorter texts could be guessed through the answers, and turn up by chance.
  static constexpr std::size_t shortest = 12;

  ValueHashes(Database& database, Sealer& sealer) : database_(database), sealer_(sealer) {}

  struct Place {
    Uuid mount;
    std::string path;
    std::int64_t version = 0;
  };
  /// Stages the hash of one text of a version.
  void stage(CommitUnit& unit, const Place& place, std::string_view text) const;
  static void stage_remove_all(CommitUnit& unit, const Uuid& mount);
  /// Where the text is, at most `limit` places.
  [[nodiscard]] std::vector<Place> find(std::string_view text, std::int64_t limit) const;

 private:
  [[nodiscard]] Bytes hash(std::string_view text) const;

  Database& database_;
  Sealer& sealer_;
};

}  // namespace signet::storage
