// SPDX-License-Identifier: Apache-2.0
// What is done once, before a server works on a PostgreSQL: the settings that durability needs, the
// migrations, and errors in words that name the remedy.
#pragma once

#include "storage/postgres_connection.hpp"

#include <string>

namespace signet::storage {

Result<void> prepare_postgres(const PostgresConnection::Settings& settings,
                              bool unsafe_fsync_allowed, UnixTime now);

/// @param message  of libpq or the server; never repeated where it may hold the URL's password
Error explain_postgres(const std::string& message);

}  // namespace signet::storage
