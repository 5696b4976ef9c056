// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres_connection.hpp"

#include "base/waiting.hpp"

#include <charconv>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>
#include <pqxx/pqxx>
#include <unistd.h>

namespace signet::storage {
namespace {

constexpr std::size_t most_statements = 500;
constexpr int rows_a_fetch = 1000;

// Types by their number in pg_type, which never changes.
constexpr unsigned bool_type = 16, bytea_type = 17, int8_type = 20, int2_type = 21, int4_type = 23,
                   text_type = 25, numeric_type = 1700;

std::int64_t parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Fault("a result column is not an integer of 64 bits");
  }
  return number;
}

Bytes parse_bytea(std::string_view text) {
  if (!text.starts_with("\\x")) throw Fault("a result column is not in bytea's hex form");
  std::optional<Bytes> bytes = from_hex(text.substr(2));
  if (!bytes) throw Fault("a result column is not in bytea's hex form");
  return std::move(*bytes);
}

Value field_value(const pqxx::field& field) {
  if (field.is_null()) return std::monostate{};
  const std::string_view text(field.c_str(), field.size());
  switch (field.type()) {
    case int8_type:
    case int4_type:
    case int2_type:
    case numeric_type:
      return parse_integer(text);
    case bool_type:
      return std::int64_t{text == "t" ? 1 : 0};
    case bytea_type:
      return parse_bytea(text);
    default:
      return std::string(text);
  }
}

Row to_row(const pqxx::row& row) {
  Values values;
  values.reserve(row.size());
  for (const pqxx::field& field : row) values.push_back(field_value(field));
  return Row(std::move(values));
}

Rows to_rows(const pqxx::result& result) {
  Rows rows;
  rows.reserve(result.size());
  for (const pqxx::row& row : result) rows.push_back(to_row(row));
  return rows;
}

using Parameters = pqxx::internal::params;

void add_binary(Parameters& parameters, const void* data, std::size_t size) {
  parameters.bin_strings.emplace_back(data, size);
  parameters.lengths.push_back(static_cast<int>(size));
  parameters.nonnulls.push_back(1);
  parameters.binaries.push_back(1);
}

/// Integers in text, because the column may have 4 or 8 bytes; text in binary like bytes, because
/// libpq would cut its text form at a NUL instead of letting the server refuse it.
void add(Parameters& parameters, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    add_binary(parameters, text->data(), text->size());
  } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
    add_binary(parameters, bytes->data(), bytes->size());
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    parameters.strings.push_back(fmt::format("{}", *number));
    parameters.lengths.push_back(static_cast<int>(parameters.strings.back().size()));
    parameters.nonnulls.push_back(1);
    parameters.binaries.push_back(0);
  } else {
    parameters.lengths.push_back(0);
    parameters.nonnulls.push_back(0);
    parameters.binaries.push_back(0);
  }
}

Parameters to_parameters(const Values& values) {
  Parameters parameters;
  for (const Value& value : values) add(parameters, value);
  return parameters;
}

[[noreturn]] void throw_sql_error(const pqxx::sql_error& error) {
  const std::string& state = error.sqlstate();
  const std::string what =
      fmt::format("PostgreSQL refused a statement ({}): {}", state, error.what());
  if (state == "23505") throw UniqueViolation(what);
  // 25006: the server became a standby; 57Pxx: it shuts down. Both: another session may do better.
  if (state == "25006" || state.starts_with("57P") || state.starts_with("08")) {
    throw ConnectionLost(what);
  }
  if (state == "53100") throw Explained(what, std::string(disk_full_explanation));
  // Cancelled by a timeout, lock not to be had in time, out of memory or connections.
  if (state == "57014" || state == "55P03" || state.starts_with("53")) throw Unavailable(what);
  throw Fault(what);
}

void append_big_endian(Bytes& out, std::uint64_t number, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

}  // namespace

BinaryArray::BinaryArray(ColumnType type, std::size_t size) : type_(type) {
  const unsigned element = type == ColumnType::integer ? int8_type
                           : type == ColumnType::text  ? text_type
                                                       : bytea_type;
  append_big_endian(bytes_, 1, 4);  // dimensions
  append_big_endian(bytes_, 1, 4);  // there may be NULLs
  append_big_endian(bytes_, element, 4);
  append_big_endian(bytes_, size, 4);
  append_big_endian(bytes_, 1, 4);  // the first index
}

void BinaryArray::add(const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) {
    append_big_endian(bytes_, 0xffffffff, 4);
    return;
  }
  const auto add_bytes = [&](BytesView bytes) {
    append_big_endian(bytes_, bytes.size(), 4);
    append(bytes_, bytes);
  };
  const auto* number = std::get_if<std::int64_t>(&value);
  const auto* text = std::get_if<std::string>(&value);
  const auto* bytes = std::get_if<Bytes>(&value);
  if (type_ == ColumnType::integer && number != nullptr) {
    append_big_endian(bytes_, 8, 4);
    append_big_endian(bytes_, static_cast<std::uint64_t>(*number), 8);
  } else if (type_ == ColumnType::text && text != nullptr) {
    add_bytes(as_bytes(*text));
  } else if (type_ == ColumnType::bytes && bytes != nullptr) {
    add_bytes(*bytes);
  } else {
    throw Fault("a staged value is not of its column's type");
  }
}

std::string_view BinaryArray::type_name(ColumnType type) {
  return type == ColumnType::integer ? "int8[]" : type == ColumnType::text ? "text[]" : "bytea[]";
}

struct PostgresConnection::Session {
  explicit Session(const std::string& settings) : connection(settings), transaction(connection) {}

  /// The prepared statement of a text, made at its first use.
  const std::string& name_of(std::string_view sql) {
    std::string text(sql);
    const auto known = statements.find(text);
    if (known != statements.end()) return known->second;
    if (statements.size() >= most_statements) {
      for (const auto& [ignored, name] : statements) connection.unprepare(name);
      statements.clear();
    }
    const std::string name = fmt::format("s{}", ++last_name);
    connection.prepare(name, text);
    return statements.emplace(std::move(text), name).first->second;
  }

  static ConnectionLost lost(const pqxx::failure& error) {
    return ConnectionLost(fmt::format("the connection to PostgreSQL broke: {}", error.what()));
  }

  /// Calls libpqxx and turns its exceptions into ours.
  template <class Call>
  auto guarded(Call call) {
    try {
      const WaitScope waits;
      return call();
    } catch (const pqxx::sql_error& error) {
      if (!connection.is_open()) throw lost(error);
      try {
        throw_sql_error(error);
      } catch (const ConnectionLost&) {
        is_given_up = true;
        throw;
      }
    } catch (const pqxx::statement_completion_unknown& error) {
      is_given_up = true;
      throw lost(error);
    } catch (const pqxx::transaction_rollback& error) {  // serialisation failure, deadlock
      if (!connection.is_open()) throw lost(error);
      throw TryAgain(error.what());
    } catch (const pqxx::failure& error) {
      if (!connection.is_open()) throw lost(error);
      throw Fault(error.what());
    }
  }

  pqxx::connection connection;
  // libpqxx's transaction that is none: BEGIN and COMMIT are ours, so that it is certain when a
  // COMMIT was sent.
  pqxx::nontransaction transaction;
  std::unordered_map<std::string, std::string> statements;
  bool is_given_up = false;  // answers, but as a standby or while it shuts down
  int last_name = 0;
  int last_cursor = 0;
};

PostgresConnection::PostgresConnection(const Settings& settings) {
  // libpq's own way of naming a default: environment variables would be seen by others.
  const bool is_url = settings.url.find("://") != std::string::npos;
  const bool has_query = settings.url.find('?') != std::string::npos;
  std::string url = settings.url;
  if (url.find("connect_timeout") == std::string::npos) {
    url += fmt::format("{}connect_timeout={}",
                       !is_url     ? " "
                       : has_query ? "&"
                                   : "?",
                       settings.connect_timeout.count());
  }
  try {
    session_ = std::make_unique<Session>(url);
  } catch (const pqxx::failure& error) {
    throw ConnectionLost(error.what());
  }
  // A session that reconnects silently would lose its transaction.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  session_->connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
  socket_ = ::dup(session_->connection.sock());
  if (socket_ < 0) throw Unavailable("no file descriptor is free");
  run(
      fmt::format("SET client_min_messages = warning; SET client_encoding = 'UTF8'; "
                  "SET bytea_output = hex; SET synchronous_commit = on; SET jit = off; "
                  "SET default_transaction_isolation = 'read committed'; "
                  "SET statement_timeout = {0}; SET lock_timeout = {0}; "
                  "SET idle_in_transaction_session_timeout = 60000",
                  settings.statement_timeout.count()));
}

PostgresConnection::~PostgresConnection() {
  session_.reset();
  if (socket_ >= 0) ::close(socket_);
}

Rows PostgresConnection::query(std::string_view sql, const Values& parameters) {
  return session_->guarded([&] {
    return to_rows(
        session_->transaction.exec_prepared(session_->name_of(sql), to_parameters(parameters)));
  });
}

std::int64_t PostgresConnection::execute(std::string_view sql, const Values& parameters) {
  return session_->guarded([&] {
    const pqxx::result result =
        session_->transaction.exec_prepared(session_->name_of(sql), to_parameters(parameters));
    return static_cast<std::int64_t>(result.affected_rows());
  });
}

void PostgresConnection::stream(std::string_view sql, const Values& parameters,
                                const std::function<bool(const Row&)>& each) {
  const std::string cursor = fmt::format("c{}", ++session_->last_cursor);
  session_->guarded([&] {
    return session_->transaction.exec_params(
        fmt::format("DECLARE {} NO SCROLL CURSOR FOR {}", cursor, sql), to_parameters(parameters));
  });
  const std::string fetch = fmt::format("FETCH FORWARD {} FROM {}", rows_a_fetch, cursor);
  for (bool goes_on = true; goes_on;) {
    const pqxx::result result =
        session_->guarded([&] { return session_->transaction.exec(fetch); });
    goes_on = result.size() == rows_a_fetch;
    for (const pqxx::row& row : result) {
      if (!each(to_row(row))) {
        goes_on = false;
        break;
      }
    }
  }
  run("CLOSE " + cursor);
}

void PostgresConnection::run(const std::string& sql) {
  session_->guarded([&] { return session_->transaction.exec(sql); });
}

Rows PostgresConnection::query_arrays(std::string_view sql,
                                      const std::vector<BinaryArray>& arrays) {
  Parameters parameters;
  for (const BinaryArray& array : arrays) {
    add_binary(parameters, array.bytes().data(), array.bytes().size());
  }
  return session_->guarded([&] {
    return to_rows(
        session_->transaction.exec_prepared(session_->name_of(sql), std::move(parameters)));
  });
}

void PostgresConnection::roll_back() noexcept {
  try {
    if (is_open()) run("ROLLBACK");
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // The session is broken: the pool sees that and drops it, which rolls back as well.
  }
}

bool PostgresConnection::is_open() const {
  return !session_->is_given_up && session_->connection.is_open();
}

}  // namespace signet::storage
