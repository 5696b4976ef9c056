// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres_open.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "storage/migrations.hpp"
#include "storage/postgres_transaction.hpp"
#include "storage/watchdog.hpp"

#include <array>

#include <fmt/format.h>

namespace signet::storage {
namespace {

constexpr std::chrono::minutes patience{5};  // of a node that waits while another one migrates
constexpr std::int64_t migration_lock = 0x7369676e6574;  // advisory lock number: "signet"

struct Remedy {
  std::string_view words;  ///< part of libpq's or the server's message
  std::string_view meaning;
  bool is_message_safe = true;  ///< it does not quote the URL
};

// The order matters: a message of several attempts names several causes.
constexpr std::array<Remedy, 16> remedies{{
    {"missing \"=\"",
     "connection_url is malformed: write postgresql://user:password@host:port/database", false},
    {"invalid URI",
     "connection_url is malformed: write postgresql://user:password@host:port/database", false},
    {"invalid percent-encoded",
     "connection_url is malformed: percent-encode special characters of the password", false},
    {"invalid connection option", "connection_url names an option that libpq does not know", false},
    {"invalid port number", "connection_url is malformed: the port is not a number", false},
    {"unexpected character",
     "connection_url is malformed: write postgresql://user:password@host:port/database", false},
    {"password authentication failed", "wrong user or password: correct them in connection_url"},
    {"no password supplied", "the server wants a password: put it into connection_url"},
    {"no pg_hba.conf entry",
     "the server does not admit this host and user: add a line to its pg_hba.conf"},
    {"does not exist",
     "the database or the user is missing on the server: create it, or correct connection_url"},
    {"could not translate host name",
     "the host name is unknown: correct connection_url or the DNS"},
    {"Connection refused",
     "nothing listens there: start PostgreSQL, or correct host and port in connection_url"},
    {"No such file or directory",
     "no server has its socket there: start PostgreSQL, or correct the host in connection_url"},
    {"timeout expired",
     "the host does not answer: check the network, firewall and host in connection_url"},
    {"too many clients",
     "the server's max_connections is used up: raise it, or lower max_parallel"},
    {"the database system is", "the server is not ready yet: try again in a moment"},
}};

Error cannot(std::string_view meaning, const std::string& detail = {}) {
  return {ErrorCode::unavailable, fmt::format("PostgreSQL: {}", meaning), detail};
}

std::string show(PostgresConnection& connection, const std::string& setting) {
  return connection.query("SHOW " + setting, {}).front().text(0);
}

Result<void> check_settings(PostgresConnection& connection, bool unsafe_fsync_allowed) {
  if (show(connection, "server_encoding") != "UTF8") {
    return cannot(
        "the database is not in UTF8: create one with ENCODING 'UTF8' TEMPLATE template0");
  }
  const Rows standby = connection.query("SELECT pg_is_in_recovery()", {});
  if (standby.front().integer(0) == 1 ||
      show(connection, "default_transaction_read_only") == "on") {
    return cannot(
        "the server is a standby or read-only: name the primary in connection_url "
        "(target_session_attrs=read-write finds it among several hosts)");
  }
  for (const char* setting : {"fsync", "full_page_writes"}) {
    if (show(connection, setting) == "on") continue;
    if (!unsafe_fsync_allowed) {
      return cannot(
          fmt::format("{0} is off, so a power failure would lose acknowledged "
                      "certificates: set {0} = on in postgresql.conf (only -dev works "
                      "without)",
                      setting));
    }
    log::warn("the database may lose data in a power failure", {{"off", setting}});
  }
  return {};
}

Result<void> migrate_locked(PostgresConnection& connection, UnixTime now) {
  PostgresTransaction transaction(connection);
  connection.run("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0");
  // Released with the transaction; other nodes that start now wait here and then find it done.
  connection.execute("SELECT pg_advisory_xact_lock($1)", {migration_lock});
  TRY(migrate(connection, "postgres", now));
  transaction.commit();
  return {};
}

}  // namespace

Error explain_postgres(const std::string& message) {
  for (const Remedy& remedy : remedies) {
    if (message.find(remedy.words) == std::string::npos) continue;
    if (!remedy.is_message_safe) return cannot(remedy.meaning);
    return cannot(fmt::format("{} ({})", remedy.meaning, trim(message)));
  }
  return cannot(trim(message));
}

Result<void> prepare_postgres(const PostgresConnection::Settings& settings,
                              bool unsafe_fsync_allowed, UnixTime now) {
  if (settings.url.empty()) {
    return cannot("no connection_url is configured: set storage \"postgresql\" { connection_url }");
  }
  try {
    PostgresConnection connection(settings);
    Watchdog watchdog;
    const Watchdog::Guard guard(watchdog, connection.socket(),
                                std::chrono::steady_clock::now() + patience);
    TRY(check_settings(connection, unsafe_fsync_allowed));
    return migrate_locked(connection, now);
  } catch (const Unavailable& fault) {
    return explain_postgres(fault.what());
  } catch (const Fault& fault) {
    const std::string what = fault.what();
    if (what.find("(42501)") == std::string::npos && what.find("(3F000)") == std::string::npos)
      throw;
    return cannot(
        "the user may not create tables: GRANT CREATE, USAGE ON SCHEMA public, or make the user "
        "the database's owner",
        what);
  }
}

}  // namespace signet::storage
