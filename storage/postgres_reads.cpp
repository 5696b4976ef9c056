// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres_reads.hpp"

#include "base/waiting.hpp"

#include <algorithm>
#include <exception>

namespace signet::storage {
namespace {

// Two statements at a time: one is at the server while the other's rows are read here.
constexpr std::size_t most_asking = 2;
constexpr std::size_t most_keys = 64;

}  // namespace

std::optional<Rows> PostgresReads::read(const PointRead& what, const Values& key,
                                        Deadline deadline) {
  using State = Waiting::State;
  const auto mine = std::make_shared<Waiting>(key);
  std::unique_lock lock(mutex_);
  Line& line = lines_[&what];
  line.waiting.push_back(mine);
  if (line.asking < most_asking) {
    ++line.asking;
    mine->state = State::leads;
  }
  const auto may_go = [&] { return mine->state != State::waits && mine->state != State::asked; };
  while (mine->state != State::answered && mine->state != State::failed) {
    if (mine->state == State::leads) {
      lead(what, line, lock);
      continue;
    }
    const WaitScope waits;
    if (mine->changed.wait_until(lock, deadline, may_go)) continue;
    std::erase(line.waiting, mine);
    throw Unavailable("the database did not answer by the deadline");
  }
  if (mine->state == State::failed) return std::nullopt;
  return std::move(mine->rows);
}

// Asks for those at the head of the line, its own thread's among them: whoever leads stands there,
// or came when nobody was before it.
void PostgresReads::lead(const PointRead& what, Line& line, std::unique_lock<std::mutex>& lock) {
  using State = Waiting::State;
  Batch batch;
  while (!line.waiting.empty() && batch.size() < most_keys) {
    batch.push_back(std::move(line.waiting.front()));
    line.waiting.pop_front();
    batch.back()->state = State::asked;
  }
  lock.unlock();
  bool is_answered = true;
  try {
    ask(what, batch);
  } catch (const std::exception&) {
    is_answered = false;  // each asks alone and learns for itself what is wrong
  }
  lock.lock();
  for (const auto& waiting : batch) {
    waiting->state = is_answered ? State::answered : State::failed;
    waiting->changed.notify_one();
  }
  if (line.waiting.empty()) {
    --line.asking;
    return;
  }
  line.waiting.front()->state = State::leads;
  line.waiting.front()->changed.notify_one();
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
