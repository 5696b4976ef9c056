// SPDX-License-Identifier: Apache-2.0
#include "base/gate.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace signet {
namespace {

TEST(GateTest, CallsOnceWhenItOpens) {
  const auto gate = std::make_shared<Gate>();
  int calls = 0;
  const Gate::Listener listener(gate, [&] { ++calls; });
  EXPECT_FALSE(gate->is_open());
  EXPECT_EQ(calls, 0);
  gate->open();
  gate->open();
  EXPECT_TRUE(gate->is_open());
  EXPECT_EQ(calls, 1);
}

TEST(GateTest, CallsAtOnceWhenItIsOpen) {
  const auto gate = std::make_shared<Gate>();
  gate->open();
  int calls = 0;
  const Gate::Listener listener(gate, [&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(GateTest, DoesNotCallWhoHasLeft) {
  const auto gate = std::make_shared<Gate>();
  int calls = 0;
  {
    const Gate::Listener listener(gate, [&] { ++calls; });
  }
  gate->open();
  EXPECT_EQ(calls, 0);
}

TEST(GateTest, ManyComeAndLeaveWhileItOpens) {
  const auto gate = std::make_shared<Gate>();
  std::atomic<int> calls = 0;
  std::atomic<int> stayed = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 1000; ++round) {
        int mine = 0;
        {
          const Gate::Listener leaves(gate, [&mine, &calls] { ++mine, ++calls; });
        }
        EXPECT_LE(mine, 1);
        if (mine == 1) ++stayed;
      }
    });
  gate->open();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calls, stayed);
}

}  // namespace
}  // namespace signet
