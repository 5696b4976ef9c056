// SPDX-License-Identifier: Apache-2.0
// One PostgreSQL session. Used by the postgres*.cpp files only; libpqxx is seen in
// postgres_connection.cpp alone.
#pragma once

#include "storage/database.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace signet::storage {

/// The session is gone: what was not committed is not stored, a COMMIT under way may have held.
class ConnectionLost : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

/// A serialisation failure or a deadlock: the same transaction may well succeed now.
class TryAgain : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

/// A column of a batch in PostgreSQL's binary array form.
class BinaryArray {
 public:
  BinaryArray(ColumnType type, std::size_t size);
  /// @throws Fault when the value is not of the array's type
  void add(const Value& value);
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  /// "int8[]", "text[]" or "bytea[]"
  static std::string_view type_name(ColumnType type);

 private:
  ColumnType type_;
  Bytes bytes_;
};

/// Used by one thread at a time; never reconnects by itself.
class PostgresConnection final : public Transaction {
 public:
  struct Settings {
    std::string url;
    std::chrono::milliseconds statement_timeout;
    std::chrono::seconds connect_timeout;
  };
  /// @throws ConnectionLost with libpq's words
  explicit PostgresConnection(const Settings& settings);
  ~PostgresConnection() override;
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  Rows query(std::string_view sql, const Values& parameters) override;
  std::int64_t execute(std::string_view sql, const Values& parameters) override;
  void stream(std::string_view sql, const Values& parameters,
              const std::function<bool(const Row&)>& each) override;

  /// Constant statements without parameters, several separated by ';' in one round trip.
  void run(const std::string& sql);
  Rows query_arrays(std::string_view sql, const std::vector<BinaryArray>& arrays);
  /// Ends a transaction that may be open; never throws.
  void roll_back() noexcept;
  [[nodiscard]] bool is_open() const;
  /// For the watchdog: a duplicate of the session's socket, valid while this lives.
  [[nodiscard]] int socket() const { return socket_; }

 private:
  struct Session;  // libpqxx
  std::unique_ptr<Session> session_;
  int socket_ = -1;
};

}  // namespace signet::storage
