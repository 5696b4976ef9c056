// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "storage/database.hpp"

#include <algorithm>
#include <exception>

namespace signet::storage {
namespace {

thread_local std::optional<Deadline> deadline_of_thread;

}  // namespace

void CommitUnit::insert(const Table& table, Values row, std::optional<Error> on_conflict) {
  CHECK(row.size() == table.columns.size());
  inserts_.push_back({&table, std::move(row), std::move(on_conflict)});
}

void CommitUnit::execute(std::string sql, Values parameters, std::int64_t rows, Error otherwise) {
  statements_.push_back(
      {std::move(sql), std::move(parameters), rows, std::move(otherwise), nullptr});
}

void CommitUnit::execute_if_true(std::string sql, Values parameters, std::int64_t rows) {
  statements_.push_back({std::move(sql), std::move(parameters), rows, std::nullopt, nullptr});
}

void CommitUnit::run(Step step, Values parameters) {
  statements_.push_back({{}, std::move(parameters), -1, std::nullopt, step});
}

void CommitUnit::write(const CheckedWrite& write, Values row, std::optional<Error> otherwise) {
  CHECK(row.size() == write.columns.size());
  writes_.push_back({&write, std::move(row), std::move(otherwise)});
}

void CommitUnit::decided_on(std::string_view kind, const Uuid& owner, std::int64_t number) {
  for (Number& known : numbers_) {
    if (known.kind == kind && known.owner == owner) {
      known.number = std::min(known.number, number);  // the oldest view used is the one that counts
      return;
    }
  }
  numbers_.push_back({std::string(kind), owner, number});
}

void CommitUnit::raise(std::string_view kind, const Uuid& owner) {
  const auto is_same = [&](const Number& n) { return n.kind == kind && n.owner == owner; };
  if (std::none_of(raises_.begin(), raises_.end(), is_same)) {
    raises_.push_back({std::string(kind), owner, 0});
  }
}

void CommitUnit::needs_token(Bytes id_hash) { token_ = std::move(id_hash); }

void CommitUnit::after_commit(std::function<void()> hook) { hooks_.push_back(std::move(hook)); }

void CommitUnit::run_hooks() {
  for (const std::function<void()>& hook : std::exchange(hooks_, {})) {
    try {
      hook();
    } catch (const std::exception& error) {
      // What is stored is stored: a hook that fails must not make the answer say otherwise.
      log::error("a hook after a commit failed", {{"error", error.what()}});
    }
  }
}

std::int64_t raise_change(Transaction& transaction, std::string_view kind, const Uuid& owner) {
  const Rows rows = transaction.query(
      "INSERT INTO changes (kind, owner, number) VALUES ($1, $2, 1) "
      "ON CONFLICT (kind, owner) DO UPDATE SET number = changes.number + 1 RETURNING number",
      {value(kind), value(owner)});
  CHECK(rows.size() == 1);
  return rows.front().integer(0);
}

void Database::set_thread_deadline(std::optional<Deadline> deadline) {
  deadline_of_thread = deadline;
}

std::optional<Deadline> Database::thread_deadline() { return deadline_of_thread; }

}  // namespace signet::storage
