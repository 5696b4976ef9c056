// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/postgres_connection.hpp"

namespace signet::storage {

/// The answer to a COMMIT was lost: it may have held.
class CommitInDoubt : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

/// BEGIN … COMMIT on a session; rolled back unless committed.
class PostgresTransaction {
 public:
  explicit PostgresTransaction(PostgresConnection& connection, const char* begin = "BEGIN")
      : connection_(connection) {
    connection_.run(begin);
  }
  ~PostgresTransaction() {
    if (is_open_) connection_.roll_back();
  }
  PostgresTransaction(const PostgresTransaction&) = delete;
  PostgresTransaction& operator=(const PostgresTransaction&) = delete;

  /// @throws CommitInDoubt; all else means that nothing was stored
  void commit() {
    try {
      connection_.run("COMMIT");
    } catch (const ConnectionLost& lost) {
      throw CommitInDoubt(lost.what());
    }
    is_open_ = false;
  }

 private:
  PostgresConnection& connection_;
  bool is_open_ = true;
};

}  // namespace signet::storage
