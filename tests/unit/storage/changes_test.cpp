// SPDX-License-Identifier: Apache-2.0
#include "storage/changes.hpp"

#include "storage/database.hpp"

#include <chrono>
#include <future>
#include <vector>

#include <gtest/gtest.h>

namespace signet::storage {
namespace {

using namespace std::chrono_literals;

TEST(ChangesTest, WhoWaitsForAnothersReadKeepsItsOwnDeadline) {
  std::promise<void> begun;
  std::promise<void> released;
  Changes changes(
      [&] {
        begun.set_value();
        released.get_future().wait();
        return std::vector<Change>{};
      },
      1s);
  auto slow = std::async(std::launch::async, [&] { changes.refresh(); });
  begun.get_future().wait();
  auto hurried = std::async(std::launch::async, [&] {
    Database::set_thread_deadline(std::chrono::steady_clock::now() + 50ms);
    changes.refresh();
  });
  EXPECT_EQ(hurried.wait_for(20s), std::future_status::ready);
  released.set_value();
  EXPECT_THROW(hurried.get(), Unavailable);
  slow.get();
}

}  // namespace
}  // namespace signet::storage
