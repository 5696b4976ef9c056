// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/database.hpp"

#include <atomic>
#include <chrono>
#include <string_view>

namespace signet::test {

/// A database whose clock differs from ours as a test says; all else is the one below.
class OffsetDatabase final : public storage::Database {
 public:
  explicit OffsetDatabase(storage::Database& below) : below_(below) {}

  void set_clock_offset(std::chrono::milliseconds ahead) { offset_ = ahead; }

  [[nodiscard]] std::string_view kind() const override { return below_.kind(); }
  storage::Rows query(std::string_view sql, const storage::Values& parameters) override {
    return below_.query(sql, parameters);
  }
  void read(const std::function<void(storage::Transaction&)>& body) override { below_.read(body); }
  void write(const std::function<void(storage::Transaction&)>& body) override {
    below_.write(body);
  }
  storage::CommitOutcome commit(storage::CommitUnit& unit, storage::Deadline deadline) override {
    return below_.commit(unit, deadline);
  }
  [[nodiscard]] bool is_reachable() const override { return below_.is_reachable(); }
  [[nodiscard]] std::chrono::milliseconds clock_offset() const override { return offset_; }
  storage::Changes& changes() override { return below_.changes(); }
  void join(const storage::Node& node) override { below_.join(node); }

 private:
  storage::Database& below_;
  std::atomic<std::chrono::milliseconds> offset_{std::chrono::milliseconds(0)};
};

}  // namespace signet::test
