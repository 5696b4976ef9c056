// SPDX-License-Identifier: Apache-2.0
// How a thread pool learns that one of its threads waits for something outside the process.
#pragma once

namespace signet {

/// A pool that keeps as many threads at work as there are cores lets another one run while a
/// thread waits. Called on the waiting thread; must not throw.
class WaitListener {
 public:
  virtual ~WaitListener() = default;
  virtual void wait_begins() noexcept = 0;
  virtual void wait_ends() noexcept = 0;
};

/// Stands where code waits for a database, a device or another thread's result. Nested ones count
/// once; on a thread without a listener it does nothing.
class WaitScope {
 public:
  WaitScope() noexcept {
    if (depth++ == 0 && listener != nullptr) listener->wait_begins();
  }
  ~WaitScope() {
    if (--depth == 0 && listener != nullptr) listener->wait_ends();
  }
  WaitScope(const WaitScope&) = delete;
  WaitScope& operator=(const WaitScope&) = delete;

  /// For the calling thread, which must not be waiting; null: nobody.
  static void tell(WaitListener* whom) noexcept { listener = whom; }

 private:
  static inline thread_local WaitListener* listener = nullptr;
  static inline thread_local int depth = 0;
};

}  // namespace signet
