// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres_reads.hpp"

#include "base/waiting.hpp"

#include <exception>

namespace signet::storage {
namespace {

// Two statements at a time: one is at the server while the other's rows are read here.
constexpr std::size_t most_asking = 2;
constexpr std::size_t most_keys = 64;

}  // namespace

void PostgresReads::Waiting::become(State next) {
  {
    const std::lock_guard lock(mutex_);
    state_ = next;
  }
  changed_.notify_one();
}

PostgresReads::Waiting::State PostgresReads::Waiting::next_state(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (state_ == State::waits) {
    const WaitScope waits;
    changed_.wait_until(lock, deadline, [this] { return state_ != State::waits; });
  }
  return state_;
}

bool PostgresReads::Waiting::is_to_lead() {
  const std::lock_guard lock(mutex_);
  return state_ == State::leads;
}

std::optional<Rows> PostgresReads::read(const PointRead& what, const Values& key,
                                        Deadline deadline) {
  using State = Waiting::State;
  const auto mine = std::make_shared<Waiting>(key);
  Line& line = line_of(what);
  if (joins(line, mine)) lead(what, line);
  State state = mine->next_state(deadline);
  if (state == State::waits && !leaves(line, mine)) state = State::leads;
  if (state == State::leads) {
    lead(what, line);
    state = mine->next_state(deadline);
  }
  if (state == State::answered) return std::move(mine->rows);
  if (state == State::failed) return std::nullopt;
  throw Unavailable("the database did not answer by the deadline");
}

PostgresReads::Line& PostgresReads::line_of(const PointRead& what) {
  const std::lock_guard lock(mutex_);
  return lines_[&what];
}

bool PostgresReads::joins(Line& line, const std::shared_ptr<Waiting>& mine) {
  const std::lock_guard lock(mutex_);
  line.waiting.push_back(mine);
  if (line.asking >= most_asking) return false;
  ++line.asking;
  return true;
}

bool PostgresReads::leaves(Line& line, const std::shared_ptr<Waiting>& mine) {
  const std::lock_guard lock(mutex_);
  if (mine->is_to_lead()) return false;
  std::erase(line.waiting, mine);
  return true;
}

// Asks for those at the head of the line, its own thread's among them: whoever leads stands there,
// or came when nobody was before it.
void PostgresReads::lead(const PointRead& what, Line& line) {
  using State = Waiting::State;
  Batch batch;
  {
    const std::lock_guard lock(mutex_);
    while (!line.waiting.empty() && batch.size() < most_keys) {
      batch.push_back(std::move(line.waiting.front()));
      line.waiting.pop_front();
    }
  }
  bool is_answered = true;
  try {
    ask(what, batch);
  } catch (const std::exception&) {
    is_answered = false;  // each asks alone and learns for itself what is wrong
  }
  {
    // Before the answers: the next statement goes out while they are made use of.
    const std::lock_guard lock(mutex_);
    if (line.waiting.empty())
      --line.asking;
    else
      line.waiting.front()->become(State::leads);  // with the lock: it may be about to leave
  }
  for (const auto& waiting : batch) waiting->become(is_answered ? State::answered : State::failed);
}

void PostgresReads::ask(const PointRead& what, const Batch& batch) const {
  std::vector<BinaryArray> arrays;
  for (std::size_t column = 0; column < what.key.size(); ++column) {
    arrays.emplace_back(what.key[column], batch.size());
    for (const auto& waiting : batch) arrays.back().add(waiting->key.at(column));
  }
  BinaryArray ordinals(ColumnType::integer, batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) ordinals.add(static_cast<std::int64_t>(i));
  arrays.push_back(std::move(ordinals));
  for (Row& row : ask_(what.many, arrays)) {
    const auto at = static_cast<std::size_t>(row.integer(what.columns));
    batch.at(at)->rows.push_back(std::move(row));
  }
}

}  // namespace signet::storage
